"""The controller of the papers: one small neural network per robot."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp

from codesign.checks import require_count, require_number
from codesign.control.mlp_kernels import build_mlp
from codesign.control.mlp_sizes import MlpSizes
from codesign.control.mlp_tangent import build_mlp_tangent, mlp_control
from codesign.control.sensors import ordered_sensors, senses_of
from codesign.sim import Binding, Distribution, Layout, TangentBinding, WeightBlock
from codesign.sim.kernels import SLACK, ControllerFunctions, KernelTypes, TangentFunctions, TangentTypes


@dataclass(frozen=True)
class Mlp:
    """Sines and what every mass senses, through one hidden layer, to every spring; tanh both times.

    The inputs are the sines sin(frequency t + 2 pi j / sines), then what every mass senses, mass by mass, then two ones
    (Strgar et al. 2024). A mass senses, in this order and as far as `sensors` names it, its position relative to the
    centre of mass and its velocity, both times `input_scale`, then what else it senses as it is (`SENSES`).

    Attributes:
        hidden: units of the hidden layer.
        sensors: any of position, velocity, light, contact, height and speed, or none; their order makes no difference.
        sines: number of sines.
        frequency: angular frequency of the sines [rad/s].
        input_scale: factor on positions [1/m] and velocities [s/m].
        gain_in, gain_out: gains of the Xavier-normal first weights of the two layers; biases start at zero.

    Raises:
        ConfigError: a number out of range, a sensor that does not exist or is named twice.
    """

    name: str = "mlp"
    hidden: int = 32
    sensors: tuple[str, ...] = ("position", "velocity")
    sines: int = 10
    frequency: float = 10.0
    input_scale: float = 0.05
    gain_in: float = 2.0
    gain_out: float = 3.0

    def __post_init__(self) -> None:
        for field in ("hidden", "sines"):
            require_count(self, field)
        for field in ("frequency", "input_scale", "gain_in", "gain_out"):
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
        return build_mlp(types, self._sizes(types.row))

    def weight_shapes(self, masses: int, springs: int, dimension: int, steps: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of weights and biases: w1 (hidden, inputs), b1, w2 (springs, hidden), b2.

        Inputs are the sines, then for every mass its position and velocity, one number per axis, its light and its
        contact, as far as they are sensed, then two ones.
        """
        del steps
        inputs = self.sines + self._sizes(1).features(dimension) * masses + 2
        return {
            "w1": (self.hidden, inputs),
            "b1": (self.hidden,),
            "w2": (springs, self.hidden),
            "b2": (springs,),
        }

    def weight_parts(self, masses: int, springs: int, dimension: int, steps: int) -> dict[str, np.ndarray]:
        """Return whose each weight is: columns of w1 are of masses, rows of w2 of springs, the rest is of the body."""
        shapes = self.weight_shapes(masses, springs, dimension, steps)
        sensed = np.repeat(np.arange(masses), self._sizes(1).features(dimension))
        inputs = np.concatenate([np.full(self.sines, -1), sensed, np.full(2, -1)])
        of_springs = masses + np.arange(springs)
        return {
            "w1": np.broadcast_to(inputs, shapes["w1"]),
            "b1": np.full(shapes["b1"], -1),
            "w2": np.broadcast_to(of_springs[:, None], shapes["w2"]),
            "b2": of_springs,
        }

    def parameter_counts(self, layout: Layout, steps: int) -> np.ndarray:
        """Return the parameters of each world, padding included, shape (worlds,)."""
        del steps
        sizes = self._sizes(layout.row)
        inputs = sizes.inputs(layout.dimension, layout.padded_masses)
        return (inputs + layout.padded_springs) * sizes.stride + sizes.units + layout.padded_springs

    def scratch_sizes(self, layout: Layout, segment: int) -> np.ndarray:
        """Return the reals of scratch of each world, shape (worlds,)."""
        sizes = self._sizes(layout.row)
        centres = layout.dimension * layout.row * (sizes.motions > 0)
        features = sizes.features(layout.dimension) * layout.padded_masses
        return (centres + 2 * sizes.units) * segment + 2 * features

    def shared_sizes(self, layout: Layout, segment: int) -> np.ndarray:
        """Return the reals of each world that lie in shared memory, shape (worlds,)."""
        return self.parameter_counts(layout, segment) + self.scratch_sizes(layout, segment)

    def weight_blocks(self, layout: Layout, steps: int) -> tuple[WeightBlock, ...]:
        """Return where weights lie: Xavier-normal ones of both layers, and biases that start at zero."""
        del steps
        sizes, dimension, row = self._sizes(layout.row), layout.dimension, layout.row
        hidden, sines, features = self.hidden, self.sines, sizes.features(dimension)
        masses, springs, padded_masses = layout.masses, layout.springs, layout.padded_masses
        inputs, clock = sines + features * masses + 2, features * padded_masses
        first = Distribution("normal", scale=self.gain_in * np.sqrt(2.0 / (hidden + inputs)))
        second = Distribution("normal", scale=self.gain_out * np.sqrt(2.0 / (hidden + springs)))
        row_step = sizes.stride * row

        def sensed(count: Any, weight: Any, number: Any, group: int = 1, group_step: Any = 1) -> WeightBlock:
            """Return the weights of some inputs: `number` says where the first is among those with padding."""
            return WeightBlock(
                count,
                weight,
                number // row * row_step + number % row,
                first,
                lines=hidden,
                weight_step=inputs,
                place_step=row,
                group=group,
                group_step=group_step,
                row_step=row_step,
            )

        motions = [
            sensed(dimension * masses, sines + dimension * part, dimension * padded_masses * part, dimension, features)
            for part in range(sizes.motions)
        ]
        felt, of_motion = range(sizes.senses), dimension * sizes.motions
        senses = [
            sensed(masses, sines + of_motion + part, padded_masses * (of_motion + part), group_step=features)
            for part in felt
        ]
        # The ones lie behind the sines, but come last among the weights.
        times = [sensed(sines + 2, 0, clock, sines, inputs - 2)]
        if sines == 1:
            places = ((0, 0), (inputs - 2, 1), (inputs - 1, 2))
            times = [sensed(1, weight, clock + part) for weight, part in places]
        outputs, end = hidden * inputs + hidden, sizes.inputs(dimension, padded_masses) * sizes.stride
        bias = end + layout.padded_springs * sizes.stride
        return (
            *times,
            *motions,
            *senses,
            WeightBlock(hidden, hidden * inputs, bias),
            WeightBlock(
                springs,
                outputs,
                end,
                second,
                lines=hidden,
                weight_step=1,
                place_step=row,
                group_step=hidden,
                row_step=row_step,
            ),
            WeightBlock(springs, outputs + springs * hidden, bias + sizes.units),
        )

    def bind(self, binding: Binding, parameters: wp.array, gradient: wp.array) -> Any:
        """Return the struct of the network's arrays, with scratch for one segment."""
        types, layout, segment = binding.types, binding.layout, binding.segment
        sizes, device = self._sizes(layout.row), parameters.device
        control = binding.functions.Controller()
        control.parameter_rows = binding.view(parameters, types.row_vector)
        control.gradient_rows = binding.view(gradient, types.row_vector)
        worlds = len(layout.masses)
        features = sizes.features(layout.dimension) * int(layout.mass_start[-1])
        scratch = {
            "centre_rows": worlds * segment * layout.dimension * layout.row * (sizes.motions > 0),
            "feature_rows": features,
            "hidden_rows": worlds * segment * sizes.units,
            "before_hidden_rows": worlds * segment * sizes.units,
        }
        for name, size in scratch.items():
            setattr(control, name, wp.zeros(size // layout.row, dtype=types.row_vector, device=device))
        # Loads of whole masses read a little beyond the last one.
        control.passed = wp.zeros(features + SLACK, dtype=types.real, device=device)
        control.passed_rows = binding.view(control.passed, types.row_vector)
        time = np.arange(binding.steps) * binding.dt
        clock = np.zeros((binding.steps, sizes.clock))
        clock[:, : self.sines] = self._sines_at(time)
        clock[:, self.sines : self.sines + 2] = 1.0
        control.clock_rows = wp.array(clock.reshape(-1, layout.row), dtype=types.row_vector, device=device)
        control.scale = self.input_scale
        return control

    def tangent_functions(self, types: TangentTypes) -> TangentFunctions:
        """Return the network for forward mode."""
        return build_mlp_tangent(types, self._sizes(1))

    def bind_tangent(self, binding: TangentBinding) -> Any:
        """Return the record that forward mode reads besides weights."""
        own = self._sizes(1), self._sines_at(binding.times), self.input_scale
        threads = binding.directions * len(binding.bodies)
        return mlp_control(binding.functions, *own, threads, binding.types.kernel.real, binding.device)

    def _sines_at(self, times: np.ndarray) -> np.ndarray:
        """Return the sines at times [s], shape (times,), as (times, sines)."""
        return np.sin(self.frequency * times[:, None] + 2.0 * np.pi / self.sines * np.arange(self.sines)[None])

    def _sizes(self, row: int) -> MlpSizes:
        return MlpSizes(self.hidden, self.sines, row, self.sensors)
