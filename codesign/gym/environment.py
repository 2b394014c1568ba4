"""One body as an environment of Gymnasium."""

from typing import Any

import gymnasium
import numpy as np

from codesign.gym.actions import checked_actions, spaces_of
from codesign.gym.arguments import Loop, chosen, require_render_mode
from codesign.gym.closed_loop import ClosedLoop
from codesign.gym.pictures import Pictures, metadata_of
from codesign.gym.seeding import Seeds


class Environment(gymnasium.Env[np.ndarray, np.ndarray]):
    """One body in a closed loop: an action is what its muscles follow for some steps of the simulation.

    An action has a number for each muscle, in the order of the body's springs: -1 contracts it and 1 expands it as far
    as it goes; what is beyond is clipped. An observation has 1 + 2 dim + 2 dim masses numbers: the time since the start
    [s], the mean of the masses' positions [m] and velocities [m/s] in world frame, and of each mass its position
    relative to that mean, and its velocity. A reward is by how much the task's loss went down in the step, so that the
    rewards of an episode add up to minus its loss; the first holds the loss that the body begins with.

    An episode is truncated after the problem's steps. It is terminated if the body diverges, which is a loss that is
    not finite or beyond the learner's `loss_limit`: then the reward is `divergence_reward`, and the observation that of
    before the step. `info` has the `loss` so far; at the end also whether it `diverged`, and if it
    did not, the task's `measures` by name.

    Args:
        robot: one that comes with the package: "walker", "swimmer" or "voxel_walker"; what its body and experiment are
            used for, the other arguments leave open.
        problem: a `codesign.Problem`, or its arguments by name; its controller is not used.
        experiment: name of an experiment, instead of a problem.
        bodies: one genome or body, or a file that holds one; a random one if neither this nor a robot is given.
        run: folder of a run, whose problem it is, and whose design.
        design: of the run; the best if not given.
        control_steps: steps of the simulation for which an action is held; they divide the problem's steps.
        velocity_noise: standard deviation of the velocity that every mass begins an episode with, in every direction
            [m/s].
        divergence_reward: the reward of a step in which the body diverges.
        render_mode: "rgb_array" for pictures, or None.

    Attributes:
        problem, bodies: what moves, and where.

    Raises:
        TypeError, ValueError: arguments that are not as said.
        MemoryError: the states of a control step do not fit into the memory.

    Example:
        >>> import gymnasium
        >>> environment = gymnasium.make("codesign.gym:codesign/Walker-v0", problem={"physics": {"steps": 60}})
        >>> observation, info = environment.reset(seed=0)
        >>> observation, reward, terminated, truncated, info = environment.step(environment.action_space.sample())
        >>> observation.shape, environment.action_space.shape, terminated, truncated
        ((117,), (38,), False, False)
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 25}  # noqa: RUF012 - the form that Gymnasium has

    def __init__(
        self,
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
        render_mode: str | None = None,
    ) -> None:
        require_render_mode(render_mode, self.metadata["render_modes"])
        loop = Loop(control_steps, velocity_noise, divergence_reward)
        self.problem, self.bodies = chosen(robot, problem, experiment, bodies, run, design)
        if len(self.bodies) > 1:
            remedy = "choose one, or make them with gymnasium.make_vec"
            raise ValueError(f"expected one body; got {len(self.bodies)}; {remedy}")
        self._loop = ClosedLoop(self.problem, self.bodies, loop)
        self.observation_space, self.action_space = spaces_of(self._loop)
        self.metadata = metadata_of(self.metadata, self._loop)
        self.render_mode = render_mode
        self._pictures = None if render_mode is None else Pictures(self._loop)
        self._seeds, self._going, self._closed = Seeds(1), False, False

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        """Begin an episode.

        Args:
            seed: of the velocities that masses begin with, which depend on it and on the number of the episode.
            options: none are known.

        Raises:
            TypeError: a seed that is no whole number.
            ValueError: a seed below 0, or options.
        """
        require_open(self._closed)
        super().reset(seed=seed)
        if options:
            raise ValueError(f"expected no options; got {', '.join(map(str, options))}; leave them out")
        all_bodies = np.ones(1, np.bool_)
        self._seeds.begin(all_bodies, seed, lambda: int(self.np_random.integers(2**63)))
        self._loop.begin(all_bodies, self._seeds.seeds, self._seeds.episodes)
        self._going = True
        if self._pictures is not None:
            self._pictures.begin(all_bodies)
        return self._loop.observations()[0], {"loss": 0.0}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Let the muscles follow an action for a control step.

        Raises:
            gymnasium.error.ResetNeeded: no episode was begun, or it is over.
            gymnasium.error.InvalidAction: no finite numbers, or not one for each muscle.
        """
        require_open(self._closed)
        if not self._going:
            raise gymnasium.error.ResetNeeded("expected an episode that goes on; got none; call reset first")
        actions = checked_actions(action, (self._loop.muscles,))[None]
        outcome = self._loop.advance(actions, np.ones(1, np.bool_))
        terminated = bool(outcome.diverged[0])
        truncated = bool(outcome.over[0])
        info: dict[str, Any] = {"loss": float(self._loop.loss[0])}
        if terminated or truncated:
            self._going = False
            info["diverged"] = terminated
        if truncated:
            info["measures"] = outcome.measured(0)
        if self._pictures is not None:
            self._pictures.add(np.ones(1, np.bool_))
        return self._loop.observations()[0], float(outcome.rewards[0]), terminated, truncated, info

    def render(self) -> np.ndarray | None:
        """Return a picture of this moment, uint8, shape (height, width, 3), if `render_mode` asks for pictures.

        Raises:
            gymnasium.error.ResetNeeded: no episode was begun.
        """
        require_open(self._closed)
        if self._pictures is None:
            gymnasium.logger.warn('render is without effect unless render_mode="rgb_array" is given to make')
            return None
        return self._pictures.draw(0)

    def close(self) -> None:
        """Let go of the simulator."""
        self._closed = True
        self.__dict__.pop("_loop", None)


def require_open(closed: bool) -> None:
    """Check that an environment was not closed.

    Raises:
        gymnasium.error.ClosedEnvironmentError: it was.
    """
    if closed:
        remedy = "make a new one"
        raise gymnasium.error.ClosedEnvironmentError(f"expected an open environment; got a closed one; {remedy}")
