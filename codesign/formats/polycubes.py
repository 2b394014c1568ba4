"""Arrays of cubes, .npy: the populations that codesign-mpt saves as polycubes.npy, and bodies saved by oneself."""

from pathlib import Path

import numpy as np

from codesign.formats.body_plan import MOST_BODIES, MOST_CELLS, BodyPlan, FormatError
from codesign.formats.format import Format
from codesign.npy_reading import npy_array
from codesign.reading import MOST, read_bytes

_MOST_NUMBERS = 2**26

_STIFF_MUSCLE, _MATERIALS = 4, 4

_FLAT = "save it for EvoGym, numpy.savez(FILE.npz, body, connections), whose row 0 is the top, or draw it (.txt)"


def read(path: Path) -> list[BodyPlan]:
    """Return the bodies in an array of whole numbers, [x, y, z] last, bodies and generations of bodies before.

    If there is no other number than 0 and 1, every filled cell is a muscle, as in codesign-mpt; else numbers are
    materials of the lattice of cubes: 1 soft, 2 stiff, 3 soft muscle, 4 stiff muscle. Fitness is minus the mean over
    environments in losses.npy beside polycubes.npy, where its shape fits.

    Raises:
        FormatError: an array of another kind or shape, or of other numbers.
        OSError: it cannot be read.
        ValueError: it is no array of numbers; a pickle, in particular.
    """
    array = npy_array(read_bytes(path, MOST.bodies), _MOST_NUMBERS)
    if array.ndim == 2 and array.dtype.kind in "iub":
        raise FormatError("an array of cubes [x, y, z]", f"one of shape {array.shape}, whichever way up", _FLAT)
    if array.dtype.kind not in "iub" or array.ndim not in (3, 4, 5) or not array.size:
        expected = "bodies as whole numbers, [x, y, z] with bodies and generations before them"
        remedy = "give polycubes.npy of codesign-mpt, or an array like it"
        raise FormatError(expected, f"{array.dtype} of shape {array.shape}", remedy)
    if array.min() < 0 or array.max() > _MATERIALS:
        remedy = "number them 0 empty, 1 soft, 2 stiff, 3 soft muscle, 4 stiff muscle"
        raise FormatError("materials from 0 to 4", f"{array.min()} to {array.max()}", remedy)
    cells = array.reshape(-1, *array.shape[-3:]).astype(np.uint8)
    if len(cells) > MOST_BODIES or cells[0].size > MOST_CELLS:
        got = f"{len(cells)} of {cells[0].size} cells"
        raise FormatError(f"at most {MOST_BODIES} bodies of {MOST_CELLS} cells", got, "save fewer, say one generation")
    if cells.max() <= 1:
        cells *= _STIFF_MUSCLE
    names, fitness = _names(array.shape[:-3], path.stem), _fitness(path, array.shape[:-3])
    return [BodyPlan(name, "cube", cells[place], fitness=fitness[place]) for place, name in enumerate(names)]


def _names(shape: tuple[int, ...], stem: str) -> list[str]:
    """Return the name of each body: generation and number, its number alone, or for one body its file's name."""
    if len(shape) == 2:
        return [f"{generation}-{number}" for generation in range(shape[0]) for number in range(shape[1])]
    return [str(number) for number in range(shape[0])] if shape else [stem]


def _fitness(path: Path, shape: tuple[int, ...]) -> list[float | None]:
    """Return what losses.npy beside the bodies says of each, None where it says nothing."""
    count = int(np.prod(shape))
    beside = path.with_name(path.name.replace("polycubes", "losses"))
    if beside == path or not beside.exists():
        return [None] * count
    try:
        losses = npy_array(read_bytes(beside, MOST.bodies), _MOST_NUMBERS)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise FormatError(f"losses beside {path}", f"{beside} ({reason})", "mend it, or move it away") from error
    if losses.dtype.kind != "f" or losses.shape[:-1] != shape or not losses.size:
        return [None] * count
    with np.errstate(over="ignore", invalid="ignore"):
        means = losses.astype(np.float64).mean(axis=-1).ravel()
    return [float(-mean) if np.isfinite(mean) else None for mean in means.tolist()]


POLYCUBES = Format(name="polycubes", suffixes=(".npy",), read=read)
