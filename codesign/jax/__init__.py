"""The simulator inside of a JAX program: whole episodes of many different bodies, with their derivatives.

The names are loaded when they are first used, so that importing the room loads no JAX; where that is not installed, the
first use says so.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codesign.jax.rollouts import Rollout, RolloutResult, rollout

__all__ = ["Rollout", "RolloutResult", "rollout"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'codesign.jax' has no attribute {name!r}")
    try:
        import_module("jax")
    except ImportError as error:
        got = "none" if isinstance(error, ModuleNotFoundError) else f"one that cannot be loaded ({error})"
        remedy = "pip install 'codesign[jax]'"
        raise ImportError(f"expected JAX for codesign.jax.{name}; got {got}; {remedy}", name="jax") from None
    value = getattr(import_module("codesign.jax.rollouts"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
