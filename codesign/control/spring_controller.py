"""The base of controllers of one spring: a plug-in writes functions of values, the rest stands here.

Example, a sine per muscle:

    @dataclass(frozen=True)
    class Wobble(SpringController):
        name: str = "wobble"
        frequency: float = 8.0

        def parameters(self, dimension):
            return (Parameter("amplitude", normal(1.0)), Parameter("lead", uniform(0.0, 2.0 * np.pi)))

        def clock(self, times):
            return {"angle": self.frequency * times}

        def spring_functions(self, types):
            real, scalar, sine = types.real, types.scalar, build_sine(types)

            @wp.func(module=types.module, inline=True)
            def drive(amplitude: real, lead: real, angle: real) -> scalar:
                return scalar(amplitude * sine(angle + lead))

            return SpringFunctions(drive)
"""

from abc import ABC, abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import warp as wp

from codesign.body import Bodies, Body
from codesign.sim import Binding, Distribution, Layout, TangentBinding, WeightBlock
from codesign.sim.kernels import (
    SENSES,
    ControllerFunctions,
    KernelTypes,
    LearnedQuantity,
    Quantity,
    RowSizes,
    SpringFunctions,
    SpringQuantities,
    TangentFunctions,
    TangentTypes,
    build_pointwise,
    build_pointwise_tangent,
    row_sizes,
    senses_used,
)


def constant(value: float) -> Distribution:
    """Return first values that are all the same."""
    return Distribution(location=value)


def normal(deviation: float, mean: float = 0.0) -> Distribution:
    """Return normally distributed first values."""
    return Distribution("normal", mean, deviation)


def uniform(low: float, high: float) -> Distribution:
    """Return first values that are uniform between two numbers."""
    return Distribution("uniform", low, high - low)


zeros = constant(0.0)
"""First values of zero."""


@dataclass(frozen=True)
class Parameter:
    """Numbers that are learned.

    Attributes:
        name: of the argument by which functions take it, and of the weights.
        initial: what first values are drawn from: `constant`, `normal` or `uniform`.
        per: "spring" where every spring has its own, "body" where all springs of a body share it, "step" where every
            spring has its own for every step.
        width: how many numbers it has; a function takes more than one as a vector. Not for parameters of a step.
    """

    name: str
    initial: Distribution = zeros
    per: str = "spring"
    width: int = 1

    def shape(self, springs: int, steps: int) -> tuple[int, ...]:
        """Return the shape of its weights: (springs,) or (springs, width), (width,), or (steps, springs)."""
        if self.per == "body":
            return (self.width,)
        if self.per == "step":
            return (steps, springs)
        return (springs,) if self.width == 1 else (springs, self.width)

    def parts(self, masses: int, springs: int, steps: int) -> np.ndarray:
        """Return which spring each of its weights is of, as `Controller.weight_parts` does, of the shape of these."""
        shape = self.shape(springs, steps)
        if self.per == "body":
            return np.full(shape, -1)
        of_springs = masses + np.arange(springs)
        each = of_springs if self.per == "step" or self.width == 1 else of_springs[:, None]
        return np.broadcast_to(each, shape)


