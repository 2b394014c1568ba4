"""A controller's weights in a file of their own: safetensors, which holds numbers and nothing that could run.

As many numbers may be the weights of another controller. So the file's metadata say what they are weights of: the
dimension of space and every setting of the controller.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from codesign.errors import ConfigError
from codesign.files import write_bytes
from codesign.reading import MOST, json_value, read_bytes, safetensors_arrays
from codesign.run.settings import completed, flattened
from codesign.sim import Controller

_OWNER = "weights_of"
"""Key of what the weights are of in the file's metadata, JSON."""

_SECTION = "controller"
"""What the names of a controller's settings begin with there."""


def write_weights(path: Path, weights: np.ndarray, controller: Controller, dimension: int) -> None:
    """Write the weights of one controller, whole or not at all.

    Args:
        path: the file.
        weights: of the controller, flat.
        controller: the settings that they were learned with.
        dimension: of the space that they were learned in.

    Raises:
        OutputError: `path` cannot be written to.
    """
    write_bytes(path, serialized(weights, controller, dimension))


def serialized(
    weights: np.ndarray, controller: Controller, dimension: int, body_weights: np.ndarray | None = None
) -> bytes:
    """Return what `write_weights` writes, and beside the controller's weights those of a body where there are any."""
    from safetensors.numpy import save  # noqa: PLC0415 - only what writes loads it

    metadata = {_OWNER: json.dumps(_owner(controller, dimension))}
    arrays = {"weights": weights} | ({} if body_weights is None else {"body_weights": body_weights})
    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()}, metadata=metadata)


def read_weights(path: Path, controller: Controller, dimension: int) -> tuple[float, ...]:
    """Return the weights in a file that `write_weights` wrote, or a run its best design's.

    Args:
        path: the file.
        controller: the controller that the weights must be of, with the same settings.
        dimension: of the space that they must be for.

    Raises:
        ConfigError: there is no such file, it holds no weights that are finite, or they are of something else.
    """
    remedy = "give the controller.safetensors of codesign train together=true, or a run's best.safetensors"
    try:
        arrays, metadata = safetensors_arrays(read_bytes(path, MOST.weights))
        weights = arrays["weights"].ravel()
        owner = json_value(metadata.get(_OWNER, "null"), settings=True)
    except (OSError, ValueError, KeyError) as error:
        reason = getattr(error, "strerror", None) or "no weights in safetensors"
        raise ConfigError("weights as a file of a controller", f"{path} ({reason})", remedy) from error
    if weights.dtype.kind not in "fiu":
        raise ConfigError("weights that are numbers", f"{path} ({weights.dtype})", remedy)
    with np.errstate(invalid="ignore"):
        weights = weights.astype(np.float64)
    if not np.isfinite(weights).all():
        raise ConfigError("weights that are finite", f"{path} (NaN or infinity)", remedy)
    if not isinstance(owner, dict) or not {"dimension", "controller.name"} <= owner.keys():
        got = f"{path}, which does not say which controller they are of"
        raise ConfigError("weights that say what they are of", got, remedy)
    theirs = completed(owner, controller, _SECTION)
    _require_same(path, *(json.loads(json.dumps(of)) for of in (theirs, _owner(controller, dimension))))
    return tuple(weights.tolist())


def _owner(controller: Controller, dimension: int) -> dict[str, Any]:
    """Return what weights are of: the dimension of space and the controller's settings by dotted name, plain values."""
    return {"dimension": dimension, **flattened(controller, _SECTION)}


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
