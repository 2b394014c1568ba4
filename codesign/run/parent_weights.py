"""Learned weights of all designs that entered the population of a run, from which their children inherit.

A file for each generation has the designs that were born in it: any of these may be a parent as long as it lives, and
the start of every design can be made again as long as the run is there.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from codesign.errors import OutputError, RunError
from codesign.files import write_bytes
from codesign.reading import MOST, read_bytes, safetensors_arrays

_CHECKSUM = "sha256"
"""Key of the checksum of all arrays in a file's metadata."""

_NAMES = ("individuals", "lengths", "weights")


def parent_weights_of(folder: Path, generation: int) -> Path:
    """Return where the weights of the designs of a generation are."""
    return folder / f"generation_{generation:06d}.safetensors"


def generation_of_parent_weights(path: Path) -> int | None:
    """Return the generation that a file is of, or None where it is something else."""
    number = path.stem.removeprefix("generation_")
    is_one = number.isdigit() and path.name == parent_weights_of(path.parent, int(number)).name
    return int(number) if is_one else None


def write_parent_weights(folder: Path, generation: int, weights: Mapping[int, np.ndarray]) -> None:
    """Write what designs of a generation learned, whole or not at all.

    Args:
        folder: the run's folder of weights; that which it lies in is there.
        generation: in which they were born.
        weights: of each design by its number in the generation, flat, all of one precision.

    Raises:
        OutputError: the folder cannot be written to.
    """
    from safetensors.numpy import save  # noqa: PLC0415 - only runs that write load it

    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError("a folder that can be written to", f"{folder} ({error.strerror})", "free it") from error
    parts = list(weights.values())
    arrays = {
        "individuals": np.array(list(weights), dtype=np.int64),
        "lengths": np.array([len(part) for part in parts], dtype=np.int64),
        "weights": np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32),
    }
    data = save(arrays, metadata={_CHECKSUM: _checksum(arrays)})
    write_bytes(parent_weights_of(folder, generation), data, make_folder=False)


def read_parent_weights(folder: Path, generation: int) -> dict[int, np.ndarray]:
    """Return what designs of a generation learned by their numbers; those that are not there never were parents.

    Raises:
        RunError: the file is missing, damaged or something else.
    """
    path = parent_weights_of(folder, generation)
    try:
        arrays, metadata = safetensors_arrays(read_bytes(path, MOST.parent_weights))
        individuals, lengths, weights = (arrays[name] for name in _NAMES)
        _require(individuals, lengths, weights)
        if metadata.get(_CHECKSUM) != _checksum(arrays):
            raise ValueError("numbers that do not match their checksum")
    except (OSError, ValueError, KeyError) as error:
        said = getattr(error, "strerror", None) or (error if isinstance(error, ValueError) else f"no {error}")
        got = f"{path} ({said})"
        raise RunError("weights of designs as runs with inheritance keep them", got, "restore the file") from error
    parts = np.split(weights, np.cumsum(lengths)[:-1])
    return dict(zip(individuals.tolist(), parts, strict=True)) if len(individuals) else {}


def find_parent_weights(folder: Path, identities: Sequence[tuple[int, int]]) -> dict[tuple[int, int], np.ndarray]:
    """Return the weights of those designs of a run that have entered its population, by identity, each file read once.

    Raises:
        RunError: a file is missing, damaged or something else.
    """
    wanted: dict[int, set[int]] = {}
    for generation, individual in identities:
        wanted.setdefault(generation, set()).add(individual)
    found: dict[tuple[int, int], np.ndarray] = {}
    for generation, individuals in sorted(wanted.items()):
        there = read_parent_weights(folder, generation)
        # Copied, so that no more is kept of a file than was asked for.
        found |= {(generation, one): there[one].copy() for one in sorted(individuals & there.keys())}
    return found


def _require(individuals: np.ndarray, lengths: np.ndarray, weights: np.ndarray) -> None:
    """Check that arrays are the numbers of designs, how many weights each has, and these.

    Raises:
        ValueError: they are something else.
    """
    kinds = individuals.dtype == lengths.dtype == np.int64 and weights.dtype in (np.float32, np.float64)
    if not kinds or not individuals.ndim == lengths.ndim == weights.ndim == 1 or len(individuals) != len(lengths):
        raise ValueError("other arrays than numbers of designs, of their weights, and weights")
    if (individuals < 0).any() or len(np.unique(individuals)) != len(individuals):
        raise ValueError("numbers of designs that are negative or not unique")
    if (lengths < 1).any() or (lengths > len(weights)).any() or lengths.sum() != len(weights):
        raise ValueError(f"{len(weights)} weights, where as many should be as all designs have")
    if not np.isfinite(weights).all():
        raise ValueError("weights that are not finite")


def _checksum(arrays: Mapping[str, np.ndarray]) -> str:
    found = hashlib.sha256()
    for name in _NAMES:
        found.update(np.ascontiguousarray(arrays[name]).data)
    return found.hexdigest()
