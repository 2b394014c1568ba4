"""Learning by the gradient of a smoothed loss: perturbed copies of every controller, simulated together."""

from typing import Any, Protocol, cast

import numpy as np
import warp as wp

from codesign.train.batch import PARTIAL_SUMS, LearningProblem
from codesign.train.learner import BLENDED, Learner
from codesign.train.smoothing_kernels import smoothing_kernels

TRUSTED, STEPS_OF_TRUST = 0.95, 3
"""Share of exact gradients beyond which, so many steps in a row, losses are taken to add nothing to them."""


class CopiesProblem(LearningProblem, Protocol):
    """What smoothing needs of a simulator of copies: its controllers are set after set of the same ones."""

    @property
    def weight_start(self) -> np.ndarray:
        """First weight of each controller and the end of the last, shape (controllers + 1,)."""
        ...

    @property
    def bodies(self) -> Any:
        """Bodies of all controllers, set after set."""
        ...

    def draw(self, keys: np.ndarray) -> None:
        """Set the weights of all controllers to random first ones, by their keys, uint64, shape (controllers,)."""
        ...

    def draw_normal(self, keys: wp.array, controllers: wp.array) -> None:
        """Set the weights of some controllers, by index, int32, to standard normal numbers; nothing is allocated.

        Args:
            keys: of all controllers, uint64, shape (controllers,); number i is the i-th of a key's stream.
            controllers: whose weights are drawn.
        """
        ...

    def learned_losses(self) -> wp.array:
        """Return of each controller the loss that `gradient` is the derivative of, after `forward`."""
        ...


