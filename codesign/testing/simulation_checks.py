"""Checks of whole simulations: gradients, bits, precision and compilation for GPUs."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from codesign.sim import compile_for_gpu
from codesign.testing.bodies import example_bodies, uneven
from codesign.testing.failures import expect, expect_same
from codesign.testing.function_checks import explained
from codesign.testing.gradients import SIZES, gradient_error, standing
from codesign.testing.setups import Setup, holding_constants

DIFFERENCES = 2e-6
"""Largest error of a central difference of a float64 loss, of which half of the 16 digits remain at best."""

SINGLE = 1e-3
"""Largest difference of a float32 loss from the float64 one [of the larger of it and one], over a short episode."""

CAUSES = "; causes are a component of a vector that is overwritten, a jump, and a loss that hardly changes in 0.24 s"
"""What makes gradients differ from differences."""

LAST_DIGITS = 1e-11
"""Largest share by which the length of segments may change a float64 gradient under forces. Some that depend on height
change it by 1e-14 in 3D, as uneven ground does; that the compiler is the cause here too is likely, but not shown."""


def check_simulations(setups: Sequence[Setup]) -> None:
    """Check gradients and bits in every setup, single precision in the first, and compilation for a GPU in the last.

    Kernels take most of the time to compile, and those of a precision or device differ in their types alone.

    Raises:
        CheckError: one fails.
    """
    with explained():
        for setup in setups:
            check_gradients(setup)
            check_alone_and_among_many(setup)
        check_precisions(setups[0])
        check_gpu(setups[-1])


def check_gradients(setup: Setup, quantities: tuple[str, ...] = tuple(SIZES)) -> None:
    """Check reverse mode against central differences along random directions and the gradient's own.

    Args:
        setup: what is simulated.
        quantities: keys of `SIZES`: what the loss is differentiated in.

    Raises:
        CheckError: they differ, in the way of a wrong adjoint.
    """
    body = standing(setup, uneven(example_bodies(setup.dimension)[2]))
    setup = replace(setup, controller=holding_constants(setup.controller, body))
    for quantity in quantities:
        error = gradient_error(setup, body, quantity)
        expected = f"a gradient in {quantity} within {DIFFERENCES:g} of central differences"
        expect(error < DIFFERENCES, f"{expected} in {setup.dimension}D", f"an error of {error:.2g}{CAUSES}")


def check_alone_and_among_many(setup: Setup) -> None:
    """Check that a body's loss and gradient are the same alone, beside others, in another order, by more threads.

    They are so in segments of another length too, but for the last digits of gradients where forces act.

    Raises:
        CheckError: a bit differs.
    """
    bodies = setup.bodies
    together = _results(setup, list(range(len(bodies))))
    for index in (0, len(bodies) - 1):
        expect_same(_results(setup, [index])[0], together[index], f"alone and beside others, in {setup.dimension}D")
    order = np.random.default_rng(1).permutation(len(bodies)).tolist()
    for settings in ({}, {"threads": 2}, {"segment_steps": 7}):
        for index, result in zip(order, _results(setup, order, **settings), strict=True):
            within = LAST_DIGITS if setup.forces and "segment_steps" in settings else 0.0
            expect_same(result, together[index], f"in another order with {settings or 'one thread'}", within)


def check_precisions(setup: Setup) -> None:
    """Check that single and double precision agree about losses, and that these and the measures are finite.

    Raises:
        CheckError: they do not.
    """
    found = {}
    for precision in ("float32", "float64"):
        simulator = setup.simulator(setup.bodies, precision=precision)
        simulator.load(setup.weights(setup.bodies))
        simulator.forward()
        found[precision] = simulator.loss.numpy().astype(np.float64)
        expect(np.isfinite(found[precision]).all(), f"finite losses in {precision}", found[precision])
        for name, values in simulator.measures().items():
            expect(isinstance(name, str) and values.shape == (len(setup.bodies),), "measures by name", (name, values))
            expect(np.isfinite(values).all(), f"a finite measure {name}", values)
    scale = np.maximum(np.abs(found["float64"]), 1.0)
    apart = float((np.abs(found["float32"] - found["float64"]) / scale).max())
    expect(apart < SINGLE, f"losses in float32 within {SINGLE:g} of those in float64", f"a difference of {apart:.2g}")


def check_gpu(setup: Setup) -> None:
    """Check that the kernels compile for a GPU; none is needed.

    Raises:
        CheckError: they do not.
    """
    with TemporaryDirectory() as folder:
        file = compile_for_gpu(
            setup.dimension, setup.physics, setup.terrain, setup.controller, setup.task, Path(folder)
        )
        expect(file.stat().st_size > 0, "kernels compiled for a GPU", "none")


def _results(setup: Setup, indices: list[int], **settings: Any) -> list[dict[str, np.ndarray]]:
    """Return loss, gradient and measures of each of the setup's bodies with these indices, simulated together."""
    bodies = setup.bodies.take(indices)
    simulator = setup.simulator(bodies, **settings)
    own = [setup.weights(setup.bodies.take([index]), seed=index) for index in indices]
    simulator.load(np.concatenate(own))
    simulator.forward()
    simulator.reverse()
    gradients = np.split(simulator.weights(simulator.gradient), simulator.weight_start[1:-1])
    measures = simulator.measures()
    return [
        {"loss": simulator.loss.numpy()[world], "gradient": gradients[world]}
        | {name: values[world] for name, values in measures.items()}
        for world in range(len(indices))
    ]