class SpringController(ABC):
    """A controller whose actuation of a spring is a function of values that belong to that spring.

    A subclass is a frozen dataclass of settings, with a `name` equal to its key in the registry. It says what its
    parameters are (`parameters`), what numbers there are of time (`clock`) and of each spring (`constants`), what
    springs sense (`inputs`), and gives two functions of values to be compiled by Warp (`spring_functions`):

    - `drive`, whose tanh is the actuation of a spring, so that it lies between -1 and 1;
    - `prepare`, if something can be computed once per episode instead of at every step.

    Their arguments are told by name: any parameter, any key of what `clock` and `constants` return, any of the inputs,
    and in `drive` what `prepare` has prepared. A quantity of one number is a `types.real`; one of several is a vector
    of that many reals, such as `types.vector`. Warp differentiates both functions, and the simulator does the rest.

    What to know about the functions:

    - decorate them with `@wp.func(module=types.module, inline=True)`, and return a vector, built whole: `types.scalar`
      for one number. Warp's derivative of a write to one component of a vector is wrong;
    - use arithmetic, `wp.sqrt`, `wp.exp`, and what `types` has: `larger`, `smaller` and `pick` choose without a branch.
      `build_sine` and `build_tanh` make functions that become vector code, as calls of `wp.sin` do not;
    - write no branch and no loop, on which a row of springs would be computed one by one;
    - return finite numbers where all arguments are 0: such springs fill up rows;
    - read no setting inside, or name it in `structure`: kernels are shared by controllers of the same structure.
      Settings may enter through `clock`, `constants` and first values, which are not part of the kernels.
    """

    name: str
    inputs: ClassVar[tuple[str, ...]] = ()
    """What springs sense: "strain" (length / rest length - 1) and "strain_rate" [1/s]; and of every sense of masses (a
    key of `SENSES`) what is felt at the ends: "contact_first", "contact_second" or "contact_mean", say."""

    @abstractmethod
    def parameters(self, dimension: int) -> tuple[Parameter, ...]:
        """Return what is learned, in the order of the weights."""

    def clock(self, times: np.ndarray) -> dict[str, np.ndarray]:
        """Return the numbers that are the same for all springs at a step, by name.

        Args:
            times: when steps begin [s], shape (steps,).

        Returns:
            Arrays of shape (steps,) or (steps, width), computed once per simulator.
        """
        del times
        return {}

    def constants(self, body: Body) -> dict[str, np.ndarray]:
        """Return numbers of every spring that do not change, by name, of shape (springs,) or (springs, width).

        Args:
            body: in its own frame, before the terrain has put it down.
        """
        del body
        return {}

    @abstractmethod
    def spring_functions(self, types: KernelTypes) -> SpringFunctions:
        """Return `drive`, and `prepare` if there is one, in the types of the kernels."""

    @property
    def structure(self) -> tuple[Hashable, ...]:
        """What decides the functions besides the class; to be extended by settings that they read."""
        return (type(self).__module__, type(self).__qualname__, self.name, self.inputs)

    @property
    def senses(self) -> tuple[str, ...]:
        """What every mass senses for it."""
        return senses_used(self.inputs, tuple(SENSES))

    def functions(self, types: KernelTypes) -> ControllerFunctions:
        """Return the controller as functions of lanes."""
        return build_pointwise(types, self._quantities(types.dimension), self.spring_functions(types), self.senses)

    def weight_shapes(self, masses: int, springs: int, dimension: int, steps: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the parameters of a body by name."""
        del masses
        return {own.name: own.shape(springs, steps) for own in self.parameters(dimension)}

    def weight_parts(self, masses: int, springs: int, dimension: int, steps: int) -> dict[str, np.ndarray]:
        """Return which spring each weight of a body is of, by what its parameter is `per`."""
        return {own.name: own.parts(masses, springs, steps) for own in self.parameters(dimension)}

    def parameter_counts(self, layout: Layout, steps: int) -> np.ndarray:
        """Return the parameters of each world, padding included, shape (worlds,)."""
        own = self._quantities(layout.dimension)
        each = own.width("learned") + steps * own.width("stepwise")
        return each * layout.padded_springs + layout.row * own.width("shared")

    def scratch_sizes(self, layout: Layout, segment: int) -> np.ndarray:
        """Return the reals of scratch and constants of each world, shape (worlds,)."""
        del segment
        return sum(self._scratch(layout).values()) * layout.padded_springs

    def shared_sizes(self, layout: Layout, segment: int) -> np.ndarray:
        """Return the reals of each world in shared memory: all but the parameters of steps, shape (worlds,)."""
        return self.parameter_counts(layout, 0) + self.scratch_sizes(layout, segment)

    def weight_blocks(self, layout: Layout, steps: int) -> tuple[WeightBlock, ...]:
        """Return where the weights of each world lie: a block for every parameter."""
        own, padded, springs = self._quantities(layout.dimension), layout.padded_springs, layout.springs
        first_shared = own.width("learned") * padded
        first_step = first_shared + own.width("shared") * layout.row
        blocks, weight, sources = [], np.zeros_like(springs), own.sources()
        for parameter in self.parameters(layout.dimension):
            number, width = sources[parameter.name].first, parameter.width
            if parameter.per == "spring":
                lines = {"lines": width, "weight_step": 1, "place_step": padded, "group_step": width}
                block = WeightBlock(springs, weight, number * padded, parameter.initial, **lines)
            elif parameter.per == "body":
                lines = {"lines": width, "weight_step": 1, "place_step": layout.row}
                block = WeightBlock(1, weight, first_shared + number * layout.row, parameter.initial, **lines)
            else:
                lines = {"lines": steps, "weight_step": springs, "place_step": own.width("stepwise") * padded}
                block = WeightBlock(springs, weight, first_step + number * padded, parameter.initial, **lines)
            blocks.append(block)
            weight = weight + block.count * block.lines
        return tuple(blocks)

    def bind(self, binding: Binding, parameters: wp.array, gradient: wp.array) -> Any:
        """Return the struct of the controller's arrays, its scratch on the device of the parameters."""
        types, layout, device = binding.types, binding.layout, parameters.device
        control = binding.functions.Controller()
        control.parameter_rows = control.stepwise_rows = binding.view(parameters, types.row_vector)
        control.gradient_rows = binding.view(gradient, types.row_vector)
        rows = int(layout.spring_start[-1]) // layout.row
        for name, each in self._scratch(layout).items():
            setattr(control, name, wp.zeros(max(each * rows, 1), dtype=types.row_vector, device=device))
        constants = self._constants(binding.bodies, layout, binding.copies)
        if constants.size:
            control.constant_rows = wp.array(constants.reshape(-1, layout.row), dtype=types.row_vector, device=device)
        clock = _columns(self.clock(np.arange(binding.steps) * binding.dt).values(), binding.steps)
        control.clock = wp.array(np.append(clock.ravel(), 0.0), dtype=types.real, device=device)
        return control

    def tangent_functions(self, types: TangentTypes) -> TangentFunctions:
        """Return the controller for forward mode, by the gradients of its functions."""
        dimension = types.kernel.dimension
        learned = [LearnedQuantity(own.name, own.per, own.width) for own in self.parameters(dimension)]
        own = self._quantities(dimension), self.spring_functions(types.kernel), self.senses
        return build_pointwise_tangent(types, *own, learned)

    def bind_tangent(self, binding: TangentBinding) -> Any:
        """Return the record that forward mode reads besides weights."""
        control, bodies = binding.functions.Control(), binding.bodies
        constants = [
            _columns(self.constants(bodies[number]).values(), int(springs)).ravel()
            for number, springs in enumerate(np.diff(bodies.spring_start))
        ]
        clock = _columns(self.clock(binding.times).values(), len(binding.times))
        prepared = _sizes(self, bodies.positions.shape[1]).prepared * binding.directions * len(bodies.rest_lengths)
        numbers = {"constants": np.concatenate(constants), "clock": clock.ravel()}
        numbers |= dict.fromkeys(("prepared", "d_prepared"), np.zeros(prepared))
        for name, values in numbers.items():
            own = np.append(values, 0.0)
            setattr(control, name, wp.array(own, dtype=binding.types.kernel.real, device=binding.device))
        return control

    def _scratch(self, layout: Layout) -> dict[str, int]:
        """Return how many numbers every spring has in each array of scratch, by its name."""
        sizes = _sizes(self, layout.dimension)
        return {
            "constant_rows": sizes.constants,
            "prepared_rows": sizes.prepared,
            "sum_rows": sizes.summed,
            "passed_rows": sizes.passed(layout.dimension),
        }

    def _constants(self, bodies: Bodies, layout: Layout, copies: int) -> np.ndarray:
        """Return the constants of all springs as kernels read them: world by world, number by number."""
        width = self._quantities(layout.dimension).width("constants")
        values = np.zeros(width * int(layout.spring_start[-1]))
        for body in range(len(bodies)) if width else ():
            own = _columns(self.constants(bodies[body]).values(), int(layout.springs[body * copies]))
            first, stop = (width * int(layout.spring_start[copies * each]) for each in (body, body + 1))
            values[first:stop].reshape(copies, width, -1)[:, :, : len(own)] = own.T
        return values

    def _quantities(self, dimension: int) -> SpringQuantities:
        parameters = self.parameters(dimension)

        def learned(per: str) -> tuple[Quantity, ...]:
            return tuple(Quantity(own.name, own.width) for own in parameters if own.per == per)

        return SpringQuantities(
            learned=learned("spring"),
            shared=learned("body"),
            stepwise=learned("step"),
            constants=_named(self.constants(_smallest(dimension))),
            clock=_named(self.clock(np.zeros(1))),
            inputs=self.inputs,
        )


def _named(values: dict[str, np.ndarray]) -> tuple[Quantity, ...]:
    return tuple(Quantity(name, int(np.prod(np.shape(array)[1:]))) for name, array in values.items())


def _columns(values: Any, count: int) -> np.ndarray:
    """Return arrays of shape (count,) or (count, width) side by side, shape (count, all widths)."""
    return np.concatenate([np.zeros((count, 0)), *(np.reshape(array, (count, -1)) for array in values)], axis=1)


def _smallest(dimension: int) -> Body:
    """Return a body of one spring, for the names and widths of what bodies have."""
    one = np.ones(1)
    return Body(
        positions=np.eye(2, dimension),
        springs=np.array([[0, 1]], np.int32),
        rest_lengths=one,
        stiffness=one,
        swings=0.1 * one,
    )


@lru_cache(maxsize=256)
def _sizes(controller: SpringController, dimension: int) -> RowSizes:
    """Return how many numbers kernels keep for a spring; the functions are built, but not compiled."""
    types = KernelTypes(dimension, "float32", 1, 1, "codesign_sizes")
    quantities = controller._quantities(dimension)
    return row_sizes(types, quantities, controller.spring_functions(types), controller.senses)
