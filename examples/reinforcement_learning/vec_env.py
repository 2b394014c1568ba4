"""Vector environments of Gymnasium as stable-baselines3 takes them: all bodies in one simulation."""

# The library is no dependency: types are checked where it is installed.
# pyright: reportMissingImports=false
from collections.abc import Iterable, Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvStepReturn


class Together(VecEnv):
    """The environments of a vector environment, which begins another episode in the step that one ends.

    Args:
        environments: made with `autoreset_mode="SameStep"`.

    Raises:
        ValueError: they begin episodes at another time.
    """

    def __init__(self, environments: VectorEnv) -> None:
        mode = environments.metadata.get("autoreset_mode")
        if mode != AutoresetMode.SAME_STEP:
            remedy = 'make it with autoreset_mode="SameStep"'
            raise ValueError(f"expected a vector environment that resets in the same step; got {mode}; {remedy}")
        self.environments = environments
        spaces = environments.single_observation_space, environments.single_action_space
        super().__init__(environments.num_envs, *spaces)

    def reset(self) -> np.ndarray:
        """Begin episodes, with the seed that `seed` was called with, and return the observations."""
        seed = None if self._seeds[0] is None else list(self._seeds)
        observations, infos = self.environments.reset(seed=seed)  # type: ignore[arg-type]
        self.reset_infos = [self._info(infos, number) for number in range(self.num_envs)]
        self._reset_seeds()
        return observations

    def step_async(self, actions: np.ndarray) -> None:
        """Note the actions."""
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Make the step and return observations, rewards, who is done, and what else is told of each."""
        observations, rewards, terminations, truncations, infos = self.environments.step(self._actions)
        done = terminations | truncations
        told: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for number in np.flatnonzero(done).tolist():
            told[number] = {
                **self._info(infos["final_info"], number),
                "terminal_observation": infos["final_obs"][number],
                "TimeLimit.truncated": bool(truncations[number] and not terminations[number]),
            }
        return observations, rewards.astype(np.float32), done, told

    def close(self) -> None:
        """Close them."""
        self.environments.close()

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """Return an attribute, which all of them have in common."""
        return [getattr(self.environments, attr_name)] * len(self._numbers(indices))

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Refuse, since they have no attributes of their own."""
        raise NotImplementedError(f"expected attributes of each environment; got none, so {attr_name} cannot be set")

    def env_method(
        self, method_name: str, *method_args: Any, indices: VecEnvIndices = None, **method_kwargs: Any
    ) -> list[Any]:
        """Refuse, since they have no methods of their own."""
        raise NotImplementedError(f"expected methods of each environment; got none, so {method_name} cannot be called")

    def env_is_wrapped(self, wrapper_class: type[gymnasium.Wrapper], indices: VecEnvIndices = None) -> list[bool]:
        """Return that none is wrapped by itself."""
        return [False] * len(self._numbers(indices))

    def get_images(self) -> Sequence[np.ndarray | None]:
        """Return a picture of each."""
        return [np.asarray(picture) for picture in self.environments.render() or ()]

    def _numbers(self, indices: VecEnvIndices) -> Sequence[int]:
        if indices is None:
            return range(self.num_envs)
        return list(indices) if isinstance(indices, Iterable) else [indices]

    def _info(self, infos: dict[str, Any], number: int) -> dict[str, Any]:
        """Return what is told of one of them."""
        own: dict[str, Any] = {}
        for name, values in infos.items():
            if not name.startswith("_") and infos.get(f"_{name}", np.ones(self.num_envs, bool))[number]:
                own[name] = self._info(values, number) if isinstance(values, dict) else values[number]
        return own
