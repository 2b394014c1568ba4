"""Environments of Gymnasium: bodies in a closed loop with whatever learns there, one or many different ones at once.

Importing this room registers the ids of `REGISTERED`, so `gymnasium.make("codesign.gym:codesign/Walker-v0")` needs no
import at all. Where Gymnasium is not installed, the first use of a name says so.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codesign.gym.environment import Environment
    from codesign.gym.registration import REGISTERED
    from codesign.gym.vector_environment import VectorEnvironment

_HOMES = {
    "Environment": "environment",
    "REGISTERED": "registration",
    "VectorEnvironment": "vector_environment",
}
"""Where each public name is from."""

__all__ = ["REGISTERED", "Environment", "VectorEnvironment"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'codesign.gym' has no attribute {name!r}")
    if find_spec("gymnasium") is None:
        remedy = "pip install 'codesign[gym]'"
        raise ImportError(f"expected Gymnasium for codesign.gym.{name}; got none; {remedy}", name="gymnasium")
    value = getattr(import_module(f"codesign.gym.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})


if find_spec("gymnasium") is not None:
    import_module("codesign.gym.registration").register_environments()
