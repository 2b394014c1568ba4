"""One small network at every muscle, with the same weights for all of them, so that it fits any body."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp

from codesign.checks import require_count, require_number
from codesign.control.sensors import ordered_sensors, senses_of
from codesign.control.shared_kernels import build_shared_network
from codesign.control.shared_sizes import SharedSizes
from codesign.control.shared_tangent import build_shared_tangent, shared_control
from codesign.sim import Binding, Distribution, Layout, TangentBinding, WeightBlock
from codesign.sim.kernels import ControllerFunctions, KernelTypes, TangentFunctions, TangentTypes


@dataclass(frozen=True)
class Shared:
    """Sines and what a muscle senses, through one hidden layer, to the actuation of that muscle; tanh both times.

    All muscles have the same weights and differ in what they sense: how far they are stretched (length / rest - 1) and,
    as far as `sensors` names it, in this order:

    - position: where their middle is relative to the body's centre of mass, times `position_scale`, and their
      direction, a unit vector from their second to their first mass. Metres rather than shares of the body's extent,
      because the cells of a lattice have one size: a muscle senses the same when something grows at the other end;
    - velocity: that of their middle, times `velocity_scale`;
    - light: the mean of their two ends, and how much brighter it is at the first;
    - contact: the mean of their two ends.

    Attributes:
        hidden: units of the hidden layer.
        sensors: any of position, velocity, light, contact, height and speed, or none; their order makes no difference.
        sines: number of sines sin(frequency t + 2 pi j / sines); three or more make every phase possible.
        frequency: angular frequency of the sines [rad/s].
        position_scale: factor on positions [1/m].
        velocity_scale: factor on velocities [s/m].
        gain_in, gain_out: gains of the Xavier-normal first weights of the two layers; biases start at zero.

    Raises:
        ConfigError: a number out of range, a sensor that does not exist or is named twice.
    """

    name: str = "shared"
    hidden: int = 16
    sensors: tuple[str, ...] = ("position", "velocity")
    sines: int = 4
    frequency: float = 10.0
    position_scale: float = 5.0
    velocity_scale: float = 0.05
    gain_in: float = 2.0
    gain_out: float = 3.0

    def __post_init__(self) -> None:
        for field in ("hidden", "sines"):
            require_count(self, field)
        for field in ("frequency", "position_scale", "velocity_scale", "gain_in", "gain_out"):
            require_number(self, field, above=0.0)
        object.__setattr__(self, "sensors", ordered_sensors(self.sensors))

    @property
    def senses(self) -> tuple[str, ...]:
        """What the simulator feels for every mass."""
        return senses_of(self.sensors)

    @property
    def structure(self) -> tuple[Any, ...]:
        """What decides the kernels."""
        return (self.name, self.hidden, self.sines, self.sensors)

    def functions(self, types: KernelTypes) -> ControllerFunctions:
        """Return the network as functions of lanes."""
        return build_shared_network(types, self._sizes(types.dimension, types.row))

    def weight_shapes(self, masses: int, springs: int, dimension: int, steps: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of weights and biases: w1 (hidden, inputs), b1 (hidden,), w2 (hidden,), b2 (1,).

        They are the same for any body. Inputs are the sines, the strain, then what the sensors say: the position, one
        number per axis, and the direction; the velocity; the mean and the difference of light; the mean of contact.
        """
        del masses, springs, steps
        inputs = self.sines + self._sizes(dimension, 1).inputs
        return {"w1": (self.hidden, inputs), "b1": (self.hidden,), "w2": (self.hidden,), "b2": (1,)}

    def weight_parts(self, masses: int, springs: int, dimension: int, steps: int) -> dict[str, np.ndarray]:
        """Return that all weights are of the body as a whole."""
        shapes = self.weight_shapes(masses, springs, dimension, steps)
        return {name: np.full(shape, -1) for name, shape in shapes.items()}

    def parameter_counts(self, layout: Layout, steps: int) -> np.ndarray:
        """Return the parameters of each world, padding included, shape (worlds,)."""
        del steps
        return np.full_like(layout.padded_springs, self._sizes(layout.dimension, layout.row).parameters)

    def scratch_sizes(self, layout: Layout, segment: int) -> np.ndarray:
        """Return the reals of scratch of each world, shape (worlds,)."""
        sizes = self._sizes(layout.dimension, layout.row)
        return np.sum(list(sizes.scratch(layout.padded_springs, segment).values()), axis=0)

    def shared_sizes(self, layout: Layout, segment: int) -> np.ndarray:
        """Return the reals of each world that lie in shared memory, shape (worlds,)."""
        return self.parameter_counts(layout, segment) + self.scratch_sizes(layout, segment)

    def weight_blocks(self, layout: Layout, steps: int) -> tuple[WeightBlock, ...]:
        """Return where weights lie: Xavier-normal ones of both layers, and biases that start at zero."""
        del steps
        sizes, hidden = self._sizes(layout.dimension, layout.row), self.hidden
        inputs = self.sines + sizes.inputs
        first = Distribution("normal", scale=self.gain_in * math.sqrt(2.0 / (hidden + inputs)))
        second = Distribution("normal", scale=self.gain_out * math.sqrt(2.0 / (hidden + 1)))
        bias = hidden * inputs
        return (
            WeightBlock(
                hidden,
                0,
                sizes.weights,
                first,
                lines=self.sines,
                weight_step=1,
                place_step=sizes.units,
                group_step=inputs,
            ),
            WeightBlock(
                sizes.inputs,
                self.sines,
                0,
                first,
                lines=hidden,
                weight_step=inputs,
                place_step=sizes.padded_inputs,
            ),
            WeightBlock(hidden, bias, sizes.weights + self.sines * sizes.units),
            WeightBlock(hidden, bias + hidden, sizes.second, second),
            WeightBlock(1, bias + 2 * hidden, sizes.second + sizes.units),
        )

    def bind(self, binding: Binding, parameters: wp.array, gradient: wp.array) -> Any:
        """Return the struct of the network's arrays, with scratch for one segment."""
        types, layout = binding.types, binding.layout
        sizes, device = self._sizes(layout.dimension, layout.row), parameters.device
        control = binding.functions.Controller()
        control.parameter_rows = binding.view(parameters, types.row_vector)
        control.gradient_rows = binding.view(gradient, types.row_vector)
        control.gradient = gradient
        for name, counts in sizes.scratch(layout.padded_springs, binding.segment).items():
            count = int(counts.sum()) // layout.row
            setattr(control, name, wp.zeros(count, dtype=types.row_vector, device=device))
        clock = np.ones((binding.steps, sizes.clock))
        clock[:, : self.sines] = self._sines_at(np.arange(binding.steps) * binding.dt)
        control.clock = wp.array(clock.ravel(), dtype=types.real, device=device)
        control.position_scale, control.velocity_scale = self.position_scale, self.velocity_scale
        return control

    def tangent_functions(self, types: TangentTypes) -> TangentFunctions:
        """Return the network for forward mode."""
        return build_shared_tangent(types, self._sizes(types.kernel.dimension, 1))

    def bind_tangent(self, binding: TangentBinding) -> Any:
        """Return the record that forward mode reads besides weights."""
        scales = self.position_scale, self.velocity_scale
        own = binding.types.kernel.real, binding.device
        return shared_control(binding.functions, self._sines_at(binding.times), scales, *own)

    def _sines_at(self, times: np.ndarray) -> np.ndarray:
        """Return the sines at times [s], shape (times,), as (times, sines)."""
        phases = 2.0 * np.pi / self.sines * np.arange(self.sines)
        return np.sin(self.frequency * times[:, None] + phases[None])

    def _sizes(self, dimension: int, row: int) -> SharedSizes:
        return SharedSizes(self.hidden, self.sines, dimension, row, self.sensors)
