"""Central pattern generator: every spring follows a sine of its own, blind to the body's state."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp

from codesign.body import Bodies
from codesign.control.checks import require_positive
from codesign.sim import Binding, ControllerFunctions, KernelTypes, Layout, build_tanh


@dataclass(frozen=True)
class Cpg:
    """Actuation tanh(amplitude sin(frequency t + phase) + offset); all but the frequency are learned for every spring.

    Attributes:
        frequency: of all sines [rad/s].
        amplitude: standard deviation of the first amplitudes; phases start uniform over the period, offsets at zero.

    Raises:
        ConfigError: a number out of range.
    """

    name: str = "cpg"
    frequency: float = 10.0
    amplitude: float = 1.0

    def __post_init__(self) -> None:
        for field in ("frequency", "amplitude"):
            require_positive("controller", field, getattr(self, field))

    senses = ()

    @property
    def structure(self) -> tuple[Any, ...]:
        """What decides the kernels."""
        return (self.name,)

    def groups(self, masses: int, springs: int, dimension: int, steps: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the learned numbers: amplitude, phase [rad] and offset of every spring."""
        del masses, dimension, steps
        return {"amplitude": (springs,), "phase": (springs,), "offset": (springs,)}

    def parameter_counts(self, layout: Layout, steps: int) -> np.ndarray:
        """Return the parameters of each world, padding included, shape (worlds,)."""
        del steps
        return 3 * layout.padded_springs

    def history(self, layout: Layout, segment: int) -> np.ndarray:
        """Return the reals of scratch of each world, shape (worlds,)."""
        del segment
        return 2 * layout.padded_springs

    def resident(self, layout: Layout, segment: int) -> np.ndarray:
        """Return the reals of each world that lie in shared memory, shape (worlds,)."""
        return self.parameter_counts(layout, segment) + self.history(layout, segment)

    def slots(self, layout: Layout, world: int, steps: int) -> np.ndarray:
        """Return where the learned numbers of a world lie among its parameters, shape (weights,)."""
        del steps
        group = np.arange(3)[:, None] * layout.padded_springs[world]
        return (group + np.arange(layout.springs[world])[None]).ravel()

    def initial(self, bodies: Bodies, steps: int, generators: Sequence[np.random.Generator]) -> np.ndarray:
        """Return first amplitudes, phases and offsets of all bodies, float64, shape (weights,)."""
        del steps
        drawn: list[np.ndarray] = []
        for generator, springs in zip(generators, np.diff(bodies.spring_start).tolist(), strict=True):
            amplitude = generator.normal(0.0, self.amplitude, springs)
            drawn += [amplitude, generator.uniform(0.0, 2.0 * np.pi, springs), np.zeros(springs)]
        return np.concatenate(drawn)

    def bind(self, binding: Binding, parameters: wp.array, gradient: wp.array) -> Any:
        """Return the struct of the generator's arrays."""
        types, device = binding.types, parameters.device
        rows = int(binding.layout.spring_start[-1]) // binding.layout.row
        angle = self.frequency * np.arange(binding.steps) * binding.dt
        control = binding.functions.Controller()
        control.parameter_rows = binding.view(parameters, types.row_vector)
        control.gradient_rows = binding.view(gradient, types.row_vector)
        control.phase_sine = wp.zeros(rows, dtype=types.row_vector, device=device)
        control.phase_cosine = wp.zeros(rows, dtype=types.row_vector, device=device)
        control.waves = wp.array(np.stack([np.sin(angle), np.cos(angle)], axis=1), dtype=types.real, device=device)
        return control

    def functions(self, types: KernelTypes) -> ControllerFunctions:
        """Return the generator as functions of lanes."""
        return _build(types)


