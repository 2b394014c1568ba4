"""Bodies as EvoGym has them, arrays of materials with connections between cells, and as plans."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from codesign.evogym_world import FIXED, SLOPES
from codesign.formats.body_plan import BodyPlan, FormatError, Inexpressible

LATTICE = "square"

CONTRACTILE = 6
"""Material of jax-evogym whose cells contract along both directions, each on its own."""

MOST_NUMBERS = 4_000_000
"""Cells and connections in one file of one body."""

_TAKEN_AS = {**{material: material for material in range(5)}, FIXED: 1, CONTRACTILE: 3}

_REPLACED = {
    FIXED: ("fixed cells", "taken as rigid"),
    CONTRACTILE: ("contractile cells (material 6 of jax-evogym)", "taken as horizontal muscles"),
}


def plans_of_structures(
    names: Sequence[str],
    bodies: np.ndarray,
    joins: tuple[np.ndarray, np.ndarray] | None,
    fitness: Sequence[float | None] | None = None,
    about: Sequence[Mapping[str, str]] | None = None,
) -> list[BodyPlan]:
    """Return bodies of EvoGym as plans, upright.

    Args:
        names: one for each body.
        bodies: materials 0 to 6, of any type of numbers, row 0 at the top, shape (n, rows, columns).
        joins: for all connections of all bodies together, the number of its body, shape (k,), and the two cells that it
            joins, as indices into the flattened body, shape (k, 2); None where all neighbours are joined.
        fitness: what each is worth; None for nothing. What is not finite says nothing either.
        about: what else is known of each.

    Raises:
        FormatError: a body without cells or in pieces; a material that is none, or a slope; a connection of cells that
            are empty or no neighbours.
    """
    materials = _materials(names, bodies)
    neighbours = _neighbours(materials > 0)
    _require_whole(names, materials > 0, neighbours)
    missing = {} if joins is None else _missing(names, materials > 0, neighbours, *joins)
    replaced = set(np.nonzero(np.isin(materials, list(_REPLACED)))[0].tolist())
    table = np.zeros(max(_TAKEN_AS) + 1, dtype=np.uint8)
    table[list(_TAKEN_AS)] = list(_TAKEN_AS.values())
    cells = table[materials[:, ::-1]]
    plans = list[BodyPlan]()
    for number, name in enumerate(names):
        worth = None if fitness is None else fitness[number]
        odd = number in replaced or number in missing
        plans.append(
            BodyPlan(
                name=name,
                lattice=LATTICE,
                cells=cells[number],
                fitness=worth if worth is not None and np.isfinite(worth) else None,
                about={} if about is None else about[number],
                inexpressible=_inexpressible(materials[number], missing.get(number)) if odd else (),
            )
        )
    return plans


def structures_of(plans: Sequence[BodyPlan]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return bodies as EvoGym has them: materials, row 0 at the top, and the connections of all neighbours, both int64.

    Raises:
        FormatError: a body that is not of squares.
    """
    shapes = dict[tuple[int, ...], list[int]]()
    for number, plan in enumerate(plans):
        if plan.lattice != LATTICE:
            got = f"{plan.name}, one of {plan.lattice or 'masses and springs'}"
            raise FormatError("a body of squares, as EvoGym has them", got, "choose another format")
        shapes.setdefault(plan.cells.shape, []).append(number)
    found: list[Any] = [None] * len(plans)
    for numbers in shapes.values():
        bodies = np.stack([plans[number].cells[::-1] for number in numbers]).astype(np.int64)
        pairs = _neighbours(bodies > 0)
        ends = np.searchsorted(pairs[:, 0], np.arange(1, len(numbers)))
        for number, body, own in zip(numbers, bodies, np.split(pairs[:, 1:], ends), strict=True):
            found[number] = (body, own.T.copy())
    return found


def structure_of(plan: BodyPlan) -> tuple[np.ndarray, np.ndarray]:
    """Return one body as EvoGym has it, see `structures_of`."""
    return structures_of([plan])[0]


def _materials(names: Sequence[str], bodies: np.ndarray) -> np.ndarray:
    """Return the materials as whole numbers, int64.

    Raises:
        FormatError: one is none, or a body has no cell.
    """
    remedy = "give each cell 0 (empty), 1 (rigid), 2 (soft), 3 (horizontal muscle) or 4 (vertical muscle)"
    wrong = ~np.isin(bodies, list(_TAKEN_AS))  # NaN is none of them, either
    if wrong.any():
        number, row, column = np.argwhere(np.asarray(wrong))[0].tolist()
        material = float(bodies[number, row, column])
        slope = ", a slope of jax-evogym" if material in SLOPES else ""
        where = _named(bodies[number], [row * bodies.shape[2] + column])
        got = f"material {material:g}{slope} at {where}{_of(names, number)}"
        raise FormatError("materials of EvoGym, whole numbers from 0 to 6", got, remedy)
    materials = bodies.astype(np.int64)
    for number in np.flatnonzero(~(materials > 0).any(axis=(1, 2)))[:1]:
        raise FormatError("a body with cells", f"none in an array of {_size(bodies)}{_of(names, number)}", remedy)
    return materials


