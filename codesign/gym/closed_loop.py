"""Bodies in a closed loop: their states, what is seen of them, and one control step after the other."""

from dataclasses import dataclass

import numpy as np

from codesign.api import Problem
from codesign.body import Bodies
from codesign.differentiable import Episode
from codesign.gym.arguments import Loop, in_gymnasium
from codesign.streams import Purpose, stream


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of a control step; entry i is body i's.

    Attributes:
        rewards: float64, shape (bodies,).
        diverged: whether it did, bool, shape (bodies,).
        over: whether its episode has no steps left, bool, shape (bodies,).
        measures: what the task has measured of bodies whose episode is over, by name, each shape (bodies,); empty where
            none is.
    """

    rewards: np.ndarray
    diverged: np.ndarray
    over: np.ndarray
    measures: dict[str, np.ndarray]

    def measured(self, body: int) -> dict[str, float]:
        """Return what was measured of a body whose episode is over, by name."""
        return {name: float(values[body]) for name, values in self.measures.items()}


class ClosedLoop:
    """Many different bodies, each somewhere in an episode of its own.

    Bodies that are at the same control step are simulated by one launch.

    Args:
        problem: where they move; its controller is not used.
        bodies: at least one.
        loop: how it goes from one action to the next.

    Attributes:
        length: control steps of an episode.
        muscles: most muscles of a body.
        size: numbers that are seen of a body.
        action_masks: which actions of a body there are, bool, shape (bodies, muscles).
        observation_masks: which numbers of an observation there are, bool, shape (bodies, size).
        loss: of each body so far, as if the episode ended now, 0 before the first step, float64, shape (bodies,).
        positions: where masses are [m], shape (masses, dim).
        actuation: what the springs follow, shape (springs,).

    Raises:
        ValueError: control steps that do not divide the episode, or what a window cannot simulate.
        MemoryError: the states of a control step do not fit into the memory.
    """

    def __init__(self, problem: Problem, bodies: Bodies, loop: Loop) -> None:
        steps = problem.spec.physics.steps
        if steps % loop.control_steps:
            remedy = "choose another number, or other physics.steps of the problem"
            raise ValueError(f"expected control_steps to divide the {steps} steps; got {loop.control_steps}; {remedy}")
        with in_gymnasium():
            self._episode = Episode(problem.spec, bodies, actuation="held", steps=loop.control_steps)
        self.problem, self.bodies, self.loop = problem, bodies, loop
        self.length = steps // loop.control_steps
        self._places()
        start = self._episode.defaults()
        self._start = start["positions"]
        self.positions, self._velocities = start["positions"].copy(), start["velocities"].copy()
        self._task_state = start["task_state"].copy()
        self.actuation = np.zeros(len(bodies.springs), self._episode.dtype)
        self.loss, self.number = np.zeros(len(bodies)), np.zeros(len(bodies), np.int64)

    @property
    def time(self) -> np.ndarray:
        """Time since the start of each body's episode [s], shape (bodies,)."""
        return self.number * (self.loop.control_steps * self.problem.spec.physics.dt)

    def begin(self, chosen: np.ndarray, seeds: np.ndarray, episodes: np.ndarray) -> None:
        """Let some bodies begin an episode.

        Args:
            chosen: which, bool, shape (bodies,).
            seeds: of each body, whole numbers of any size, shape (bodies,).
            episodes: how many episodes each has begun with its seed before, shape (bodies,).
        """
        masses = chosen[self._body_of_mass]
        self.positions[masses], self._velocities[masses] = self._start[masses], 0.0
        if self.loop.velocity_noise:
            for body in np.flatnonzero(chosen):
                own = slice(*self.bodies.mass_start[body : body + 2])
                drawn = stream(int(seeds[body]), int(episodes[body]), 0, Purpose.START)
                noise = drawn.normal(0.0, self.loop.velocity_noise, self.positions[own].shape)
                self._velocities[own] = noise
        self.actuation[chosen[self._body_of_spring]] = 0.0
        self._task_state[chosen], self.loss[chosen], self.number[chosen] = 0.0, 0.0, 0

    def advance(self, actions: np.ndarray, chosen: np.ndarray) -> Outcome:
        """Let the muscles of some bodies follow actions for a control step; the others stay as they are.

        A body that diverges stays where it was before the step.

        Args:
            actions: of each muscle, -1 to 1 and finite, shape (bodies, muscles).
            chosen: which bodies, none of whose episodes is over, bool, shape (bodies,).
        """
        moved = chosen[self._body_of_spring] & self._is_muscle
        self.actuation[moved] = actions[self.action_masks][chosen[self._body_of_spring[self._is_muscle]]]
        rewards, diverged = np.zeros(len(self.bodies)), np.zeros(len(self.bodies), np.bool_)
        measures: dict[str, np.ndarray] = {}
        for number in np.unique(self.number[chosen]).tolist():
            together = chosen & (self.number == number)
            measured = self._simulate(together, number, rewards, diverged)
            measures = measured if number == self.length - 1 else measures
        self.number[chosen & ~diverged] += 1
        return Outcome(rewards, diverged, chosen & (self.number == self.length), measures)

    def observations(self) -> np.ndarray:
        """Return what is seen of every body, float32, shape (bodies, size).

        First the time since the start [s], then the mean over its masses of their positions [m] and velocities [m/s] in
        world frame, then of each mass its position relative to that mean and its velocity; zero where it has no more.
        """
        state = np.concatenate([self.positions, self._velocities], axis=1).astype(np.float64)
        dimension, count = self.positions.shape[1], len(self.bodies)
        means = np.add.reduceat(state, self.bodies.mass_start[:-1]) / np.diff(self.bodies.mass_start)[:, None]
        state[:, :dimension] -= means[self._body_of_mass, :dimension]
        found = np.zeros((count, self.size), np.float32)
        found[:, 0], found[:, 1 : 1 + 2 * dimension] = self.time, means
        found[:, 1 + 2 * dimension :].reshape(count, -1, 2 * dimension)[self._mass_masks] = state
        return found

    def _places(self) -> None:
        """Work out which masses, springs and muscles belong to which body, and where they are in padded arrays."""
        bodies = self.bodies
        masses, springs = np.diff(bodies.mass_start), np.diff(bodies.spring_start)
        numbers = np.arange(len(bodies))
        self._body_of_mass, self._body_of_spring = np.repeat(numbers, masses), np.repeat(numbers, springs)
        self._is_muscle = bodies.swings != 0.0
        counts = np.bincount(self._body_of_spring[self._is_muscle], minlength=len(bodies))
        self.muscles = int(counts.max())
        self.action_masks = np.arange(self.muscles) < counts[:, None]
        self._mass_masks = np.arange(masses.max()) < masses[:, None]
        width = 2 * bodies.positions.shape[1]
        seen = np.repeat(self._mass_masks, width, axis=1)
        self.observation_masks = np.concatenate([np.ones((len(bodies), 1 + width), np.bool_), seen], axis=1)
        self.size = self.observation_masks.shape[1]

    def _simulate(
        self, together: np.ndarray, number: int, rewards: np.ndarray, diverged: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Make a control step of bodies that are at the same one, write what they get, and return measures of all."""
        inputs = {"actuation": self.actuation, "positions": self.positions, "velocities": self._velocities}
        inputs["task_state"] = self._task_state
        first_step = number * self.loop.control_steps
        _, found, measures = self._episode.simulate(inputs, first_step=first_step, measure=False)
        loss = found["loss"].numpy().astype(np.float64)
        sound = np.isfinite(loss) & (np.abs(loss) <= self.problem.spec.learner.loss_limit)
        gone, on = together & ~sound, together & sound
        rewards[on], diverged[gone] = self.loss[on] - loss[on], True
        rewards[gone] = self.loop.divergence_reward
        self.loss[on], self._task_state[on] = loss[on], found["task_state"].numpy()[on]
        masses = on[self._body_of_mass]
        self.positions[masses] = found["positions"].numpy()[-1, masses]
        self._velocities[masses] = found["velocities"].numpy()[-1, masses]
        return measures
