"""Many different bodies at once as a vector environment of Gymnasium."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from codesign.gym.actions import checked_actions, spaces_of
from codesign.gym.arguments import Loop, chosen, require_render_mode, require_whole_number
from codesign.gym.closed_loop import ClosedLoop, Outcome
from codesign.gym.environment import require_open
from codesign.gym.pictures import Pictures, metadata_of
from codesign.gym.seeding import Seeds


class VectorEnvironment(gymnasium.vector.VectorEnv[np.ndarray, np.ndarray, np.ndarray]):
    """Many bodies, which may all be different, in a closed loop: each is an environment as `Environment` says.

    All bodies that are at the same control step of their episodes are simulated by one launch; usually these are all.
    Observations and actions have the sizes of the largest body. What a smaller one does not have is zero in its
    observations and without effect in its actions: `observation_masks` and `action_masks` say which numbers are real.

    Args:
        num_envs: environments; body i of k is in number i, i + k, and so on. 1 for as many as there are bodies.
        robot: as in `Environment`.
        problem: as in `Environment`.
        experiment: as in `Environment`.
        run: as in `Environment`.
        design: as in `Environment`.
        bodies: genomes or bodies, or one or several files of them.
        control_steps: steps of the simulation for which an action is held; they divide the problem's steps.
        velocity_noise: standard deviation of the velocity that every mass begins an episode with, in every direction
            [m/s].
        divergence_reward: the reward of a step in which a body diverges.
        autoreset_mode: when an environment whose episode is over begins another one, as Gymnasium defines it: in the
            next step, in the same step, or when `reset` is called with `options={"reset_mask": ...}`.
        render_mode: "rgb_array" for pictures, or None.

    Attributes:
        problem, bodies: what moves, and where.
        action_masks: which actions are those of a muscle, bool, shape (num_envs, most muscles of a body).
        observation_masks: which numbers of an observation are real, bool, shape (num_envs, numbers).

    Raises:
        TypeError, ValueError: arguments that are not as said.
        MemoryError: the states of a control step do not fit into the memory.

    Example:
        >>> import codesign, codesign.gym
        >>> problem = codesign.Problem(body={"rows": 3, "columns": 4}, physics={"steps": 60})
        >>> environments = codesign.gym.VectorEnvironment(problem=problem, bodies=problem.random(4))
        >>> observations, infos = environments.reset(seed=0)
        >>> actions = environments.action_space.sample()
        >>> observations, rewards, terminations, truncations, infos = environments.step(actions)
        >>> len(observations), rewards.shape, environments.action_masks.shape == actions.shape
        (4, (4,), True)
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - the form that Gymnasium has
        "render_modes": ["rgb_array"],
        "render_fps": 25,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        num_envs: int = 1,
        robot: str | None = None,
        *,
        problem: Any = None,
        experiment: str | None = None,
        bodies: Any = None,
        run: Any = None,
        design: str | None = None,
        control_steps: int = 10,
        velocity_noise: float = 0.0,
        divergence_reward: float = -1.0,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
    ) -> None:
        require_render_mode(render_mode, self.metadata["render_modes"])
        require_whole_number("num_envs", num_envs)
        loop = Loop(control_steps, velocity_noise, divergence_reward)
        self._mode = _mode_of(autoreset_mode)
        self.problem, own = chosen(robot, problem, experiment, bodies, run, design)
        if 1 < num_envs < len(own):
            remedy = "raise it, or leave it out"
            raise ValueError(f"expected num_envs to be at least {len(own)}, the bodies; got {num_envs}; {remedy}")
        self.num_envs = max(int(num_envs), len(own))
        self.bodies = own.take(np.arange(self.num_envs) % len(own))
        self._loop = ClosedLoop(self.problem, self.bodies, loop)
        self.action_masks, self.observation_masks = self._loop.action_masks, self._loop.observation_masks
        self.single_observation_space, self.single_action_space = spaces_of(self._loop)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self.metadata = {**metadata_of(self.metadata, self._loop), "autoreset_mode": self._mode}
        self.render_mode = render_mode
        self._pictures = None if render_mode is None else Pictures(self._loop)
        self._seeds = Seeds(self.num_envs)
        self._begun, self._over = np.zeros(self.num_envs, np.bool_), np.zeros(self.num_envs, np.bool_)

    def reset(self, *, seed: Any = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin episodes.

        Args:
            seed: of the velocities that masses begin with: a whole number, for environment i that and i more, or one
                for each environment.
            options: {"reset_mask": mask} for the environments of a mask alone, bool, shape (num_envs,).

        Raises:
            TypeError: a seed that is no whole number, or a mask that is no array of bool.
            ValueError: a seed below 0, a mask of another shape or of none, or other options.
        """
        require_open(self.closed)
        super().reset(seed=int(seed) if isinstance(seed, int | np.integer) and seed >= 0 else None)
        mask = self._mask_of(options)
        self._begin(mask, seed)
        infos: dict[str, Any] = {}
        for number in np.flatnonzero(mask).tolist():
            infos = self._add_info(infos, {"loss": 0.0}, number)
        return self._loop.observations(), infos

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Let the muscles of all bodies follow actions for a control step.

        Raises:
            gymnasium.error.ResetNeeded: no episode was begun, or, where nothing resets by itself, one is over.
            gymnasium.error.InvalidAction: another shape, or numbers that are not finite for a muscle.
        """
        require_open(self.closed)
        resting = self._over & (self._mode == AutoresetMode.NEXT_STEP)
        if not (self._begun & (resting | ~self._over)).all():
            first = int(np.argmin(self._begun & (resting | ~self._over)))
            got = f"none in environment {first}"
            raise gymnasium.error.ResetNeeded(f"expected episodes that go on; got {got}; call reset first")
        shape = (self.num_envs, self._loop.muscles)
        checked = checked_actions(actions, shape, self.action_masks & ~resting[:, None])
        outcome = self._loop.advance(checked, ~resting)
        self._over = outcome.diverged | outcome.over
        if self._pictures is not None:
            self._pictures.add(~resting)
        if resting.any():
            self._begin(resting, None)
        infos = self._infos(outcome)
        if self._mode == AutoresetMode.SAME_STEP and self._over.any():
            infos = self._restarted(infos, outcome)
        return self._loop.observations(), outcome.rewards, outcome.diverged, outcome.over, infos

    def render(self) -> tuple[np.ndarray, ...] | None:
        """Return a picture of each environment, uint8, shape (height, width, 3), if `render_mode` asks for pictures.

        Raises:
            gymnasium.error.ResetNeeded: no episode was begun.
        """
        require_open(self.closed)
        if self._pictures is None:
            gymnasium.logger.warn('render is without effect unless render_mode="rgb_array" is given to make_vec')
            return None
        return tuple(self._pictures.draw(number) for number in range(self.num_envs))

    def close_extras(self, **kwargs: Any) -> None:
        """Let go of the simulator."""
        del kwargs
        self.__dict__.pop("_loop", None)

    def _begin(self, mask: np.ndarray, seed: Any) -> None:
        """Let the environments of a mask begin an episode."""
        self._seeds.begin(mask, seed, lambda: int(self.np_random.integers(2**63)))
        self._loop.begin(mask, self._seeds.seeds, self._seeds.episodes)
        self._begun, self._over = self._begun | mask, self._over & ~mask
        if self._pictures is not None:
            self._pictures.begin(mask)

    def _infos(self, outcome: Outcome) -> dict[str, Any]:
        """Return what is told of the step of all environments."""
        infos: dict[str, Any] = {"loss": self._loop.loss.copy(), "_loss": np.ones(self.num_envs, np.bool_)}
        for number in np.flatnonzero(self._over).tolist():
            own: dict[str, Any] = {"diverged": bool(outcome.diverged[number])}
            if outcome.over[number]:
                own["measures"] = outcome.measured(number)
            infos = self._add_info(infos, own, number)
        return infos

    def _restarted(self, infos: dict[str, Any], outcome: Outcome) -> dict[str, Any]:
        """Return what is told of a step in which episodes ended and others began, after letting them begin."""
        ended, last = self._over.copy(), self._loop.observations()
        found: dict[str, Any] = {"loss": np.where(ended, 0.0, infos["loss"]), "_loss": infos["_loss"]}
        for number in np.flatnonzero(ended).tolist():
            own: dict[str, Any] = {"loss": float(infos["loss"][number]), "diverged": bool(outcome.diverged[number])}
            if outcome.over[number]:
                own["measures"] = outcome.measured(number)
            found = self._add_info(found, {"final_obs": last[number].copy(), "final_info": own}, number)
        self._begin(ended, None)
        return found

    def _mask_of(self, options: dict[str, Any] | None) -> np.ndarray:
        """Return which environments are to be reset.

        Raises:
            TypeError, ValueError: as `reset`.
        """
        unknown = sorted(set(options or {}) - {"reset_mask"})
        if unknown:
            raise ValueError(f"expected no options but reset_mask; got {', '.join(unknown)}; leave them out")
        if not options:
            return np.ones(self.num_envs, np.bool_)
        mask = options["reset_mask"]
        if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_:
            raise TypeError(f"expected reset_mask to be an array of bool; got {mask!r}; give one of NumPy's")
        if mask.shape != (self.num_envs,) or not mask.any():
            got = "none that is True" if mask.shape == (self.num_envs,) else f"shape {mask.shape}"
            raise ValueError(f"expected a reset_mask of shape ({self.num_envs},) with some True; got {got}; change it")
        return mask.copy()


def _mode_of(given: AutoresetMode | str) -> AutoresetMode:
    """Return a mode by itself or by its value.

    Raises:
        ValueError: there is no such mode.
    """
    try:
        return AutoresetMode(given)
    except ValueError:
        modes = ", ".join(repr(mode.value) for mode in AutoresetMode)
        raise ValueError(f"expected autoreset_mode to be one of {modes}; got {given!r}; choose one") from None
