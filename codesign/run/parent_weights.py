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
from codesign.run.identities import Identity

_CHECKSUM = "sha256"
"""Key of the checksum of all arrays in a file's metadata."""

_NAMES = ("identities", "lengths", "weights")


def parent_weights_of(folder: Path, generation: int) -> Path:
    """Return where the weights of the designs of a generation are."""
    return folder / f"generation_{generation:06d}.safetensors"


def generation_of_parent_weights(path: Path) -> int | None:
    """Return the generation that a file is of, or None where it is something else."""
    number = path.stem.removeprefix("generation_")
    is_one = number.isdigit() and path.name == parent_weights_of(path.parent, int(number)).name
    return int(number) if is_one else None


def write_parent_weights(folder: Path, generation: int, weights: Mapping[Identity, np.ndarray]) -> None:
    """Write what designs of a generation learned, whole or not at all.

    Args:
        folder: the run's folder of weights; that which it lies in is there.
        generation: in which they were born.
        weights: of each design by its identity, flat, all of one precision.

    Raises:
        OutputError: the folder cannot be written to.
    """
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError("a folder that can be written to", f"{folder} ({error.strerror})", "free it") from error
    write_design_weights(parent_weights_of(folder, generation), weights)


def find_parent_weights(folder: Path, identities: Sequence[Identity]) -> dict[Identity, np.ndarray]:
    """Return the weights of those designs of a run that have entered its population, by identity, each file read once.

    Raises:
        RunError: a file is missing, damaged or something else.
    """
    wanted: dict[int, set[Identity]] = {}
    for identity in identities:
        wanted.setdefault(identity[0], set()).add(identity)
    found: dict[Identity, np.ndarray] = {}
    for generation, own in sorted(wanted.items()):
        there = read_design_weights(parent_weights_of(folder, generation))
        # Copied, so that no more is kept of a file than was asked for.
        found |= {identity: there[identity].copy() for identity in sorted(own & there.keys())}
    return found


def write_design_weights(path: Path, weights: Mapping[Identity, np.ndarray]) -> None:
    """Write the weights of designs into a file, whole or not at all; for the arguments see `write_parent_weights`.

    Raises:
        OutputError: the folder cannot be written to.
    """
    from safetensors.numpy import save  # noqa: PLC0415 - only runs that write load it

    parts = list(weights.values())
    arrays = {
        "identities": np.array(list(weights), dtype=np.int64).reshape(-1, 2),
        "lengths": np.array([len(part) for part in parts], dtype=np.int64),
        "weights": np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32),
    }
    write_bytes(path, save(arrays, metadata={_CHECKSUM: _checksum(arrays)}), make_folder=False)


def read_design_weights(path: Path) -> dict[Identity, np.ndarray]:
    """Return the weights of designs by identity, as `write_design_weights` wrote them.

    Raises:
        RunError: the file is missing, damaged or something else.
    """
    try:
        arrays, metadata = safetensors_arrays(read_bytes(path, MOST.parent_weights))
        identities, lengths, weights = (arrays[name] for name in _NAMES)
        _require(identities, lengths, weights)
        if metadata.get(_CHECKSUM) != _checksum(arrays):
            raise ValueError("numbers that do not match their checksum")
    except (OSError, ValueError, KeyError) as error:
        said = getattr(error, "strerror", None) or (error if isinstance(error, ValueError) else f"no {error}")
        got = f"{path} ({said})"
        raise RunError("weights of designs as runs with inheritance keep them", got, "restore the file") from error
    parts = np.split(weights, np.cumsum(lengths)[:-1]) if len(lengths) else []
    return {(born, number): part for (born, number), part in zip(identities.tolist(), parts, strict=True)}


def _require(identities: np.ndarray, lengths: np.ndarray, weights: np.ndarray) -> None:
    """Check that arrays are the identities of designs, how many weights each has, and these.

    Raises:
        ValueError: they are something else.
    """
    kinds = identities.dtype == lengths.dtype == np.int64 and weights.dtype in (np.float32, np.float64)
    shapes = identities.shape == (len(lengths), 2) and lengths.ndim == weights.ndim == 1
    if not kinds or not shapes:
        raise ValueError("other arrays than identities of designs, numbers of their weights, and weights")
    if (identities < 0).any() or len(np.unique(identities, axis=0)) != len(identities):
        raise ValueError("identities that are negative or not unique")
    if (lengths < 1).any() or (lengths > len(weights)).any() or lengths.sum() != len(weights):
        raise ValueError(f"{len(weights)} weights, where as many should be as all designs have")
    if not np.isfinite(weights).all():
        raise ValueError("weights that are not finite")


def _checksum(arrays: Mapping[str, np.ndarray]) -> str:
    found = hashlib.sha256()
    for name in _NAMES:
        found.update(np.ascontiguousarray(arrays[name]).data)
    return found.hexdigest()
