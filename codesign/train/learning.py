"""The inner loop: many controllers learn at once, each by its own gradient."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import warp as wp

from codesign.train.batch import PARTIAL_SUMS, Batch, LearningProblem
from codesign.train.kernels import gradient_kernels, loss_kernels
from codesign.train.learner import EXACT, INVALID, Learner
from codesign.train.repetition import Repetition
from codesign.train.smoothing_kernels import smoothing_kernels
from codesign.train.status import LearningStatus

_UNUSABLE = (LearningStatus.ZERO_GRADIENT, LearningStatus.NON_FINITE_GRADIENT)

Observer = Callable[[int, LearningProblem], None]
"""(steps taken, problem): called before every step and after the last, see `learn`."""


@dataclass(frozen=True)
class LearningResult:
    """How each controller learned; entry i of every field belongs to controller i.

    Of several starts of a design, only the winner has measures and losses in worlds.

    Attributes:
        curves: loss before learning and after each step, NaN from the step on at which learning ended at an unsound
            loss, and after the one at which racing stopped it, float64, shape (controllers, iterations + 1).
        best_loss: lowest sound loss, infinite if there was none, float64, shape (controllers,).
        best_iteration: steps taken before the lowest loss, -1 if there was none, int32, shape (controllers,).
        status: `LearningStatus` of each controller, int8, shape (controllers,).
        valid: whether the best loss counts under the learner's rule (`Learner.unsound`), bool, shape (controllers,).
        measures: further numbers by name, with the best parameters, the mean of a controller's worlds, NaN where
            invalid, float64, shape (controllers,).
        world_losses: loss in every world with the best parameters, NaN where invalid, float64, shape (worlds,).
        episodes: number of simulated episodes, over all worlds.
        winners: controllers that stand, one of the starts of each design, int64, shape (controllers / starts,).
        best_parameters: parameters of the lowest loss (the initial ones if there was none), on the device, as those of
            the problem lie.
        problem: what was learned, which knows the weights among the parameters.
    """

    curves: np.ndarray
    best_loss: np.ndarray
    best_iteration: np.ndarray
    status: np.ndarray
    valid: np.ndarray
    measures: dict[str, np.ndarray]
    world_losses: np.ndarray
    episodes: int
    winners: np.ndarray
    best_parameters: wp.array
    problem: LearningProblem

    @property
    def best_weights(self) -> np.ndarray:
        """Weights of the lowest loss of all controllers, float64, flat as the problem loads them; copied when asked."""
        return self.problem.weights(self.best_parameters)

    def weights_of(self, controllers: np.ndarray) -> np.ndarray:
        """Return the weights of the lowest loss of some controllers, by index, one after the other, float64, flat."""
        return self.problem.weights(self.best_parameters, controllers)

    @property
    def fitness(self) -> np.ndarray:
        """What each can do after learning, higher is better, -inf if invalid, float64, shape (controllers,)."""
        return np.where(self.valid, -self.best_loss, -np.inf)


def learn(
    problem: LearningProblem,
    learner: Learner,
    weights: np.ndarray | None = None,
    limits: np.ndarray | None = None,
    observe: Observer | None = None,
    starts: int = 1,
) -> LearningResult:
    """Let every controller learn and return the best of each.

    With K iterations there are K steps and K + 1 losses; after at least one step, another episode follows with the best
    weights, which are then in the problem. Nothing is copied from the device until then, but where there is a limit.

    Args:
        problem: the controllers and their worlds.
        learner: how they learn.
        weights: where they start, flat as the problem loads them; if not given, at the parameters that the problem has.
        limits: a controller whose lowest loss is above this after so many steps stops, infinite for no limit, shape
            (iterations,); None for no limits at all.
        observe: called with the number of steps taken, from 0 to K, and the problem. Its `parameters` and `loss` are
            those after so many steps, its `gradient` is theirs too, but for the last call, before which no gradient is
            computed. Controllers that racing stopped keep what they had. Must change nothing; numbers stay the same.
        starts: consecutive controllers that are starts of one design, of which the best stands. After
            `Learner.restart_iterations` the others stop.

    Raises:
        ValueError: the number of weights is not that of the problem's controllers.
    """
    if weights is not None:
        problem.load(weights)
    batch = Batch.of(problem)
    tracker = _BestTracker(batch, learner, starts)
    step = learner.bind(batch)

    def iterate() -> None:
        problem.forward()
        tracker.record(problem.loss)
        problem.reverse()
        tracker.measure_gradient()
        if observe is not None:
            observe(taken, problem)
        step()
        tracker.count()

    repetition = Repetition(iterate, problem.parameters.device, captured=observe is None)
    decision = None if starts == 1 else learner.restart_iterations
    learning, episodes = batch.controllers, 0
    for taken in range(learner.iterations):
        episodes += problem.simulations
        repetition.run()
        limited, decided = limits is not None and np.isfinite(limits[taken]), taken == decision
        if limited and limits is not None:
            tracker.stop_above(float(limits[taken]))
        if decided:
            tracker.choose(stopping=True)
        if (limited or decided) and len(left := tracker.learning()) < learning:
            problem.set_active(left)
            repetition.forget()
            learning = len(left)
        if learner.patience and problem.heed(*tracker.stalled(taken, learner.patience)):
            repetition.forget()
    # Without any step the initial weights are the best ones, and their only episode is the one that is measured.
    problem.forward(measure=learner.iterations == 0, differentiable=False)
    tracker.record(problem.loss)
    episodes += learning
    if observe is not None:
        observe(learner.iterations, problem)
    tracker.choose()
    if learner.iterations > 0:
        wp.copy(problem.parameters, tracker.best_parameters)
        if min(learning, len(tracker.winners)) < batch.controllers:
            problem.set_active(tracker.winners)
        problem.forward(measure=True, differentiable=False)
        episodes += len(tracker.winners)
    return tracker.result(problem, episodes)


class _BestTracker:
    """Curves, best losses and best parameters of all controllers while they learn; on the device, allocated once."""

    def __init__(self, batch: Batch, learner: Learner, starts: int) -> None:
        controllers, real, device = batch.controllers, batch.real, batch.parameters.device
        self._batch, self._starts, self._rule = batch, starts, learner.unsound
        self.winners, self._chosen = np.arange(controllers), starts == 1
        self._loss_kernels, self._gradient_kernels = loss_kernels(real), gradient_kernels(real)
        self._forgive = None if learner.estimator == EXACT else smoothing_kernels(real).forgive
        jump_limit = np.inf if learner.jump_limit is None else learner.jump_limit
        self._limits = real(learner.loss_limit), real(jump_limit)
        self._curves = wp.full((learner.iterations + 1, controllers), real(np.nan), dtype=real, device=device)
        self._best_loss = wp.full(controllers, real(np.inf), dtype=real, device=device)
        self._best_iteration = wp.full(controllers, -1, dtype=wp.int32, device=device)
        self._improved = wp.zeros(controllers, dtype=wp.int32, device=device)
        self._largest = wp.zeros((controllers, PARTIAL_SUMS), dtype=real, device=device)
        self._squares = wp.zeros((controllers, PARTIAL_SUMS), dtype=wp.float64, device=device)
        self.best_parameters = wp.clone(batch.parameters)

    def record(self, loss: wp.array) -> None:
        """Enter losses into the learning curves and keep the parameters of those that are the best so far."""
        batch, kernels = self._batch, self._loss_kernels
        best = self._improved, self._best_loss, self._best_iteration, self._curves
        batch.launch(kernels.record, batch.iteration, *self._limits, loss, batch.status, *best, parameters=False)
        batch.launch(kernels.keep_best, batch.offsets, self._improved, batch.parameters, self.best_parameters)

    def count(self) -> None:
        """Count an iteration."""
        counter = self._batch.iteration
        wp.launch(self._loss_kernels.count, dim=1, inputs=[counter], device=counter.device)

    def measure_gradient(self) -> None:
        """Compute the length of every controller's gradient; learning ends where it is zero or not finite.

        An estimate may be so by chance: then a controller stands still until there is a better one.
        """
        batch, kernels = self._batch, self._gradient_kernels
        if self._forgive is not None:
            batch.launch(self._forgive, batch.status, parameters=False)
        batch.launch(kernels.find_largest, batch.offsets, batch.gradient, self._largest)
        batch.launch(kernels.add_squares, batch.offsets, batch.gradient, self._largest, self._squares)
        sums = self._largest, self._squares
        batch.launch(kernels.norm, batch.offsets, *sums, batch.norm, batch.status, parameters=False)

    def stalled(self, taken: int, patience: int) -> tuple[np.ndarray, np.ndarray]:
        """Return which controllers have had no new best loss for so many steps, and which no usable gradient."""
        waited = taken - np.maximum(self._best_iteration.numpy(), 0) >= patience
        return waited, np.isin(self._batch.status.numpy(), _UNUSABLE)

    def learning(self) -> np.ndarray:
        """Return the controllers that go on learning.

        Those without a usable gradient are not among these: they stand still, so that their losses stay what they are.
        """
        return np.flatnonzero(self._batch.status.numpy() == LearningStatus.OK)

    def stop_above(self, limit: float) -> None:
        """Stop the controllers whose lowest loss is above a limit."""
        self._stop(self._best_loss.numpy().astype(np.float64) > limit)

    def choose(self, *, stopping: bool = False) -> None:
        """Let the best start of each design be the winner, unless that is known, and stop the others if asked to."""
        if self._chosen:
            return
        worth = np.where(self._invalid(), np.inf, self._best_loss.numpy().astype(np.float64))
        first = np.arange(0, len(worth), self._starts)
        self.winners, self._chosen = first + worth.reshape(-1, self._starts).argmin(axis=1), True
        if stopping:
            self._stop(~np.isin(np.arange(len(worth)), self.winners))

    def _stop(self, behind: np.ndarray) -> None:
        status = self._batch.status.numpy()
        learning = status == LearningStatus.OK
        self._batch.status.assign(np.where(learning & behind, np.int32(LearningStatus.STOPPED), status))

    def _invalid(self) -> np.ndarray:
        """Return whose best loss does not count, bool, shape (controllers,)."""
        unsound = np.isin(self._batch.status.numpy(), [each for each in LearningStatus if each.unsound])
        return (self._best_iteration.numpy() < 0) | (unsound & (self._rule == INVALID))

    def result(self, problem: LearningProblem, episodes: int) -> LearningResult:
        """Return everything on the host; the last episode of the problem was with the best parameters.

        Args:
            problem: the controllers and their worlds.
            episodes: how often a controller was simulated in all its worlds, over all controllers.
        """
        valid = ~self._invalid()
        measured = valid & np.isin(np.arange(len(valid)), self.winners)
        starts = problem.world_start
        counts = np.diff(starts)
        measures = {name: np.add.reduceat(values, starts[:-1]) / counts for name, values in problem.measures().items()}
        world_losses = problem.world_losses.numpy().astype(np.float64)
        return LearningResult(
            curves=self._curves.numpy().T.astype(np.float64),
            best_loss=self._best_loss.numpy().astype(np.float64),
            best_iteration=self._best_iteration.numpy().copy(),
            status=self._batch.status.numpy().astype(np.int8),
            valid=valid,
            measures={name: np.where(measured, values, np.nan) for name, values in measures.items()},
            world_losses=np.where(np.repeat(measured, counts), world_losses, np.nan),
            episodes=episodes * int(counts[0]),
            winners=self.winners,
            best_parameters=self.best_parameters,
            problem=problem,
        )
