"""Kernels that move copies of controllers to perturbed weights, and make one gradient of what these come to.

The copies of a batch lie set after set: first all controllers with their own weights, then a set for every pair of
perturbed copies with the perturbation added, then as many sets with it taken away. All sets lie alike.

Sums are made of partial sums of a fixed order, see `PARTIAL_SUMS`, so that devices and neighbours change no bit.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import warp as wp

from codesign.train.batch import PARTIAL_SUMS
from codesign.train.kernels import exact_module
from codesign.train.status import LearningStatus

GOLDEN = 0x9E3779B97F4A7C15
"""Step between the states of SplitMix64, as in `codesign.streams`."""

_PARTIAL_SUMS = wp.constant(PARTIAL_SUMS)
_OK = wp.constant(int(LearningStatus.OK))
_ZERO_GRADIENT = wp.constant(int(LearningStatus.ZERO_GRADIENT))
_NON_FINITE_GRADIENT = wp.constant(int(LearningStatus.NON_FINITE_GRADIENT))


@dataclass(frozen=True)
class SmoothingKernels:
    """Kernels of smoothed gradients.

    Attributes:
        count: counts an iteration.
        address: over (pairs, controllers), writes the keys that the perturbations of this iteration follow from.
        perturb: over (controllers, partial sums), makes perturbed parameters of both of a pair out of standard normal
            numbers in the first.
        slopes: over controllers, half the difference of the losses of each pair, and how many pairs count; minus one
            where the controller goes by its exact gradient.
        zeroth_order: over (controllers, partial sums), writes the estimate from losses alone.
        both_orders: over (controllers, partial sums), writes the estimates from gradients and from losses into the
            gradients of the first pair, and partial sums of the variances of both.
        predict: over (controllers, partial sums), writes partial sums of what gradients say of each pair's difference.
        weigh: over controllers, writes the share of the estimate from gradients.
        forgive: over controllers, lets those learn on whose last gradient was zero or not finite.
        blend: over (controllers, partial sums), writes the sum of both estimates with their shares.
    """

    count: Any
    address: Any
    perturb: Any
    slopes: Any
    zeroth_order: Any
    predict: Any
    both_orders: Any
    weigh: Any
    forgive: Any
    blend: Any


@cache
def smoothing_kernels(real: Any) -> SmoothingKernels:  # noqa: PLR0915 - kernels of one module
    """Return the kernels for parameters of type `real`, `wp.float32` or `wp.float64`."""
    module = exact_module("codesign.train.smoothing", real)
    golden, block = wp.constant(wp.uint64(GOLDEN)), wp.constant(wp.uint64(32))
    zero, one, half = (wp.constant(wp.float64(number)) for number in (0.0, 1.0, 0.5))
    reals, doubles, integers = wp.array(dtype=real), wp.array(dtype=wp.float64), wp.array(dtype=wp.int32)
    tables, cubes = wp.array2d(dtype=wp.float64), wp.array3d(dtype=wp.float64)

    @wp.kernel(module=module)
    def count(drawn: integers):
        drawn[0] = drawn[0] + 1

    @wp.kernel(module=module)
    def address(
        # In:
        base: wp.array(dtype=wp.uint64),
        pairs: int,
        drawn: integers,
        # Out:
        keys: wp.array(dtype=wp.uint64),
    ):
        pair, controller = wp.tid()
        controllers = base.shape[0]
        # Every perturbation has 2^32 numbers of the controller's stream to itself, more than there can be weights.
        number = wp.uint64(drawn[0] * pairs + pair) << block
        keys[(1 + pair) * controllers + controller] = base[controller] + number * golden

    @wp.kernel(module=module)
    def perturb(
        # In:
        deviations: doubles,
        size: int,
        pairs: int,
        offsets: integers,
        smoothed: integers,
        # In and out:
        parameters: reals,
    ):
        controller, part = wp.tid()
        if smoothed[controller] == 0:
            return
        deviation = deviations[controller]
        for index in range(offsets[controller] + part, offsets[controller + 1], _PARTIAL_SUMS):
            own = wp.float64(parameters[index])
            for pair in range(pairs):
                plus = (1 + pair) * size + index
                change = deviation * wp.float64(parameters[plus])
                parameters[plus] = real(own + change)
                parameters[plus + pairs * size] = real(own - change)

    @wp.kernel(module=module)
    def slopes(
        # In:
        limit: real,
        pairs: int,
        smoothed: integers,
        losses: reals,
        # Out:
        differences: tables,
        counts: integers,
    ):
        controller = wp.tid()
        controllers = counts.shape[0]
        sound = int(0)  # noqa: RUF046, UP018 - a variable, not a constant
        if smoothed[controller] == 0:
            counts[controller] = -1
            return
        for pair in range(pairs):
            plus = losses[(1 + pair) * controllers + controller]
            minus = losses[(1 + pairs + pair) * controllers + controller]
            # Comparisons with NaN are false, so a pair counts only where both losses are sound.
            if wp.abs(plus) <= limit and wp.abs(minus) <= limit:
                differences[pair, controller] = half * (wp.float64(plus) - wp.float64(minus))
                sound += 1
            else:
                differences[pair, controller] = wp.float64(wp.nan)
        counts[controller] = sound

    @wp.func(module=module)
    def perturbation(parameters: reals, size: int, pairs: int, pair: int, index: int) -> wp.float64:
        """Return by how much a parameter was perturbed, as it was rounded."""
        plus = wp.float64(parameters[(1 + pair) * size + index])
        return half * (plus - wp.float64(parameters[(1 + pairs + pair) * size + index]))

    @wp.kernel(module=module)
    def zeroth_order(
        # In:
        deviations: doubles,
        size: int,
        pairs: int,
        offsets: integers,
        parameters: reals,
        differences: tables,
        counts: integers,
        # Out:
        gradient: reals,
    ):
        controller, part = wp.tid()
        scale = one / (wp.float64(counts[controller]) * deviations[controller] * deviations[controller])
        for index in range(offsets[controller] + part, offsets[controller + 1], _PARTIAL_SUMS):
            total = wp.float64(0.0)
            for pair in range(pairs):
                slope = differences[pair, controller]
                if not wp.isnan(slope):
                    total += slope * perturbation(parameters, size, pairs, pair, index)
            gradient[index] = real(total * scale)

    @wp.kernel(module=module)
    def both_orders(
        # In:
        deviations: doubles,
        size: int,
        pairs: int,
        offsets: integers,
        parameters: reals,
        differences: tables,
        counts: integers,
        # In and out:
        gradients: reals,
        # Out:
        first_variances: tables,
        zeroth_variances: tables,
    ):
        controller, part = wp.tid()
        if counts[controller] < 0:
            return
        sound = wp.float64(counts[controller])
        scale = one / (deviations[controller] * deviations[controller])
        first_variance = wp.float64(0.0)
        zeroth_variance = wp.float64(0.0)
        for index in range(offsets[controller] + part, offsets[controller + 1], _PARTIAL_SUMS):
            first = wp.float64(0.0)
            zeroth = wp.float64(0.0)
            for pair in range(pairs):
                slope = differences[pair, controller]
                if not wp.isnan(slope):
                    zeroth += scale * slope * perturbation(parameters, size, pairs, pair, index)
                    plus = wp.float64(gradients[(1 + pair) * size + index])
                    first += half * (plus + wp.float64(gradients[(1 + pairs + pair) * size + index]))
            first = first / sound
            zeroth = zeroth / sound
            for pair in range(pairs):
                slope = differences[pair, controller]
                if not wp.isnan(slope):
                    away = scale * slope * perturbation(parameters, size, pairs, pair, index) - zeroth
                    zeroth_variance += away * away
                    plus = wp.float64(gradients[(1 + pair) * size + index])
                    away = half * (plus + wp.float64(gradients[(1 + pairs + pair) * size + index])) - first
                    first_variance += away * away
            gradients[size + index] = real(first)
            gradients[size + pairs * size + index] = real(zeroth)
        first_variances[controller, part] = first_variance
        zeroth_variances[controller, part] = zeroth_variance

    @wp.kernel(module=module)
    def predict(
        # In:
        size: int,
        pairs: int,
        offsets: integers,
        parameters: reals,
        counts: integers,
        gradients: reals,
        # Out:
        predictions: cubes,
    ):
        controller, part = wp.tid()
        if counts[controller] < 0:
            return
        for pair in range(pairs):
            total = wp.float64(0.0)
            for index in range(offsets[controller] + part, offsets[controller + 1], _PARTIAL_SUMS):
                plus = wp.float64(gradients[(1 + pair) * size + index])
                slope = half * (plus + wp.float64(gradients[(1 + pairs + pair) * size + index]))
                total += slope * perturbation(parameters, size, pairs, pair, index)
            predictions[pair, controller, part] = total

    @wp.kernel(module=module)
    def weigh(
        # In:
        deviations: doubles,
        pairs: int,
        differences: tables,
        counts: integers,
        predictions: cubes,
        first_variances: tables,
        zeroth_variances: tables,
        # Out:
        shares: doubles,
    ):
        controller = wp.tid()
        if counts[controller] < 0:
            shares[controller] = one
            return
        sound = wp.float64(counts[controller])
        first = wp.float64(0.0)
        zeroth = wp.float64(0.0)
        for part in range(_PARTIAL_SUMS):
            first += first_variances[controller, part]
            zeroth += zeroth_variances[controller, part]
        # What gradients do not explain of the differences between losses, per perturbation of unit length.
        bias = wp.float64(0.0)
        for pair in range(pairs):
            unexplained = differences[pair, controller]
            if not wp.isnan(unexplained):
                for part in range(_PARTIAL_SUMS):
                    unexplained -= predictions[pair, controller, part]
                bias += unexplained * unexplained
        bias = bias / (sound * deviations[controller] * deviations[controller])
        error = first / (sound * (sound - one)) + bias
        share = wp.float64(0.0)
        # Gradients that are not finite, or too long to be squared, have no share.
        if wp.isfinite(error):
            share = one
            if error > zero:
                share = zeroth / (zeroth + error * sound * (sound - one))
        shares[controller] = share

    @wp.kernel(module=module)
    def forgive(status: integers):
        controller = wp.tid()
        if status[controller] == _ZERO_GRADIENT or status[controller] == _NON_FINITE_GRADIENT:
            status[controller] = _OK

    @wp.kernel(module=module)
    def blend(
        # In:
        size: int,
        pairs: int,
        offsets: integers,
        counts: integers,
        shares: doubles,
        # In and out:
        gradients: reals,
    ):
        controller, part = wp.tid()
        if counts[controller] < 0:
            return
        share = shares[controller]
        for index in range(offsets[controller] + part, offsets[controller + 1], _PARTIAL_SUMS):
            total = wp.float64(gradients[size + pairs * size + index])
            if share > zero:
                total = share * wp.float64(gradients[size + index]) + (one - share) * total
            gradients[index] = real(total)

    return SmoothingKernels(count, address, perturb, slopes, zeroth_order, predict, both_orders, weigh, forgive, blend)
