"""The inner loop: many worlds learn at once, each by its own gradient."""

from dataclasses import dataclass

import numpy as np
import warp as wp

from codesign.train.batch import LANES, Batch, Simulator
from codesign.train.kernels import gradient_kernels, loss_kernels
from codesign.train.learner import Learner
from codesign.train.repetition import Repetition
from codesign.train.status import WorldStatus


@dataclass(frozen=True)
class Learned:
    """What became of each world; entry i of every field belongs to world i.

    Attributes:
        curves: loss before learning and after each step, NaN from where the world diverged or stopped, float64,
            shape (worlds, iterations + 1).
        best_loss: lowest loss, infinite if there was none to believe, float64, shape (worlds,).
        best_iteration: steps taken before the lowest loss, -1 if there was none, int32, shape (worlds,).
        best_weights: weights of the lowest loss (the initial ones if there was none), float64, flat as the simulator
            loads them.
        status: `WorldStatus` of each world, int8, shape (worlds,).
        measures: further numbers of the task by name, with the best parameters, NaN where diverged, float64,
            shape (worlds,).
        episodes: how many were simulated, over all worlds.
    """

    curves: np.ndarray
    best_loss: np.ndarray
    best_iteration: np.ndarray
    best_weights: np.ndarray
    status: np.ndarray
    measures: dict[str, np.ndarray]
    episodes: int

    @property
    def fitness(self) -> np.ndarray:
        """What each world can do after learning, higher is better, -inf if it diverged, float64, shape (worlds,)."""
        return np.where(self.status == WorldStatus.DIVERGED, -np.inf, -self.best_loss)


def learn(simulator: Simulator, learner: Learner, weights: np.ndarray, limits: np.ndarray | None = None) -> Learned:
    """Let every world learn from `weights` and return the best of each.

    With K iterations there are K steps and K + 1 losses; one more episode follows with the best weights, which are then
    in the simulator. Nothing is copied from the device until then, but where there is a limit.

    Args:
        simulator: the worlds.
        learner: how they learn.
        weights: where they start, flat as the simulator loads them.
        limits: a world whose lowest loss is above this after so many steps stops, infinite for no limit, shape
            (iterations,); None for no limits at all.

    Raises:
        ValueError: the number of weights is not that of the simulator's worlds.
    """
    simulator.load(weights)
    batch = Batch.of(simulator)
    memory = _Memory(batch, learner)
    step = learner.bind(batch)

    def iterate() -> None:
        simulator.forward()
        memory.judge(simulator.loss)
        simulator.reverse()
        memory.measure_gradient()
        step()
        memory.count()

    repetition = Repetition(iterate, simulator.parameters.device)
    learning, episodes = batch.worlds, 0
    for iteration in range(learner.iterations):
        repetition.run()
        episodes += learning
        if limits is not None and np.isfinite(limits[iteration]):
            left = memory.stop(float(limits[iteration]))
            if len(left) < learning:
                simulator.attend(left)
                repetition.forget()
                learning = len(left)
    simulator.forward()
    memory.judge(simulator.loss)
    wp.copy(simulator.parameters, memory.best_parameters)
    if learning < batch.worlds:
        simulator.attend(np.arange(batch.worlds))
    simulator.forward()
    return memory.learned(simulator, episodes + learning + batch.worlds)


class _Memory:
    """What is remembered of every world while it learns; arrays on the device, allocated once."""

    def __init__(self, batch: Batch, learner: Learner) -> None:
        worlds, real, device = batch.worlds, batch.real, batch.parameters.device
        self._batch = batch
        self._loss_kernels, self._gradient_kernels = loss_kernels(real), gradient_kernels(real)
        self._limits = real(learner.loss_limit), real(learner.jump_limit)
        self._curves = wp.full((learner.iterations + 1, worlds), real(np.nan), dtype=real, device=device)
        self._best_loss = wp.full(worlds, real(np.inf), dtype=real, device=device)
        self._best_iteration = wp.full(worlds, -1, dtype=wp.int32, device=device)
        self._improved = wp.zeros(worlds, dtype=wp.int32, device=device)
        self._largest = wp.zeros((worlds, LANES), dtype=real, device=device)
        self._squares = wp.zeros((worlds, LANES), dtype=wp.float64, device=device)
        self.best_parameters = wp.clone(batch.parameters)

    def judge(self, loss: wp.array) -> None:
        """Enter a loss into the learning curves and keep the parameters of those that it is the best of."""
        batch = self._batch
        batch.launch(
            self._loss_kernels.judge,
            batch.iteration,
            *self._limits,
            loss,
            batch.status,
            self._improved,
            self._best_loss,
            self._best_iteration,
            self._curves,
            lanes=False,
        )
        batch.launch(self._loss_kernels.keep, batch.offsets, self._improved, batch.parameters, self.best_parameters)

    def count(self) -> None:
        """Count an iteration."""
        counter = self._batch.iteration
        wp.launch(self._loss_kernels.count, dim=1, inputs=[counter], device=counter.device)

    def measure_gradient(self) -> None:
        """Find the length of every world's gradient, and the worlds that it leaves without a way to go."""
        batch, kernels = self._batch, self._gradient_kernels
        batch.launch(kernels.find_largest, batch.offsets, batch.gradient, self._largest)
        batch.launch(kernels.add_squares, batch.offsets, batch.gradient, self._largest, self._squares)
        batch.launch(kernels.weigh, batch.offsets, self._largest, self._squares, batch.norm, batch.status, lanes=False)

    def stop(self, limit: float) -> np.ndarray:
        """Stop the worlds whose lowest loss is above a limit, and return those that go on learning.

        Worlds without a gradient are not among these: they stand still, so that their losses stay what they are.
        """
        status = self._batch.status.numpy()
        behind = self._best_loss.numpy().astype(np.float64) > limit
        status = np.where((status == WorldStatus.OK) & behind, np.int32(WorldStatus.STOPPED), status)
        self._batch.status.assign(status)
        return np.flatnonzero(status == WorldStatus.OK)

    def learned(self, simulator: Simulator, episodes: int) -> Learned:
        """Return everything on the host; the last episode of the simulator was with the best parameters."""
        status = self._batch.status.numpy()
        return Learned(
            curves=self._curves.numpy().T.astype(np.float64),
            best_loss=self._best_loss.numpy().astype(np.float64),
            best_iteration=self._best_iteration.numpy().copy(),
            best_weights=simulator.weights(self.best_parameters),
            status=status.astype(np.int8),
            measures={
                name: np.where(status == WorldStatus.DIVERGED, np.nan, values)
                for name, values in simulator.measures().items()
            },
            episodes=episodes,
        )
