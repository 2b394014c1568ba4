"""Checkpoints: the state of a run after a generation, in safe formats, whole or not there."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import codesign
from codesign.errors import CheckpointError
from codesign.files import remove, write_bytes, write_text
from codesign.reading import MOST, json_value, read_bytes, read_text, require_file, safetensors_arrays
from codesign.run.curves import Curves
from codesign.run.experiment import Experiment

FORMAT = 3
"""Number of the format, written into every manifest. Settings that are added do not change it (`settings.ADDED`); what
older programs would misread does."""

_WITH_CURVES_OF_ALL = 2
"""The format before, which is still read: it had weights and curves of all living designs, and packed no bits."""

_SEARCH = "search."
_ARRIVALS = "arrivals."
_REMEDY = "use another checkpoint of this run, or start a new run"


@dataclass(frozen=True)
class Checkpoint:
    """The state of a run between two generations.

    Attributes:
        generation: last generation that is finished.
        search: state of the search, named arrays.
        weights: controller parameters of the best living designs by identity (generation, individual), flat, of the
            precision that they were learned in.
        curves: how the living learned, where racing compares newcomers with them.
        seconds: time spent on the run so far [s].
        fingerprint: settings that decide the run's results, by dotted name.
        arrivals: what an asynchronous run knows of designs that are in no table yet, named arrays; none of other runs.
    """

    generation: int
    search: dict[str, np.ndarray]
    weights: dict[tuple[int, int], np.ndarray]
    curves: Curves
    seconds: float
    fingerprint: dict[str, Any]
    arrivals: dict[str, np.ndarray] = field(default_factory=dict)


def save(checkpoint: Checkpoint, folder: Path) -> None:
    """Write a checkpoint to `folder`, which is there; it exists once its manifest does, which is written last.

    Raises:
        OutputError: the folder cannot be written to.
    """
    from safetensors.numpy import save as encode  # noqa: PLC0415 - only runs that write load it

    arrays = {f"{_SEARCH}{name}": np.ascontiguousarray(array) for name, array in checkpoint.search.items()}
    arrays |= {f"{_ARRIVALS}{name}": np.ascontiguousarray(array) for name, array in checkpoint.arrivals.items()}
    packed = {name: array.shape[-1] for name, array in arrays.items() if _is_of_bits(array)}
    arrays |= {name: np.packbits(arrays[name], axis=-1) for name in packed}
    parts = list(checkpoint.weights.values())
    arrays["weights"] = np.concatenate([*parts, parts[0][:0] if parts else np.zeros(0, dtype=np.float32)])
    arrays["weights.lengths"] = np.array([len(part) for part in parts], dtype=np.int64)
    arrays["weights.identities"] = np.array(list(checkpoint.weights), dtype=np.int64).reshape(-1, 2)
    arrays["curves"] = checkpoint.curves.values
    arrays["curves.identities"] = checkpoint.curves.identities
    data = encode(arrays)
    manifest_path = manifest_of(folder, checkpoint.generation)
    data_path = manifest_path.with_suffix(".safetensors")
    manifest = {
        "format": FORMAT,
        "codesign": codesign.__version__,
        "generation": checkpoint.generation,
        "seconds": checkpoint.seconds,
        "file": data_path.name,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "packed": packed,
        "experiment": checkpoint.fingerprint,
    }
    write_bytes(data_path, data, make_folder=False)
    write_text(manifest_path, json.dumps(manifest, indent=1) + "\n", make_folder=False)


def load(manifest_path: Path) -> Checkpoint:
    """Return the checkpoint of a manifest.

    Raises:
        CheckpointError: it is missing, truncated, altered, or of another format.
    """
    manifest = _manifest(manifest_path)
    data = _checked_data(manifest_path, manifest)
    try:
        arrays, _ = safetensors_arrays(data)
        for name, bits in manifest.get("packed", {}).items():
            arrays[name] = _unpacked(arrays[name], bits)
        identities = _identities(arrays["weights.identities"])
        parts = _pieces(arrays["weights"], arrays["weights.lengths"])
        of_curves = arrays["weights.identities" if manifest["format"] == _WITH_CURVES_OF_ALL else "curves.identities"]
        curves = arrays["curves"]
        if curves.dtype != np.float32 or curves.ndim not in (1, 2) or len(curves) != len(of_curves):
            raise ValueError(f"{len(of_curves)} curves in an array of {curves.dtype} of shape {curves.shape}")
        search, arrivals = (_named(arrays, prefix) for prefix in (_SEARCH, _ARRIVALS))
        generation, seconds = manifest["generation"], float(manifest["seconds"])
        if type(generation) is not int or not 0 <= generation < 2**31 or not 0.0 <= seconds < np.inf:
            raise ValueError("a generation or a time that is none")
        return Checkpoint(
            generation,
            search,
            dict(zip(map(tuple, identities.tolist()), parts, strict=True)),
            Curves(_identities(of_curves), curves),
            seconds,
            dict(manifest["experiment"]),
            arrivals,
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise CheckpointError("a checkpoint's arrays", f"{manifest_path} ({error})", _REMEDY) from error


def _named(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _is_of_bits(array: np.ndarray) -> bool:
    """Return whether an array of small numbers holds nothing but 0 and 1, as most genomes do."""
    return array.dtype == np.uint8 and array.ndim > 1 and array.size > 0 and int(array.max()) <= 1


def _unpacked(array: np.ndarray, bits: int) -> np.ndarray:
    """Return packed bits as numbers again.

    Raises:
        ValueError: not so many bits.
    """
    if array.dtype != np.uint8 or array.ndim < 2 or array.shape[-1] != (bits + 7) // 8:
        raise ValueError(f"{array.shape} bytes are not rows of {bits} bits")
    return np.unpackbits(array, axis=-1, count=bits)


def _pieces(array: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
    """Return consecutive pieces of an array.

    Raises:
        ValueError: the lengths are not those of all of it.
    """
    if array.dtype not in (np.float32, np.float64) or array.ndim != 1 or lengths.dtype != np.int64 or lengths.ndim != 1:
        raise ValueError(f"arrays of {array.dtype} and {lengths.dtype} where weights and their numbers should be")
    if (lengths < 0).any() or lengths.sum() != len(array):
        raise ValueError(f"pieces of {lengths.sum()} numbers in an array of {len(array)}")
    return np.split(array, np.cumsum(lengths)[:-1]) if len(lengths) else []


def _identities(array: np.ndarray) -> np.ndarray:
    """Return identities of designs.

    Raises:
        ValueError: the array holds something else.
    """
    if array.dtype != np.int64 or array.shape[1:] != (2,) or (array < 0).any():
        raise ValueError(f"an array of {array.dtype} of shape {array.shape} where identities should be")
    return array


def check_experiment(checkpoint: Checkpoint, experiment: Experiment, path: Path) -> None:
    """Check that a checkpoint was written by the experiment that wants to go on from it, perhaps by an older version.

    Raises:
        CheckpointError: a setting that decides results differs; the message names it.
    """
    ours, theirs = (
        json.loads(json.dumps(settings))
        for settings in (experiment.fingerprint(), experiment.completed_fingerprint(checkpoint.fingerprint))
    )
    different = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
    if different:
        name = different[0]
        others = f" and {len(different) - 1} more settings" if len(different) > 1 else ""
        raise CheckpointError(
            f"a checkpoint with {name} = {ours.get(name, 'unset')}",
            f"{path} with {theirs.get(name, 'unset')}{others}",
            "resume with the settings the run was started with, or start a new run",
        )


def manifest_of(folder: Path, generation: int) -> Path:
    """Return where the manifest of a generation's checkpoint is."""
    return folder / f"generation_{generation:06d}.json"


