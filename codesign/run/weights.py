"""A controller's weights in a file of their own: safetensors, which holds numbers and nothing that could run."""

from pathlib import Path

import numpy as np

from codesign.errors import ConfigError
from codesign.files import write_bytes


def write_weights(path: Path, weights: np.ndarray) -> None:
    """Write the weights of one controller, flat, whole or not at all.

    Raises:
        OutputError: `path` cannot be written to.
    """
    write_bytes(path, encoded(weights))


def encoded(weights: np.ndarray) -> bytes:
    """Return the weights of one controller, flat, as the bytes of such a file."""
    from safetensors.numpy import save  # noqa: PLC0415 - only what writes loads it

    return save({"weights": np.ascontiguousarray(weights)})


def read_weights(path: Path) -> tuple[float, ...]:
    """Return the weights in a file that `write_weights` wrote, or a run its best design's.

    Raises:
        ConfigError: there is no such file, or it holds no weights that are finite.
    """
    from safetensors import SafetensorError  # noqa: PLC0415 - as above
    from safetensors.numpy import load  # noqa: PLC0415

    remedy = "give the controller.safetensors of codesign train together=true, or a run's best.safetensors"
    try:
        weights = load(path.read_bytes())["weights"].astype(np.float64).ravel()
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no weights in safetensors"
        raise ConfigError("weights as a file of a controller", f"{path} ({reason})", remedy) from error
    if not np.isfinite(weights).all():
        raise ConfigError("weights that are finite", f"{path} (NaN or infinity)", remedy)
    return tuple(weights.tolist())
