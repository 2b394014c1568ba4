"""Checkpoints: the state of a run after a generation, in safe formats, whole or not there."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import codesign
from codesign.errors import CheckpointError
from codesign.files import write_bytes, write_text
from codesign.run.experiment import Experiment

FORMAT = 3
"""Number of the format, written into every manifest. Settings that are added do not change it (`settings.ADDED`); what
older programs would misread does."""

_READABLE = (2, FORMAT)
"""Formats that are read: checkpoints of format 2 had curves of just the designs whose weights they had, of all living.
"""

_SEARCH = "search."
_REMEDY = "use another checkpoint of this run, or start a new run"


@dataclass(frozen=True)
class Checkpoint:
    """The state of a run between two generations.

    Attributes:
        generation: last generation that is finished.
        search: state of the search, named arrays.
        weights: controller parameters of the best living designs by identity (generation, individual), flat, of the
            precision that they were learned in.
        curves: how each living design learned, by identity, float32, each of shape (iterations + 1,).
        seconds: time spent on the run so far [s].
        fingerprint: settings that decide the run's results, by dotted name.
    """

    generation: int
    search: dict[str, np.ndarray]
    weights: dict[tuple[int, int], np.ndarray]
    curves: dict[tuple[int, int], np.ndarray]
    seconds: float
    fingerprint: dict[str, Any]


def save(checkpoint: Checkpoint, folder: Path) -> None:
    """Write a checkpoint to `folder`; it exists once its manifest does, which is written last.

    Raises:
        OutputError: the folder cannot be written to.
    """
    from safetensors.numpy import save as encode  # noqa: PLC0415 - only runs that write load it

    identities = sorted(checkpoint.weights)
    parts = [checkpoint.weights[identity] for identity in identities]
    arrays = {f"{_SEARCH}{name}": np.ascontiguousarray(array) for name, array in checkpoint.search.items()}
    arrays["weights"] = np.concatenate([*parts, np.zeros(0, dtype=np.float32)])
    arrays["weights.lengths"] = np.array([len(part) for part in parts], dtype=np.int64)
    arrays["weights.identities"] = np.array(identities, dtype=np.int64).reshape(-1, 2)
    arrays["curves"] = np.array(list(checkpoint.curves.values()), dtype=np.float32)
    arrays["curves.identities"] = np.array(list(checkpoint.curves), dtype=np.int64).reshape(-1, 2)
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
        "experiment": checkpoint.fingerprint,
    }
    write_bytes(data_path, data)
    write_text(manifest_path, json.dumps(manifest, indent=1) + "\n")


def load(manifest_path: Path) -> Checkpoint:
    """Return the checkpoint of a manifest.

    Raises:
        CheckpointError: it is missing, truncated, altered, or of another format.
    """
    manifest = _manifest(manifest_path)
    data = _checked_data(manifest_path, manifest)
    from safetensors import SafetensorError  # noqa: PLC0415 - as in save
    from safetensors.numpy import load as decode  # noqa: PLC0415

    try:
        arrays = decode(data)
        ends = np.cumsum(arrays["weights.lengths"])
        identities = _pairs(arrays["weights.identities"])
        weights = dict(zip(identities, np.split(arrays["weights"], ends[:-1]), strict=True)) if identities else {}
        curves_of = identities if manifest["format"] == 2 else _pairs(arrays["curves.identities"])
        curves = dict(zip(curves_of, arrays["curves"], strict=True))
        search = {name.removeprefix(_SEARCH): array for name, array in arrays.items() if name.startswith(_SEARCH)}
        seconds, experiment = float(manifest["seconds"]), dict(manifest["experiment"])
        return Checkpoint(int(manifest["generation"]), search, weights, curves, seconds, experiment)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError("a checkpoint's arrays", f"{manifest_path} ({error})", _REMEDY) from error


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
    return sorted(folder.glob("generation_*.json"), reverse=True)


def newest_intact(folder: Path) -> tuple[Checkpoint | None, list[str]]:
    """Return the newest checkpoint that can be read, None where there is none, and what was wrong with newer ones.

    Raises:
        CheckpointError: there are checkpoints, and none can be read.
    """
    faults: list[str] = []
    for path in manifests(folder):
        try:
            return load(path), faults
        except CheckpointError as error:
            faults.append(f"{path.name}: {error.got}")
    if faults:
        raise CheckpointError("a checkpoint that can be read", "; ".join(faults), "start a new run in another folder")
    return None, faults


def discard_after(folder: Path, generation: int) -> None:
    """Remove the checkpoints of later generations, which are about to be computed again."""
    for path in manifests(folder):
        if path.stem > manifest_of(folder, generation).stem:
            path.unlink(missing_ok=True)
            path.with_suffix(".safetensors").unlink(missing_ok=True)


def prune(folder: Path, keep: int) -> None:
    """Remove all checkpoints but the newest `keep`, and data that no manifest speaks of."""
    kept = manifests(folder)[:keep]
    for path in manifests(folder)[keep:]:
        path.unlink(missing_ok=True)
    names = {path.stem for path in kept}
    for path in folder.glob("generation_*.safetensors"):
        if path.stem not in names:
            path.unlink(missing_ok=True)


def _pairs(identities: np.ndarray) -> list[tuple[int, int]]:
    return [(generation, individual) for generation, individual in identities.tolist()]


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointError("a checkpoint", f"nothing at {path}", _REMEDY) from error
    except (OSError, ValueError) as error:
        raise CheckpointError("a checkpoint's manifest", f"{path}, truncated or not readable", _REMEDY) from error
    fields = {"format", "generation", "seconds", "file", "bytes", "sha256", "experiment"}
    if not isinstance(manifest, dict) or not fields <= manifest.keys():
        raise CheckpointError("a checkpoint's manifest", f"{path}, which is something else", _REMEDY)
    if manifest["format"] not in _READABLE:
        got = f"{path} of format {manifest['format']}, written by codesign {manifest.get('codesign', 'unknown')}"
        raise CheckpointError(f"a checkpoint of format {FORMAT}", got, "use the version of codesign that wrote it")
    return manifest


def _checked_data(path: Path, manifest: dict[str, Any]) -> bytes:
    data_path = path.parent / Path(str(manifest["file"])).name
    try:
        data = data_path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"the checkpoint's data {data_path}", str(error.strerror), _REMEDY) from error
    if len(data) != manifest["bytes"]:
        raise CheckpointError(f"{manifest['bytes']} bytes of checkpoint", f"{data_path} with {len(data)}", _REMEDY)
    if hashlib.sha256(data).hexdigest() != manifest["sha256"]:
        raise CheckpointError("a checkpoint that matches its checksum", f"{data_path}, which was altered", _REMEDY)
    return data
