"""Given bodies at rest, as a gallery that exporters write, and what they are made of."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from codesign.body import Body, Tissue, develop
from codesign.cli.given_bodies import GivenBody
from codesign.export import Gallery, History, Recording, Trajectory
from codesign.formats import BodyPlan, FormatError, cropped, genomes_of, settings_of
from codesign.search import GIVEN

_MARGIN = 0.5
"""Ground beside a body, as a share of its extent."""


@dataclass(frozen=True)
class Inventory:
    """What a body consists of.

    Attributes:
        cells: filled cells by the name of their material, in the order of the lattice's materials.
        masses, springs, muscles: sizes of the body that grows from it; None where none can.
        fault: why none can, a sentence without its beginning; empty where one can.
    """

    cells: dict[str, int]
    masses: int | None = None
    springs: int | None = None
    muscles: int | None = None
    fault: str = ""


def grown(plan: BodyPlan) -> Body:
    """Return the masses and springs of a plan: those that its file gives, or those that grow from its cells.

    Raises:
        FormatError: a body in pieces, or without a cell.
    """
    if plan.body is not None:
        return plan.body
    plan = cropped(plan)
    settings = settings_of([plan])
    return develop(settings.build(), genomes_of([plan], settings), Tissue())[0]


def inventory(plan: BodyPlan) -> Inventory:
    """Return what a plan consists of."""
    counts = Counter(plan.cells[plan.cells != 0].tolist())
    names = material_names(plan)
    cells = {_name(names, number): counts[number] for number in sorted(counts)}
    try:
        body = grown(plan)
    except FormatError as error:
        return Inventory(cells, fault=f"expected {error.expected}; got {error.got}")
    return Inventory(cells, len(body.positions), len(body.springs), int(np.count_nonzero(body.swings)))


def material_names(plan: BodyPlan) -> tuple[str, ...]:
    """Return the names of the materials of a plan's lattice by number, none where it is on none."""
    return tuple(material.name for material in settings_of([cropped(plan)]).build().materials) if plan.lattice else ()


def _name(names: tuple[str, ...], number: int) -> str:
    return names[number] if number < len(names) else f"material {number}"


def gallery_at_rest(title: str, bodies: Sequence[GivenBody]) -> Gallery:
    """Return bodies as they stand before anything moves.

    Raises:
        FormatError: a body in pieces, or without a cell.
    """
    none = np.zeros(0)
    return Gallery(title, tuple(_at_rest(body) for body in bodies), History(none, none, none))


def _at_rest(given: GivenBody) -> Recording:
    body = grown(given.plan)
    names = material_names(given.plan)
    fitness = -np.inf if given.plan.fitness is None else given.plan.fitness
    positions = body.positions - body.positions.min(axis=0)
    still = Trajectory(np.zeros(1), positions[None], np.zeros((1, len(body.springs))))
    return Recording(
        design=given.id,
        generation=0,
        parents=(),
        operator=GIVEN,
        fitness=fitness,
        measures={},
        curve=np.zeros(0),
        springs=body.springs,
        rest_lengths=body.rest_lengths,
        stiffness=body.stiffness,
        swings=body.swings,
        cells=body.cells,
        materials=body.materials,
        point_masses=body.masses,
        damping=body.damping,
        force_limits=body.force_limits,
        ground=_level(positions),
        after=still,
        before=None,
        weights=np.zeros(0),
        material_names=names if len(names) > 2 else (),
    )


def _level(positions: np.ndarray) -> np.ndarray:
    """Return level ground under a body: two points in 2D, a grid of 2 x 2 in 3D."""
    extent = positions.max(axis=0)[:-1]
    reach = _MARGIN * max(float(extent.max()), 1e-3)
    low, high = np.full(len(extent), -reach), extent + reach
    if len(extent) == 1:
        return np.array([[low[0], 0.0], [high[0], 0.0]])
    x, y = np.meshgrid([low[0], high[0]], [low[1], high[1]])
    return np.stack([x, y, np.zeros((2, 2))], axis=-1)
