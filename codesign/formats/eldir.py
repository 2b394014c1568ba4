"""Robots of ELDiR, .npz as the script in docs/formats.md makes it of the pickles that the published code writes."""

from pathlib import Path

import numpy as np

from codesign.formats.body_plan import MOST_BODIES, BodyPlan, FormatError, Inexpressible
from codesign.formats.format import Format
from codesign.genome import LATTICES, Genomes, Lattice, repair
from codesign.npy_reading import npz_arrays
from codesign.reading import MOST, read_bytes

_SIDE = 0.05

_SIZES = {13 * 22: (13, 22), 6 * 10: (6, 10)}
"""Rows and columns of the published lattices by their number of cells."""

_REMEDY = "save body_geno and spring_geno as the script in docs/formats.md does"

_MOST_NUMBERS = 2**26

_MOST_ROWS = 200
"""Rows and columns of a lattice, whose springs are counted to read them."""


def read(path: Path) -> list[BodyPlan]:
    """Return the robots in a file, one for each row of `body_geno`.

    Their names come from `id`, generation and number, or are their numbers; fitness is minus the least loss in each
    row of `loss`, where there is one.

    Raises:
        FormatError: arrays that are missing, of shapes that disagree, or of values other than 0 and 1.
        OSError: it cannot be read.
        ValueError: it is no .npz, or holds anything but numbers.
    """
    arrays = npz_arrays(read_bytes(path, MOST.bodies), _MOST_NUMBERS)
    cells, muscles = (_bits(arrays, name) for name in ("body_geno", "spring_geno"))
    if len(cells) != len(muscles) or not 0 < len(cells) <= MOST_BODIES:
        got = f"{len(cells)} rows of body_geno and {len(muscles)} of spring_geno"
        raise FormatError(f"a row for each of 1 to {MOST_BODIES} robots in both", got, _REMEDY)
    rows, columns = _shape(arrays, cells.shape[1])
    lattice = LATTICES["triangle"](rows=rows, columns=columns).construct()
    if muscles.shape[1] != len(lattice.edges):
        expected = f"a spring_geno of {len(lattice.edges)} springs, those of {rows} x {columns} triangles"
        raise FormatError(expected, f"{muscles.shape[1]}", "save the springs of the whole lattice, in their order")
    names, fitness = _names(arrays, len(cells)), _fitness(arrays, len(cells))
    kept, loose = _in_one_piece(lattice, Genomes(cells, muscles))
    return [
        BodyPlan(
            name=name,
            lattice="triangle",
            cells=kept[number].reshape(rows, columns),
            muscles=muscles[number],
            settings={"side": _SIDE},
            fitness=fitness[number],
            inexpressible=_loose(loose[number].reshape(rows, columns)),
        )
        for number, name in enumerate(names)
    ]


def _in_one_piece(lattice: Lattice, genomes: Genomes) -> tuple[np.ndarray, np.ndarray]:
    """Return the cells of bodies without what shares no side with the rest, and a mask of what was left out.

    The published code joins cells that meet in a corner too. Holes are filled, which adds no spring.
    """
    kept = repair(lattice, genomes).cells * genomes.cells.any(axis=1, keepdims=True)
    return kept, (genomes.cells != 0) & (kept == 0)


def _loose(loose: np.ndarray) -> tuple[Inexpressible, ...]:
    if not loose.any():
        return ()
    cells = tuple(map(tuple, np.argwhere(loose).tolist()))
    return (Inexpressible("cells that only touch the rest in a corner", "left out", cells),)


def _bits(arrays: dict[str, np.ndarray], name: str) -> np.ndarray:
    """Return an array of zeros and ones, uint8, a row for each robot."""
    found = arrays.get(name)
    if found is None:
        raise FormatError("arrays body_geno and spring_geno (ELDiR), or arr_0 (EvoGym)", _named(arrays), _REMEDY)
    found = np.atleast_2d(found)
    if found.ndim != 2 or found.dtype.kind not in "iub":
        raise FormatError(f"{name} as whole numbers, a row for each robot", f"{found.dtype} {found.shape}", _REMEDY)
    if found.size and (found.min() < 0 or found.max() > 1):
        raise FormatError(f"{name} of 0 and 1", f"{found.min()} to {found.max()}", _REMEDY)
    return found.astype(np.uint8)


def _named(arrays: dict[str, np.ndarray]) -> str:
    names = sorted(arrays)
    more = " and others" if len(names) > 8 else ""
    return f"arrays {', '.join(repr(name[:20]) for name in names[:8])}{more}" if names else "no array"


def _shape(arrays: dict[str, np.ndarray], cells: int) -> tuple[int, int]:
    if "rows" not in arrays and "columns" not in arrays and cells in _SIZES:
        return _SIZES[cells]
    found = [arrays.get(name, np.zeros(0)) for name in ("rows", "columns")]
    if any(each.size != 1 or each.dtype.kind not in "iu" for each in found):
        sizes = " or ".join(f"{rows} x {columns}" for rows, columns in _SIZES.values())
        raise FormatError(f"{sizes} cells, or a whole number each as rows and columns", f"{cells} cells", _REMEDY)
    rows, columns = (int(each.item()) for each in found)
    if rows * columns != cells or not (1 <= rows <= _MOST_ROWS and 1 <= columns <= _MOST_ROWS):
        expected = f"rows x columns cells in body_geno, at most {_MOST_ROWS} of each"
        raise FormatError(expected, f"{rows} x {columns} and {cells} cells", _REMEDY)
    return rows, columns


def _names(arrays: dict[str, np.ndarray], count: int) -> list[str]:
    """Return what robots are called, "generation-number" as in their pickles; no two alike."""
    ids = arrays.get("id")
    if ids is None:
        return [str(number) for number in range(count)]
    if ids.dtype.kind not in "iu" or ids.shape != (count, 2):
        expected = f"id as whole numbers of shape ({count}, 2): generation and number"
        raise FormatError(expected, f"{ids.dtype} {ids.shape}", _REMEDY)
    names = [f"{generation}-{number}" for generation, number in ids.tolist()]
    if len(set(names)) < count:
        return [f"{name} ({number})" for number, name in enumerate(names)]
    return names


def _fitness(arrays: dict[str, np.ndarray], count: int) -> list[float | None]:
    """Return minus the least finite loss of each robot, None where it has none."""
    losses = arrays.get("loss")
    if losses is None:
        return [None] * count
    if losses.dtype.kind != "f" or losses.ndim not in (1, 2) or len(losses) != count:
        expected = f"loss as floating point numbers of shape ({count}, iterations + 1)"
        raise FormatError(expected, f"{losses.dtype} {losses.shape}", _REMEDY)
    with np.errstate(over="ignore"):
        rows = losses.reshape(count, -1).astype(np.float64)
    rows = np.where(np.isfinite(rows), rows, np.inf)
    least = rows.min(axis=1, initial=np.inf)
    return [None if np.isinf(value) else float(-value) for value in least.tolist()]


ELDIR = Format(name="eldir", suffixes=(".npz",), read=read)