def manifests(folder: Path) -> list[Path]:
    """Return the manifests in `folder`, the newest generation first."""
    found = [path for path in folder.glob("generation_*.json") if _generation_of(path) is not None]
    return sorted(found, key=lambda path: _generation_of(path) or 0, reverse=True)


def _generation_of(path: Path) -> int | None:
    """Return the generation that a checkpoint's file is of, None where it is something else."""
    number = path.stem.removeprefix("generation_")
    return int(number) if number.isdigit() and path.stem == manifest_of(path.parent, int(number)).stem else None


def newest_intact(folder: Path) -> tuple[Checkpoint | None, list[str]]:
    """Return the newest checkpoint that can be read, None where there is none, and what was wrong with newer ones.

    Raises:
        CheckpointError: there are checkpoints, and none can be read.
    """
    faults: list[str] = []
    known = manifests(folder)
    for data in sorted(folder.glob("generation_*.safetensors"), reverse=True):
        if known and (_generation_of(data) or 0) > (_generation_of(known[0]) or 0):
            faults.append(f"{data.name}: no manifest beside it")
    for path in known:
        try:
            return load(path), faults
        except CheckpointError as error:
            faults.append(f"{path.name}: {error.got}")
    if faults:
        got = f"in {folder} {'; '.join(faults)}"
        raise CheckpointError("a checkpoint that can be read", got, "start a new run in another folder")
    return None, faults