def _build(types: KernelTypes) -> ControllerFunctions:
    """Return the functions; a step needs no sine, since sin(a + b) = sin a cos b + cos a sin b."""
    vector, row_vector, ROW, module = types.vector, types.row_vector, types.row, types.module
    Constants, Model, Tape, Adjoint = types.Constants, types.Model, types.Tape, types.Adjoint
    tanh, rows = build_tanh(types), wp.array(dtype=types.row_vector)
    fields = ("parameter_rows", "gradient_rows", "phase_sine", "phase_cosine")
    Controller = types.record("Controller", dict.fromkeys(fields, rows) | {"waves": wp.array(dtype=types.real, ndim=2)})

    @wp.func(module=module, inline=True)
    def prepare(constants: Constants, model: Model, control: Controller, tape: Tape, world: int, lane: int):
        start = model.spring_start[world] // ROW
        count = model.spring_start[world + 1] // ROW - start
        first = model.parameter_start[world] // ROW
        for row in range(lane, count, wp.block_dim()):
            phase = control.parameter_rows[first + count + row]
            sine = row_vector()
            cosine = row_vector()
            for entry in range(ROW):
                sine[entry] = wp.sin(phase[entry])
                cosine[entry] = wp.cos(phase[entry])
            control.phase_sine[start + row] = sine
            control.phase_cosine[start + row] = cosine

    @wp.func(module=module, inline=True)
    def act(
        constants: Constants,
        model: Model,
        control: Controller,
        tape: Tape,
        world: int,
        lane: int,
        step: int,
        slot: int,
        centre: vector,
    ):
        start = model.spring_start[world] // ROW
        count = model.spring_start[world + 1] // ROW - start
        first = model.parameter_start[world] // ROW
        sine = control.waves[step, 0]
        cosine = control.waves[step, 1]
        for row in range(lane, count, wp.block_dim()):
            wave = control.phase_cosine[start + row] * sine + control.phase_sine[start + row] * cosine
            before = wp.cw_mul(control.parameter_rows[first + row], wave)
            before += control.parameter_rows[first + 2 * count + row]
            actuation = row_vector()
            for entry in range(ROW):
                actuation[entry] = tanh(before[entry])
            tape.actuation_rows[start * constants.segment + slot * count + row] = actuation

    @wp.func(module=module, inline=True)
    def reverse(
        constants: Constants,
        model: Model,
        control: Controller,
        tape: Tape,
        adjoint: Adjoint,
        world: int,
        lane: int,
        step: int,
        slot: int,
    ):
        start = model.spring_start[world] // ROW
        count = model.spring_start[world + 1] // ROW - start
        for row in range(lane, count, wp.block_dim()):
            at = start * constants.segment + slot * count + row
            actuated = tape.actuation_rows[at]
            passed = adjoint.actuation_rows[start + row]
            tape.actuation_rows[at] = passed - wp.cw_mul(passed, wp.cw_mul(actuated, actuated))

    @wp.func(module=module, inline=True)
    def accumulate(
        constants: Constants,
        model: Model,
        control: Controller,
        tape: Tape,
        adjoint: Adjoint,
        world: int,
        lane: int,
        begin: int,
        steps: int,
    ):
        start = model.spring_start[world] // ROW
        count = model.spring_start[world + 1] // ROW - start
        first = model.parameter_start[world] // ROW
        own = model.gradient_start[world] // ROW
        for row in range(lane, count, wp.block_dim()):
            along_sine = control.gradient_rows[own + row]
            along_cosine = control.gradient_rows[own + count + row]
            total = control.gradient_rows[own + 2 * count + row]
            for back in range(steps):
                slot = steps - 1 - back
                passed = tape.actuation_rows[start * constants.segment + slot * count + row]
                along_sine += passed * control.waves[begin + slot, 0]
                along_cosine += passed * control.waves[begin + slot, 1]
                total += passed
            control.gradient_rows[own + 2 * count + row] = total
            if begin > 0:
                # Sums over steps, for the segment before to go on with: where segments end does not change a bit.
                control.gradient_rows[own + row] = along_sine
                control.gradient_rows[own + count + row] = along_cosine
            else:
                phase_sine = control.phase_sine[start + row]
                phase_cosine = control.phase_cosine[start + row]
                amplitude = wp.cw_mul(along_sine, phase_cosine) + wp.cw_mul(along_cosine, phase_sine)
                turned = wp.cw_mul(along_cosine, phase_cosine) - wp.cw_mul(along_sine, phase_sine)
                control.gradient_rows[own + row] = amplitude
                control.gradient_rows[own + count + row] = wp.cw_mul(control.parameter_rows[first + row], turned)

    copy_to_shared = types.shared.copy_to_shared

    @wp.func(module=module, inline=True)
    def stage(constants: Constants, model: Model, control: Controller, world: int) -> Controller:
        staged = control
        start = model.spring_start[world] // ROW
        count = model.spring_start[world + 1] // ROW - start
        first = model.parameter_start[world] // ROW
        staged.parameter_rows = copy_to_shared(control.parameter_rows, first, 3 * count)
        staged.phase_sine = copy_to_shared(control.phase_sine, start, count)
        staged.phase_cosine = copy_to_shared(control.phase_cosine, start, count)
        return staged

    @wp.func(module=module, inline=True)
    def save(constants: Constants, model: Model, staged: Controller, control: Controller, world: int):
        pass

    return ControllerFunctions(Controller, prepare, act, reverse, accumulate, stage, save)