def _neighbours(filled: np.ndarray) -> np.ndarray:
    """Return the pairs of filled cells that share a side: body, left or upper cell, the other, shape (pairs, 3)."""
    columns = filled.shape[2]
    body, row, column = np.nonzero(filled[:, :, :-1] & filled[:, :, 1:])
    across = np.stack([body, row * columns + column, row * columns + column + 1], axis=1)
    body, row, column = np.nonzero(filled[:, :-1] & filled[:, 1:])
    down = np.stack([body, row * columns + column, (row + 1) * columns + column], axis=1)
    pairs = np.concatenate([across, down]).astype(np.int64)
    return pairs[np.lexsort((pairs[:, 2], pairs[:, 1], pairs[:, 0]))]


def _require_whole(names: Sequence[str], filled: np.ndarray, neighbours: np.ndarray) -> None:
    """Check that every body hangs together by sides of cells.

    Raises:
        FormatError: one does not; the message names a cell of every piece.
    """
    size = filled[0].size
    first, second = (neighbours[:, 0] * size + neighbours[:, end] for end in (1, 2))
    graph = coo_array((np.ones(len(first), np.int8), (first, second)), shape=(filled.size, filled.size))
    parts = connected_components(graph, directed=False)[1]
    there = np.flatnonzero(filled)
    _, firsts = np.unique(parts[there], return_index=True)
    firsts = there[firsts]
    counts = np.bincount(firsts // size, minlength=len(filled))
    for number in np.flatnonzero(counts > 1)[:1]:
        cells = firsts[firsts // size == number] % size
        got = f"{counts[number]} pieces with cells at {_named(filled[number], cells)}{_of(names, number)}"
        remedy = "join the pieces by cells that share a side, or leave the body out"
        raise FormatError("a body in one piece, of cells that share sides", got, remedy)


def _missing(
    names: Sequence[str], filled: np.ndarray, neighbours: np.ndarray, owners: np.ndarray, pairs: np.ndarray
) -> dict[int, np.ndarray]:
    """Return the cells with neighbours that they are not joined to, by the number of the body.

    Raises:
        FormatError: a connection of something else than two neighbours that are filled.
    """
    size, columns = filled[0].size, filled.shape[2]
    inside = ((pairs >= 0) & (pairs < size) & (pairs == np.floor(pairs))).all(axis=1)
    low, high = (np.where(inside, end, 0).astype(np.int64) for end in (pairs.min(axis=1), pairs.max(axis=1)))
    flat = filled.reshape(len(filled), -1)
    beside = (high - low == columns) | ((high - low == 1) & (high % columns != 0))
    wrong = ~(inside & flat[owners, low] & flat[owners, high] & beside)
    for place in np.flatnonzero(wrong)[:1]:
        got = " and ".join(f"{cell:g}" for cell in pairs[place].tolist())
        got = f"one of cells {got} of {_size(filled)}{_of(names, int(owners[place]))}"
        raise FormatError("connections of cells that share a side", got, "leave the connection out")
    key = (neighbours[:, 0] * size + neighbours[:, 1]) * size + neighbours[:, 2]
    loose = neighbours[~np.isin(key, (owners * size + low) * size + high)]
    return {int(number): np.unique(loose[loose[:, 0] == number, 1:]) for number in np.unique(loose[:, 0])}


def _inexpressible(materials: np.ndarray, loose: np.ndarray | None) -> tuple[Inexpressible, ...]:
    found = list[Inexpressible]()
    for material, (what, instead) in _REPLACED.items():
        if (cells := np.flatnonzero(materials == material)).size:
            found.append(Inexpressible(what, instead, _places(materials, cells)))
    if loose is not None:
        found.append(Inexpressible("unglued neighbours", "joined", _places(materials, loose)))
    return tuple(found)


def _places(body: np.ndarray, cells: Sequence[int] | np.ndarray) -> tuple[tuple[int, int], ...]:
    """Return the row, the lowest 0, and column of cells that count from the top."""
    rows, columns = np.divmod(np.asarray(cells, dtype=np.int64), body.shape[1])
    return tuple(zip((len(body) - 1 - rows).tolist(), columns.tolist(), strict=True))


def _named(body: np.ndarray, cells: Sequence[int] | np.ndarray) -> str:
    return str(Inexpressible("", "", _places(body, cells))).removeprefix(" at ")


def _size(bodies: np.ndarray) -> str:
    return " x ".join(map(str, bodies.shape[1:]))


def _of(names: Sequence[str], number: int) -> str:
    return f" in body {names[number]}"
