"""Bodies drawn in text, written; docs/formats.md describes the notation, and `text_reading` reads it."""

import json
import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from codesign import files
from codesign.formats.body_plan import BodyPlan, FormatError
from codesign.formats.format import Format
from codesign.formats.notation import (
    MARGIN,
    PASSIVE,
    TRIANGLES,
    Springs,
    body_edges,
    characters_of,
    digits_of,
    require_kind,
)
from codesign.formats.text_reading import read_text_file
from codesign.genome import Lattice

_PLAIN_NAME = re.compile(r'[^\s#"]([^#]*[^\s#])?')

_DIGITS_A_LINE = 100


def drawing_of(plan: BodyPlan) -> str:
    """Return a body as characters, ending with a line break; a file that holds them reads back as the same body.

    A lattice of squares is drawn as rows from the top; one of triangles likewise, and below it its springs where some
    are passive; one of cubes layer by layer from the top, each as seen from above. Of a body that lies on no lattice
    it only says how large it is.
    """
    return "\n".join(_drawn(plan)) + "\n"


def _drawn(plan: BodyPlan) -> list[str]:
    if not plan.lattice:
        masses, springs = (len(plan.body.positions), len(plan.body.springs)) if plan.body else (0, 0)
        return [f"# {masses} masses and {springs} springs, on no lattice"]
    heads = [] if plan.lattice == "square" else [f"lattice: {plan.lattice}"]
    heads += [f"{field}: {value}" for field, value in plan.settings.items()]
    if plan.cells.ndim == 2:
        return [*heads, *_rows(plan, plan.cells[::-1]), *_springs_drawn(plan)]
    layers = [line for z in reversed(range(plan.cells.shape[2])) for line in _layer(plan, z)]
    return [*heads, *layers, *_springs_drawn(plan)]


def _layer(plan: BodyPlan, z: int) -> list[str]:
    """Return a layer of cubes as seen from above: y upwards, x to the right."""
    return [f"z={z}", *_rows(plan, plan.cells[:, ::-1, z].T)]


def _rows(plan: BodyPlan, cells: np.ndarray) -> list[str]:
    """Return a line for each row of cells, the first one first."""
    if plan.lattice == "triangle":
        # Whether a triangle points up follows from where it is; the rows come from the top.
        row, column = np.indices(cells.shape)
        pointed = np.where((len(cells) - 1 - row + column) % 2 == 0, TRIANGLES[0], TRIANGLES[1])
        return ["".join(line) for line in np.where(cells != 0, pointed, ".").tolist()]
    characters = characters_of(plan.lattice)
    if cells.size and cells.max() >= len(characters):
        raise FormatError(f"materials up to {len(characters) - 1}", f"{cells.max()} in {plan.name}", "give fewer")
    return ["".join(line) for line in np.array(list(characters))[cells].tolist()]


def _lattice_of(plan: BodyPlan) -> Lattice:
    kind = require_kind(plan.lattice)
    return kind(**plan.settings, **dict(zip(kind.extents, plan.cells.shape, strict=True))).build()


def _springs_drawn(plan: BodyPlan) -> list[str]:
    """Return the lines that say which springs of the body are muscles; none where all may be."""
    if plan.muscles is None or plan.muscles.all():
        return []
    lattice = _lattice_of(plan)
    if plan.lattice != "triangle":
        return _digits("muscles", plan.muscles)
    springs, own = Springs.of(lattice), body_edges(lattice, plan.cells)
    if plan.muscles[own].all():
        return []
    drawn = np.full(springs.size, " ")
    drawn[springs.lines[own], springs.columns[own]] = np.where(plan.muscles == 1, springs.muscles, PASSIVE)[own]
    return ["springs:", *(f"{MARGIN}{''.join(line)}".rstrip() for line in drawn.tolist())]


def _silent(plan: BodyPlan) -> list[str]:
    """Return the lines that keep the muscle bits of edges outside of a body of triangles, if some are 0."""
    if plan.muscles is None or plan.lattice != "triangle":
        return []
    lattice = _lattice_of(plan)
    silent = plan.muscles[~body_edges(lattice, plan.cells)]
    return [] if silent.all() else _digits("silent", silent)


def _digits(head: str, bits: np.ndarray) -> list[str]:
    digits = digits_of(bits)
    starts = range(0, len(digits), _DIGITS_A_LINE)
    return [f"{head}: {digits[start : start + _DIGITS_A_LINE]}" for start in starts]


def write_text_file(plans: Sequence[BodyPlan], path: Path) -> list[Path]:
    """Write bodies as drawings to one file, and return it.

    Raises:
        FormatError: a body that lies on no lattice.
        OutputError: `path` cannot be written to.
    """
    parts = list[str]()
    for plan in plans:
        if not plan.lattice:
            raise FormatError("bodies on a lattice", f"masses and springs ({plan.name})", "write them as json")
        fitness = [] if plan.fitness is None or not math.isfinite(plan.fitness) else [f"fitness: {plan.fitness!r}"]
        parts.append("\n".join([f"body: {_quoted(plan.name)}", *fitness, *_drawn(plan), *_silent(plan)]))
    files.write_text(path, "\n\n".join(parts) + "\n")
    return [path]


def _quoted(name: str) -> str:
    plain = name.isprintable() and _PLAIN_NAME.fullmatch(name)
    return name if plain else json.dumps(name).replace("#", "\\u0023")


TEXT = Format(
    name="text",
    suffixes=(".txt",),
    read=read_text_file,
    write=write_text_file,
)