def discard_after(folder: Path, generation: int) -> None:
    """Remove the checkpoints of later generations, which are about to be computed again.

    Raises:
        OutputError: the folder cannot be written to.
    """
    for path in [*manifests(folder), *folder.glob("generation_*.safetensors")]:
        if (_generation_of(path) or 0) > generation:
            remove(path)
            remove(path.with_suffix(".safetensors"))


def prune(folder: Path, keep: int) -> None:
    """Remove all checkpoints but the newest `keep`, and data that no manifest speaks of.

    Raises:
        OutputError: the folder cannot be written to.
    """
    found = manifests(folder)
    for path in found[keep:]:
        remove(path)
    names = {path.stem for path in found[:keep]}
    for path in folder.glob("generation_*.safetensors"):
        if path.stem not in names:
            remove(path)


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json_value(read_text(path, MOST.manifest), settings=True)
    except FileNotFoundError as error:
        raise CheckpointError("a checkpoint", f"nothing at {path}", _REMEDY) from error
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError("a checkpoint's manifest", f"{path}, truncated or not readable", _REMEDY) from error
    fields = {"format", "generation", "seconds", "file", "bytes", "sha256", "experiment"}
    if not isinstance(manifest, dict) or not fields <= manifest.keys():
        raise CheckpointError("a checkpoint's manifest", f"{path}, which is something else", _REMEDY)
    if manifest["format"] not in (_WITH_CURVES_OF_ALL, FORMAT):
        got = f"{path} of format {manifest['format']}, written by codesign {manifest.get('codesign', 'unknown')}"
        raise CheckpointError(f"a checkpoint of format {FORMAT}", got, "use the version of codesign that wrote it")
    if manifest["file"] != path.with_suffix(".safetensors").name:
        got = f"{path}, which names another file than the one beside it"
        raise CheckpointError("a checkpoint's manifest", got, _REMEDY)
    return manifest


def _checked_data(path: Path, manifest: dict[str, Any]) -> bytes:
    # Beside the manifest, whatever that names: no path leads out of the run folder.
    data_path = path.with_suffix(".safetensors")
    try:
        require_file(data_path, MOST.checkpoint)
        size = data_path.stat().st_size
        if size != manifest["bytes"]:
            raise CheckpointError(f"{manifest['bytes']} bytes of checkpoint", f"{data_path} with {size}", _REMEDY)
        data = read_bytes(data_path, MOST.checkpoint)
    except OSError as error:
        raise CheckpointError(f"the checkpoint's data {data_path}", str(error.strerror), _REMEDY) from error
    if hashlib.sha256(data).hexdigest() != manifest["sha256"]:
        raise CheckpointError("a checkpoint that matches its checksum", f"{data_path}, which was altered", _REMEDY)
    return data
