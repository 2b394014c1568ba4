"""Spaces of observations and actions, and actions as they come."""

from typing import Any

import gymnasium
import numpy as np

from codesign.gym.closed_loop import ClosedLoop


def spaces_of(loop: ClosedLoop) -> tuple[gymnasium.spaces.Box, gymnasium.spaces.Box]:
    """Return the spaces of observations and of actions of one body among those of a loop."""
    observations = gymnasium.spaces.Box(-np.inf, np.inf, (loop.size,), np.float32)
    return observations, gymnasium.spaces.Box(-1.0, 1.0, (loop.muscles,), np.float32)


def checked_actions(given: Any, shape: tuple[int, ...], real: np.ndarray | None = None) -> np.ndarray:
    """Return actions as numbers from -1 to 1.

    Args:
        given: what came.
        shape: that it has to have.
        real: which of them are looked at, bool, of this shape; all if not given. The others become 0.

    Raises:
        gymnasium.error.InvalidAction: no numbers, another shape, or numbers that are not finite.
    """
    try:
        actions = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise _refused(f"actions of shape {shape}", f"a {type(given).__name__}", "give an array of numbers") from None
    if actions.shape != shape:
        raise _refused(f"actions of shape {shape}", f"{actions.shape}", "give a number for each of action_space")
    actions = actions if real is None else np.where(real, actions, 0.0)
    if not np.isfinite(actions).all():
        bad = np.count_nonzero(~np.isfinite(actions))
        got = f"{bad} of {actions.size} that are not"
        raise _refused("actions of finite numbers", got, "look at the policy that gave them")
    return np.clip(actions, -1.0, 1.0)


def _refused(expected: str, got: str, remedy: str) -> gymnasium.error.InvalidAction:
    return gymnasium.error.InvalidAction(f"expected {expected}; got {got}; {remedy}")
