"""Recordings as closed meshes."""

from typing import TYPE_CHECKING

import numpy as np

from codesign.export.recording import Array, Recording, RecordingError
from codesign.export.rest_shape import rest_positions
from codesign.export.workshop.cells import cells_by_material
from codesign.export.workshop.settings import PrintSettings
from codesign.export.workshop.solid import Solid, closed
from codesign.export.workshop.struts import struts_by_kind

if TYPE_CHECKING:
    from manifold3d import Manifold

STRUT, MUSCLE = "#8c9196", "#d55e00"
_MATERIALS = ("#c9d2cb", "#e9cf92", "#dfa9ad", "#a3d3c6", "#bfb2df", "#a9c0e2")
"""Colours of materials, those of the page."""

_TOLERANCES = (1e-6, 1e-5, 1e-4)
"""Shares of a solid's extent by which its surface may be simplified, the smallest first that leaves it closed: where
struts cross in one plane there are slivers thinner than what single precision tells apart."""


def solids(recording: Recording, settings: PrintSettings, *, apart: bool) -> list[Solid]:
    """Return the solids that a body at rest is printed as, standing on z = 0 in the corner of x = y = 0.

    Bodies of 2D lie flat: x goes along x, what was up along y.

    Args:
        recording: the body.
        settings: sizes.
        apart: whether materials, or muscles, are solids of their own; otherwise there is one.

    Raises:
        RecordingError: a body that cannot be printed so.
    """
    positions = rest_positions(recording) * settings.scale
    positions -= positions.min(axis=0)
    if settings.shape_in(recording.dim) == "struts":
        kinds = struts_by_kind(recording, positions, settings, apart=apart)
        named = [(name, MUSCLE if name == "muscles" else STRUT, solid) for name, solid in kinds.items()]
    else:
        if not settings.muscles:
            remedy = "set print.shape=struts, or print.muscles=true"
            raise RecordingError("struts, of which muscles can be left out", "filled cells", remedy)
        parts = cells_by_material(recording, positions, settings, apart=apart)
        named = [(_name(recording, number), _colour(number), solid) for number, solid in parts.items()]
    corner = np.min([np.array(solid.bounding_box()[:3]) for _, _, solid in named], axis=0)
    return [Solid(name, colour, *_mesh(name, solid, corner)) for name, colour, solid in named]


def _mesh(name: str, solid: "Manifold", corner: Array) -> tuple[Array, Array]:
    """Return vertices and triangles of a solid whose lowest coordinates become 0."""
    extent = float(np.ptp(np.reshape(solid.bounding_box(), (2, 3)), axis=0).max())
    for tolerance in _TOLERANCES:
        mesh = solid.simplify(tolerance * extent).to_mesh64()
        vertices = np.asarray(mesh.vert_properties)[:, :3] - corner
        found = closed(vertices, np.asarray(mesh.tri_verts).astype(np.int64))
        if found is not None:
            return found
    got = f"{name} that touch in an edge"
    raise RecordingError("solids with a closed surface", got, "change print.width or print.joint a little")


def _name(recording: Recording, number: int) -> str:
    names = recording.material_names
    if number == 0:
        return recording.design
    return names[number] if number < len(names) else f"material {number}"


def _colour(number: int) -> str:
    return _MATERIALS[(number - 1) % len(_MATERIALS)]
