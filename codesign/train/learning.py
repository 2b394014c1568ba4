"""The inner loop: many controllers learn at once, each by its own gradient."""

from dataclasses import dataclass

import numpy as np
import warp as wp

from codesign.train.batch import LANES, Batch, Simulator
from codesign.train.kernels import gradient_kernels, loss_kernels
from codesign.train.learner import Learner
from codesign.train.repetition import Repetition
from codesign.train.status import LearningStatus


@dataclass(frozen=True)
class Learned:
    """What became of each controller; entry i of every field belongs to controller i.

    Attributes:
        curves: loss before learning and after each step, NaN from where the controller diverged or stopped, float64,
            shape (controllers, iterations + 1).
        best_loss: lowest loss, infinite if there was none to believe, float64, shape (controllers,).
        best_iteration: steps taken before the lowest loss, -1 if there was none, int32, shape (controllers,).
        best_weights: weights of the lowest loss (the initial ones if there was none), float64, flat as the simulator
            loads them.
        status: `LearningStatus` of each controller, int8, shape (controllers,).
        measures: further numbers by name, with the best parameters, the mean of a controller's worlds, NaN where
            diverged, float64, shape (controllers,).
        world_losses: loss in every world with the best parameters, NaN where diverged, float64, shape (worlds,).
        episodes: how many were simulated, over all worlds.
    """

    curves: np.ndarray
    best_loss: np.ndarray
    best_iteration: np.ndarray
    best_weights: np.ndarray
    status: np.ndarray
    measures: dict[str, np.ndarray]
    world_losses: np.ndarray
    episodes: int

    @property
    def fitness(self) -> np.ndarray:
        """What each can do after learning, higher is better, -inf if it diverged, float64, shape (controllers,)."""
        return np.where(self.status == LearningStatus.DIVERGED, -np.inf, -self.best_loss)


def learn(simulator: Simulator, learner: Learner, weights: np.ndarray, limits: np.ndarray | None = None) -> Learned:
    """Let every controller learn from `weights` and return the best of each.

    With K iterations there are K steps and K + 1 losses; one more episode follows with the best weights, which are then
    in the simulator. Nothing is copied from the device until then, but where there is a limit.

    Args:
        simulator: the controllers and their worlds.
        learner: how they learn.
        weights: where they start, flat as the simulator loads them.
        limits: a controller whose lowest loss is above this after so many steps stops, infinite for no limit, shape
            (iterations,); None for no limits at all.

    Raises:
        ValueError: the number of weights is not that of the simulator's controllers.
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
    learning, episodes = batch.controllers, 0
    for iteration in range(learner.iterations):
        repetition.run()
        episodes += learning
        if limits is not None and np.isfinite(limits[iteration]):
            left = memory.stop(float(limits[iteration]))
            if len(left) < learning:
                simulator.set_active(left)
                repetition.forget()
                learning = len(left)
    simulator.forward()
    memory.judge(simulator.loss)
    wp.copy(simulator.parameters, memory.best_parameters)
    if learning < batch.controllers:
        simulator.set_active(np.arange(batch.controllers))
    simulator.forward(measure=True)
    return memory.learned(simulator, episodes + learning + batch.controllers)


class _Memory:
    """What is remembered of every controller while it learns; arrays on the device, allocated once."""

    def __init__(self, batch: Batch, learner: Learner) -> None:
        controllers, real, device = batch.controllers, batch.real, batch.parameters.device
        self._batch = batch
        self._loss_kernels, self._gradient_kernels = loss_kernels(real), gradient_kernels(real)
        self._limits = real(learner.loss_limit), real(learner.jump_limit)
        self._curves = wp.full((learner.iterations + 1, controllers), real(np.nan), dtype=real, device=device)
        self._best_loss = wp.full(controllers, real(np.inf), dtype=real, device=device)
        self._best_iteration = wp.full(controllers, -1, dtype=wp.int32, device=device)
        self._improved = wp.zeros(controllers, dtype=wp.int32, device=device)
        self._largest = wp.zeros((controllers, LANES), dtype=real, device=device)
        self._squares = wp.zeros((controllers, LANES), dtype=wp.float64, device=device)
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
        """Find the length of every controller's gradient, and the controllers that it leaves without a way to go."""
        batch, kernels = self._batch, self._gradient_kernels
        batch.launch(kernels.find_largest, batch.offsets, batch.gradient, self._largest)
        batch.launch(kernels.add_squares, batch.offsets, batch.gradient, self._largest, self._squares)
        batch.launch(kernels.weigh, batch.offsets, self._largest, self._squares, batch.norm, batch.status, lanes=False)

    def stop(self, limit: float) -> np.ndarray:
        """Stop the controllers whose lowest loss is above a limit, and return those that go on learning.

        Worlds without a gradient are not among these: they stand still, so that their losses stay what they are.
        """
        status = self._batch.status.numpy()
        behind = self._best_loss.numpy().astype(np.float64) > limit
        status = np.where((status == LearningStatus.OK) & behind, np.int32(LearningStatus.STOPPED), status)
        self._batch.status.assign(status)
        return np.flatnonzero(status == LearningStatus.OK)

    def learned(self, simulator: Simulator, episodes: int) -> Learned:
        """Return everything on the host; the last episode of the simulator was with the best parameters.

        Args:
            simulator: the controllers and their worlds.
            episodes: how often a controller was simulated in all its worlds, over all controllers.
        """
        status = self._batch.status.numpy()
        diverged, starts = status == LearningStatus.DIVERGED, simulator.world_start
        counts = np.diff(starts)
        measures = {
            name: np.add.reduceat(values, starts[:-1]) / counts for name, values in simulator.measures().items()
        }
        world_losses = simulator.world_losses.numpy().astype(np.float64)
        return Learned(
            curves=self._curves.numpy().T.astype(np.float64),
            best_loss=self._best_loss.numpy().astype(np.float64),
            best_iteration=self._best_iteration.numpy().copy(),
            best_weights=simulator.weights(self.best_parameters),
            status=status.astype(np.int8),
            measures={name: np.where(diverged, np.nan, values) for name, values in measures.items()},
            world_losses=np.where(np.repeat(diverged, counts), np.nan, world_losses),
            episodes=episodes * int(counts[0]),
        )