class SmoothedProblem:
    """Controllers that learn by the gradient of their loss under Gaussian perturbations of their weights.

    The smoothed loss is the mean of L(w + deviation u) over standard normal u, whose gradient exists and says something
    where L jumps. A set of copies has the weights themselves; what is reported of a controller is theirs. The others
    are antithetic pairs, w + deviation u and w - deviation u. Both of a pair, all worlds of a design, and both
    estimates of a blend have the same u (common random numbers). Weight i of pair p after k steps of learning has
    number (k pairs + p) 2^32 + i of the controller's own stream, so neither neighbours nor devices change it.

    - Zeroth order (estimator=smoothed): the mean over pairs of u (L(w + deviation u) - L(w - deviation u)) / (2
      deviation); needs no gradient (Nesterov & Spokoiny 2017; Salimans et al. 2017).
    - Blend (estimator=blended): share a of the mean of the exact gradients of all perturbed copies, and 1 - a of that
      estimate (Suh, Simchowitz, Zhang & Tedrake 2022, section 5). a = V0 / (V0 + V1 + B) makes their mean square error
      least: V0 and V1 are the variances of both means, summed over weights and measured from one pair to the next, and
      B the square of the bias of exact gradients, which know nothing of jumps: the mean square of what they leave
      unexplained of half the difference of a pair's losses, over deviation^2. (The paper bounds the bias by a
      threshold instead, which is to be chosen.)

    A pair counts if both losses are sound (finite, and within the learner's `loss_limit`). A controller none of whose
    pairs counts has a gradient that is not finite.

    Args:
        copies: `learner.copies` sets of the controllers.
        learner: with an estimator other than "exact".
        keys: that the perturbations of each controller follow from, uint64, shape (controllers,).

    Raises:
        ValueError: the number of keys times that of copies is not that of the simulated controllers.

    Attributes:
        first_order_shares: share of the exact gradients in each controller's gradient, float64, shape (controllers,).
        bodies: of the controllers.
        smoothed: indices of the controllers that learn by the smoothed gradient now; the others by the exact one.
    """

    def __init__(self, copies: CopiesProblem, learner: Learner, keys: np.ndarray) -> None:
        if len(keys) * learner.copies != copies.controllers:
            got = f"{copies.controllers} for {len(keys)} keys"
            raise ValueError(f"expected {learner.copies} copies of each controller; got {got}; give a key to each")
        self._copies, self._pairs = copies, learner.samples // 2
        self._blended = learner.estimator == BLENDED
        self.controllers = len(keys)
        self.world_start = copies.world_start[: self.controllers + 1]
        self.weight_start = copies.weight_start[: self.controllers + 1]
        self.parameter_offsets = _first(copies.parameter_offsets, self.controllers + 1)
        self._worlds = int(self.world_start[-1])
        self._size = int(self.parameter_offsets.numpy()[-1])
        self.parameters = _first(copies.parameters, self._size)
        self.gradient = _first(copies.gradient, self._size)
        self.loss = _first(copies.loss, self.controllers)
        self.world_losses = _first(copies.world_losses, self._worlds)
        self._sets, self._patience = learner.copies, learner.patience if learner.estimator == BLENDED else 0
        self._device = copies.parameters.device
        real = copies.parameters.dtype
        self._kernels, self._limit = smoothing_kernels(real), real(learner.loss_limit)
        self.bodies = copies.bodies[: len(copies.bodies) // learner.copies]
        self._allocate(keys, learner.radius)
        self._active, self._perturbed = np.arange(self.controllers), True
        self.smoothed = np.arange(self.controllers)
        self._begin()

    def _allocate(self, keys: np.ndarray, radius: float) -> None:
        controllers, pairs, device = self.controllers, self._pairs, self._device
        deviations = radius / np.sqrt(np.maximum(np.diff(self.weight_start), 1))
        self._deviations = wp.array(deviations, dtype=wp.float64, device=device)
        self._base = wp.array(keys, dtype=wp.uint64, device=device)
        self._keys = wp.zeros(self._copies.controllers, dtype=wp.uint64, device=device)
        drawn = np.arange(controllers, (1 + pairs) * controllers, dtype=np.int32)
        self._drawn_controllers = wp.array(drawn, dtype=wp.int32, device=device)
        self._iteration = wp.zeros(1, dtype=wp.int32, device=device)
        self._flags = wp.zeros(controllers, dtype=wp.int32, device=device)
        self._slopes = wp.zeros((pairs, controllers), dtype=wp.float64, device=device)
        self._counts = wp.zeros(controllers, dtype=wp.int32, device=device)
        self._variances = [wp.zeros((controllers, PARTIAL_SUMS), dtype=wp.float64, device=device) for _ in range(2)]
        self._predictions = wp.zeros((pairs, controllers, PARTIAL_SUMS), dtype=wp.float64, device=device)
        self.first_order_shares = wp.zeros(controllers, dtype=wp.float64, device=device)

    def draw(self, keys: np.ndarray) -> None:
        """Set the weights of all controllers to random first ones, see `Simulator.draw`."""
        self._copies.draw(np.tile(keys, self._sets))
        self._begin()

    def load(self, weights: np.ndarray) -> None:
        """Set the parameters by the weights of all controllers, flat, without padding."""
        self._copies.load(np.tile(weights, self._sets))
        self._begin()

    def _begin(self) -> None:
        self._iteration.zero_()
        self._trusted = np.zeros(self.controllers, np.int64)
        self._smooth(np.arange(0 if self._patience else self.controllers))

    def weights(self, parameters: wp.array | None = None, controllers: np.ndarray | None = None) -> np.ndarray:
        """Return an array that lies like the parameters as weights, float64, flat, without padding."""
        chosen = np.arange(self.controllers) if controllers is None else controllers
        return self._copies.weights(self.parameters if parameters is None else parameters, chosen)

    def set_active(self, controllers: np.ndarray) -> None:
        """Simulate and differentiate only some controllers from now on, by index; the others keep their losses."""
        self._active = np.asarray(controllers)
        chosen = [self._active]
        if self._perturbed:
            sets = np.arange(1, self._sets)
            chosen.append((sets[:, None] * self.controllers + self._smoothed_and_active()).ravel())
        self._copies.set_active(np.concatenate(chosen))

    @property
    def simulations(self) -> int:
        """Simulations of a controller in all its worlds that the next differentiable `forward` takes."""
        return len(self._active) + (self._sets - 1) * len(self._smoothed_and_active())

    def heed(self, stalled: np.ndarray, unusable: np.ndarray) -> bool:
        """Smooth the losses of stalled controllers alone, as long as losses say more than exact gradients do.

        Args:
            stalled: which have had no new best loss for long, bool, shape (controllers,).
            unusable: whose last gradient was zero or not finite, bool, shape (controllers,); they are always smoothed.

        Returns:
            Whether others are smoothed from now on than before.
        """
        own = self.smoothed
        trusted = self.first_order_shares.numpy()[own] > TRUSTED if len(own) else np.zeros(0, bool)
        self._trusted[own] = np.where(trusted, self._trusted[own] + 1, 0)
        self._trusted[~stalled] = 0
        smoothed = np.flatnonzero(unusable | (stalled & (self._trusted < STEPS_OF_TRUST)))
        if np.array_equal(smoothed, self.smoothed):
            return False
        self._smooth(smoothed)
        return True

    def _smooth(self, controllers: np.ndarray) -> None:
        self.smoothed = controllers
        flags = np.zeros(self.controllers, np.int32)
        flags[controllers] = 1
        self._flags.assign(flags)
        self.set_active(self._active)

    def _smoothed_and_active(self) -> np.ndarray:
        return np.intersect1d(self.smoothed, self._active)

    def forward(self, *, measure: bool = False, differentiable: bool = True, actuated: bool = True) -> None:
        """Simulate the active controllers, and their perturbed copies if `reverse` may follow."""
        if differentiable != self._perturbed:
            self._perturbed = differentiable
            self.set_active(self._active)
        if differentiable:
            self._perturb()
        if differentiable:
            self._copies.forward(measure=measure, differentiable=self._blended)
        else:
            self._copies.forward(measure=measure, differentiable=False, actuated=actuated)

    def _perturb(self) -> None:
        pairs = self._pairs
        self._launch(self._kernels.address, (pairs, self.controllers), self._base, pairs, self._iteration, self._keys)
        self._copies.draw_normal(self._keys, self._drawn_controllers)
        known = self._deviations, self._size, pairs, self.parameter_offsets, self._flags
        self._launch(self._kernels.perturb, (self.controllers, PARTIAL_SUMS), *known, self._copies.parameters)
        self._launch(self._kernels.count, 1, self._iteration)

    def reverse(self) -> None:
        """Estimate the gradients of the smoothed losses from the copies that were simulated last."""
        kernels, pairs, spread = self._kernels, self._pairs, (self.controllers, PARTIAL_SUMS)
        outcome = self._slopes, self._counts
        losses = self._copies.learned_losses()
        self._launch(kernels.slopes, self.controllers, self._limit, pairs, self._flags, losses, *outcome)
        own = self._size, pairs, self.parameter_offsets
        known = self._deviations, *own, self._copies.parameters, *outcome
        if not self._blended:
            self._launch(kernels.zeroth_order, spread, *known, self.gradient)
            return
        self._copies.reverse()
        gradients, parameters, shares = self._copies.gradient, self._copies.parameters, self.first_order_shares
        self._launch(kernels.predict, spread, *own, parameters, self._counts, gradients, self._predictions)
        self._launch(kernels.both_orders, spread, *known, gradients, *self._variances)
        weighed = self._deviations, pairs, *outcome, self._predictions, *self._variances
        self._launch(kernels.weigh, self.controllers, *weighed, shares)
        self._launch(kernels.blend, spread, *own, self._counts, shares, gradients)

    def measures(self) -> dict[str, np.ndarray]:
        """Return further numbers about the episode that was simulated last, each float64, shape (worlds,)."""
        return {name: values[: self._worlds] for name, values in self._copies.measures().items()}

    def _launch(self, kernel: wp.Kernel, dim: Any, *arguments: Any) -> None:
        wp.launch(kernel, dim=dim, inputs=list(arguments), device=self._device)


def _first(values: wp.array, count: int) -> wp.array:
    """Return the first of an array's values, in the same memory."""
    return cast(wp.array, values[:count])
