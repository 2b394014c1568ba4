"""The simulator between the layers of a PyTorch program: whole episodes, and closed loops with a policy of one's own.

The names are loaded when they are first used, so that importing the room loads no PyTorch; where that is not installed,
the first use says so.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codesign.torch.environments import Environment, Step
    from codesign.torch.loops import ClosedLoop, closed_loop
    from codesign.torch.observations import BodyLayout, Observation, PaddedObservation
    from codesign.torch.rollouts import Rollout, RolloutResult, rollout

_HOMES = {
    **dict.fromkeys(("Environment", "Step"), "environments"),
    **dict.fromkeys(("ClosedLoop", "closed_loop"), "loops"),
    **dict.fromkeys(("BodyLayout", "Observation", "PaddedObservation"), "observations"),
    **dict.fromkeys(("Rollout", "RolloutResult", "rollout"), "rollouts"),
}
"""Where each public name is from."""

__all__ = [
    "BodyLayout",
    "ClosedLoop",
    "Environment",
    "Observation",
    "PaddedObservation",
    "Rollout",
    "RolloutResult",
    "Step",
    "closed_loop",
    "rollout",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'codesign.torch' has no attribute {name!r}")
    try:
        import_module("torch")
    except ImportError as error:
        got = "none" if isinstance(error, ModuleNotFoundError) else f"one that cannot be loaded ({error})"
        remedy = "pip install 'codesign[torch]'"
        raise ImportError(f"expected PyTorch for codesign.torch.{name}; got {got}; {remedy}", name="torch") from None
    value = getattr(import_module(f"codesign.torch.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
