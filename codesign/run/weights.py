"""A controller's weights in a file of their own: safetensors, which holds numbers and nothing that could run.

The file says what the weights are of, because as many numbers may mean something else: the dimension of space and every
setting of the controller, as `meaning` returns them.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from codesign.errors import ConfigError
from codesign.files import write_bytes
from codesign.run.experiment import flat
from codesign.sim import Controller

_MEANING = "weights_of"
"""Key of the meaning in the file's metadata, JSON."""


def meaning(controller: Controller, dimension: int) -> dict[str, Any]:
    """Return what weights are of: the dimension of space and the controller's settings by dotted name, plain values."""
    return {"dimension": dimension, **flat(controller, "controller")}


def write_weights(path: Path, weights: np.ndarray, of: Mapping[str, Any]) -> None:
    """Write the weights of one controller, flat, whole or not at all; `of` is their `meaning`.

    Raises:
        OutputError: `path` cannot be written to.
    """
    write_bytes(path, encoded(weights, of))


def encoded(weights: np.ndarray, of: Mapping[str, Any]) -> bytes:
    """Return the weights of one controller, flat, and their `meaning` as the bytes of such a file."""
    from safetensors.numpy import save  # noqa: PLC0415 - only what writes loads it

    return save({"weights": np.ascontiguousarray(weights)}, metadata={_MEANING: json.dumps(of)})


def read_weights(path: Path, of: Mapping[str, Any]) -> tuple[float, ...]:
    """Return the weights in a file that `write_weights` wrote, or a run its best design's.

    Args:
        path: the file.
        of: the `meaning` that the weights must have.

    Raises:
        ConfigError: there is no such file, it holds no weights that are finite, or they are of something else.
    """
    from safetensors import SafetensorError, safe_open  # noqa: PLC0415 - as above

    remedy = "give the controller.safetensors of codesign train together=true, or a run's best.safetensors"
    try:
        with path.open("rb"), safe_open(path, "numpy") as file:
            weights = file.get_tensor("weights").astype(np.float64).ravel()
            told = json.loads((file.metadata() or {}).get(_MEANING, "null"))
    except (OSError, SafetensorError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or "no weights in safetensors"
        raise ConfigError("weights as a file of a controller", f"{path} ({reason})", remedy) from error
    if not np.isfinite(weights).all():
        raise ConfigError("weights that are finite", f"{path} (NaN or infinity)", remedy)
    if not isinstance(told, dict) or not {"dimension", "controller.name"} <= told.keys():
        got = f"{path}, which does not say which controller they are of"
        raise ConfigError("weights that say what they are of", got, remedy)
    _require_same(path, told, json.loads(json.dumps(of)))
    return tuple(weights.tolist())


def _require_same(path: Path, theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
    names = [name for name in (*ours, *(theirs.keys() - ours.keys())) if ours.get(name) != theirs.get(name)]
    if not names:
        return
    if "controller.name" in names:
        # Settings of two kinds of controller cannot be compared.
        names = [name for name in names if name in ("dimension", "controller.name")]
    wanted, found = (", ".join(f"{name}={_typed(of.get(name))}" for name in names) for of in (ours, theirs))
    changes = [_change(name, theirs.get(name)) for name in names]
    remedy = f"{' and '.join(changes)}, or give weights that were learned with these settings"
    raise ConfigError(f"weights learned with {wanted}", f"{path}, learned with {found}", remedy)


def _change(name: str, value: Any) -> str:
    if name == "dimension":
        return f"choose a body in {value} dimensions"
    return f"choose controller={value}" if name == "controller.name" else f"set {name}={_typed(value)}"


def _typed(value: Any) -> str:
    """Return a setting as one would type it."""
    return f"[{','.join(map(str, value))}]" if isinstance(value, list) else str(value)
