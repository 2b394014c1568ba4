"""Floating-point operations of a robot-step, counted from the equations and not from the code that computes them.

An addition, subtraction, multiplication, division, square root, sine or tanh counts one, a multiplication followed by
an addition two; comparisons and choices count nothing. Padding, index arithmetic and what is computed twice count
nothing either. So the count is the same for every implementation of the same model, and a share of the peak says how
much of a machine's arithmetic ends up in results. In `d` dimensions:

    spring   6 d + 8    difference of its ends d; length 2 d + 1; impulse over length 7; vector d; sum at both ends 2 d
    mass     6 d + 5    drag, impulse and gravity 2 d + 1; free flight 2 d; time of impact 4; place of impact 2 d
    centre   d for every mass
    mlp      2 h (n + s) for h hidden units, n inputs and s springs, biases included; tanh h + s; inputs 3 d a mass
    cpg      6 for every spring: sum of two products, amplitude, offset, tanh
    cpg_feedback  13 for every spring: strain and mean contact 4, shift 3, phase 2, sine, amplitude, offset, tanh
    wave     6 for every spring: phase 2, sine, amplitude, offset, tanh
    sequence 0, its actuation is looked up
"""

from collections.abc import Callable
from typing import Any

import numpy as np

Counts = Callable[[Any, np.ndarray, np.ndarray, int], np.ndarray]


def step_operations(controller: Any, masses: np.ndarray, springs: np.ndarray, dimension: int) -> np.ndarray | None:
    """Return the operations of one step forwards of each robot, shape (robots,), None for a controller without a count.

    Args:
        controller: an entry of `CONTROLLERS`.
        masses: of each robot, shape (robots,).
        springs: of each robot, shape (robots,).
        dimension: of space.
    """
    if controller.name not in CONTROLLER_OPERATIONS:
        return None
    physics = (6 * dimension + 8) * springs + (6 * dimension + 5) * masses + dimension * masses
    return physics + CONTROLLER_OPERATIONS[controller.name](controller, masses, springs, dimension)


def _mlp(controller: Any, masses: np.ndarray, springs: np.ndarray, dimension: int) -> np.ndarray:
    inputs = controller.weight_shapes(1, 1, dimension, 1)["w1"][1]
    inputs = inputs + (inputs - controller.sines - 2) * (masses - 1)
    products = 2 * controller.hidden * (inputs + springs)
    return products + controller.hidden + springs + 3 * dimension * masses


def _cpg(controller: Any, masses: np.ndarray, springs: np.ndarray, dimension: int) -> np.ndarray:
    del controller, masses, dimension
    return 6 * springs


def _cpg_feedback(controller: Any, masses: np.ndarray, springs: np.ndarray, dimension: int) -> np.ndarray:
    del controller, masses, dimension
    return 13 * springs


def _wave(controller: Any, masses: np.ndarray, springs: np.ndarray, dimension: int) -> np.ndarray:
    del controller, masses, dimension
    return 6 * springs


def _sequence(controller: Any, masses: np.ndarray, springs: np.ndarray, dimension: int) -> np.ndarray:
    del controller, masses, dimension
    return 0 * springs


def _shared(controller: Any, masses: np.ndarray, springs: np.ndarray, dimension: int) -> np.ndarray:
    del masses
    inputs = controller.weight_shapes(1, 1, dimension, 1)["w1"][1]
    products = 2 * controller.hidden * (inputs - controller.sines + 1)
    return (products + controller.hidden + 1 + 3 * dimension) * springs + 2 * controller.hidden * controller.sines


CONTROLLER_OPERATIONS: dict[str, Counts] = {
    "mlp": _mlp,
    "cpg": _cpg,
    "cpg_feedback": _cpg_feedback,
    "wave": _wave,
    "sequence": _sequence,
    "shared": _shared,
}
