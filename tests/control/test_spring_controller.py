"""Controllers of one spring: everything that they may take, differentiated, whatever the lanes, rows and segments."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import warp as wp

from codesign.body import Bodies, Body
from codesign.control import Parameter, SpringController, Wave
from codesign.control.spring_controller import normal
from codesign.sim import Physics, Simulator, simulator
from codesign.sim.device import start_warp
from codesign.sim.kernels import KernelTypes, SpringFunctions, build_sine
from codesign.sim.kernels.sine import SINE_ERROR, SINE_ERROR_PER_RADIAN
from codesign.sim.launching.program import CPU_FLAGS, build_program
from codesign.tasks import Flat, Walk
from codesign.testing.gradients import gradient_error, standing
from tests.sim.bodies import cubes, strip
from tests.sim.test_gradients import DIFFERENCES
from tests.sim.worlds import ACTUATES, Case, Weights, padding_of


@dataclass(frozen=True)
class Everything(SpringController):
    """Takes one quantity of every kind, several of some."""

    name: str = "everything"
    inputs = (
        "strain",
        "strain_rate",
        "light_first",
        "light_second",
        "contact_mean",
        "contact_first",
    )

    def parameters(self, dimension: int) -> tuple[Parameter, ...]:
        return (
            Parameter("gains", normal(0.5), width=3),
            Parameter("course", normal(0.5), per="body", width=dimension),
            Parameter("script", normal(0.3), per="step"),
            Parameter("pace", normal(1.0), per="body"),
            Parameter("damping", normal(1.0)),
            Parameter("whole", normal(0.3), per="step"),
        )

    def clock(self, times: np.ndarray) -> dict[str, np.ndarray]:
        return {"waves": np.stack([np.sin(9.0 * times), np.cos(9.0 * times)], axis=1), "angle": 9.0 * times}

    def constants(self, body: Body) -> dict[str, np.ndarray]:
        middle = body.positions[body.springs].mean(axis=1)
        return {"height": middle[:, -1], "middle": middle}

    def spring_functions(self, types: KernelTypes) -> SpringFunctions:
        real, vector, scalar, sine = types.real, types.vector, types.scalar, build_sine(types)
        two, three = wp.types.vector(2, real), wp.types.vector(3, real)

        @wp.func(module=types.module, inline=True)
        def prepare(course: vector, middle: vector, gains: three, pace: real) -> two:
            return two(wp.dot(course, middle), gains[0] * gains[1] + pace)

        @wp.func(module=types.module, inline=True)
        def drive(
            heading: real,
            mixed: real,
            gains: three,
            script: real,
            whole: real,
            pace: real,
            damping: real,
            waves: two,
            angle: real,
            height: real,
            strain: real,
            strain_rate: real,
            light_first: real,
            light_second: real,
            contact_mean: real,
            contact_first: real,
        ) -> scalar:
            rhythm = waves[0] * mixed + waves[1] * height + sine(pace * angle + heading)
            felt = gains[2] * (light_first - light_second) + gains[1] * contact_mean + gains[0] * contact_first
            return scalar(rhythm + felt * strain + felt + damping * real(0.01) * strain_rate + script * whole)

        return SpringFunctions(drive, prepare, prepared=("heading", "mixed"))


def everything(case: Case, body: Body, weights: Weights) -> Any:
    a, b = body.springs.T
    gains, middle = weights["gains"], body.positions[body.springs].mean(axis=1)
    heading, mixed = middle @ weights["course"], gains[:, 0] * gains[:, 1] + weights["pace"]

    def actuate(step: int, x: np.ndarray, v: np.ndarray) -> np.ndarray:
        angle = 9.0 * step * case.physics.dt
        length = np.sqrt(((x[a] - x[b]) ** 2).sum(axis=1) + 1e-12)
        rate = ((x[a] - x[b]) * (v[a] - v[b])).sum(axis=1) / (length * body.rest_lengths)
        light, contact = (case.senses(x, v)[name][:, 0] for name in ("light", "contact"))
        rhythm = np.sin(angle) * mixed + np.cos(angle) * middle[:, -1] + np.sin(weights["pace"] * angle + heading)
        felt = gains[:, 2] * (light[a] - light[b]) + gains[:, 1] * (contact[a] + contact[b]) / 2.0
        felt = felt + gains[:, 0] * contact[a]
        script = weights["script"][step] * weights["whole"][step]
        drive = rhythm + felt * (length / body.rest_lengths) + weights["damping"] * 0.01 * rate + script
        return np.tanh(drive)

    return actuate


def case_of(dimension: int, monkeypatch: pytest.MonkeyPatch, steps: int = 40) -> Case:
    monkeypatch.setitem(ACTUATES, "everything", everything)
    terrain = "segments" if dimension == 2 else "rough"
    return replace(Case.of(task="light", terrain=terrain, dimension=dimension, steps=steps), controller=Everything())


def learned(made: Simulator) -> list[np.ndarray]:
    made.forward()
    made.reverse()
    return [made.loss.numpy(), made.weights(made.gradient), *made.physical_gradients().values()]


def loaded(case: Case, bodies: Bodies, **settings: Any) -> Simulator:
    made = case.simulator(bodies, **settings)
    made.load(case.weights(bodies))
    return made


@pytest.mark.parametrize("dimension", [2, 3])
def test_motion_and_gradients(dimension: int, monkeypatch: pytest.MonkeyPatch) -> None:
    case, body = case_of(dimension, monkeypatch), strip(5, 3) if dimension == 2 else cubes(2, 2)
    bodies = Bodies.of([body])
    simulated = loaded(case, bodies, segment_steps=40)
    simulated.forward()
    episode = case.episode(body, simulated.weights())
    np.testing.assert_allclose(simulated.motion()[0], episode.positions, rtol=0, atol=1e-12)
    np.testing.assert_allclose(simulated.motion()[1], episode.actuation, rtol=0, atol=1e-10)
    for quantity in ("weights", "positions", "velocities", "rest_lengths"):
        assert gradient_error(case, standing(case, body), quantity) < DIFFERENCES, quantity


def test_segments_lanes_and_shared_memory_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    case = replace(case_of(2, monkeypatch, steps=24), terrain=Flat())
    packed = Bodies.of(case.assorted)
    whole = learned(loaded(case, packed, segment_steps=24))
    for segment_steps in (1, 7, 16):
        for one, other in zip(whole, learned(loaded(case, packed, segment_steps=segment_steps)), strict=True):
            np.testing.assert_array_equal(one, other)
    monkeypatch.setattr(wp.config, "enable_cpu_blocks", True)
    monkeypatch.setattr(simulator, "row_of", lambda _device, _precision: 1)
    alone = learned(loaded(case, packed, segment_steps=8))
    for lanes, claimed in ((16, 0), (64, 200 * 1024)):
        monkeypatch.setattr(simulator, "lanes_of", lambda _device, lanes=lanes: lanes)
        monkeypatch.setattr(simulator, "shared_of", lambda _device, claimed=claimed: claimed)
        for one, other in zip(alone, learned(loaded(case, packed, segment_steps=8)), strict=True):
            np.testing.assert_array_equal(one, other)
            assert np.abs(one).max() > 0


def test_padding_stays_out_of_it_and_divergence_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    case = case_of(2, monkeypatch, steps=24)
    simulated = loaded(case, Bodies.of(case.assorted))
    first, weights = learned(simulated), simulated.weights()
    padding = padding_of(simulated)
    assert padding.any()
    np.testing.assert_array_equal(simulated.gradient.numpy()[padding], 0.0)
    simulated.load(np.full_like(weights, np.nan))
    assert np.isnan(learned(simulated)[0]).all()
    simulated.load(weights)
    for one, other in zip(first, learned(simulated), strict=True):
        np.testing.assert_array_equal(one, other)


def built(controller: SpringController) -> None:
    build_program(2, "float32", Physics(), Flat(), controller, Walk(), row=1)


@dataclass(frozen=True)
class Wrong(SpringController):
    """Takes what there is not."""

    name: str = "wrong"
    takes: str = "nothing"

    @property
    def structure(self) -> Any:
        return (*super().structure, self.takes)

    def parameters(self, dimension: int) -> tuple[Parameter, ...]:
        del dimension
        twice = (Parameter("offset"),) * (self.takes == "twice")
        return (Parameter("offset"), *twice, *((Parameter("unused"),) * (self.takes == "unused")))

    def spring_functions(self, types: KernelTypes) -> SpringFunctions:
        real, vector, scalar = types.real, types.vector, types.scalar

        @wp.func(module=types.module)
        def one(offset: real) -> scalar:
            return scalar(offset)

        @wp.func(module=types.module)
        def unknown(offset: real, weather: real) -> scalar:
            return scalar(offset + weather)

        @wp.func(module=types.module)
        def wide(offset: vector) -> scalar:
            return scalar(offset[0])

        if self.takes == "itself":
            return SpringFunctions(one, one, prepared=("offset",))
        return SpringFunctions({"unknown": unknown, "wide": wide}.get(self.takes, one))


@pytest.mark.parametrize(
    ("takes", "message"),
    [
        ("unknown", "drive takes weather; it may take offset"),
        ("wide", "drive takes offset with 2 numbers; it has 1"),
        ("unused", "neither drive nor prepare takes unused"),
        ("itself", "prepared numbers have names of other quantities: offset"),
        ("twice", "two quantities of a spring are called offset"),
    ],
)
def test_arguments_that_cannot_be_had(takes: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        built(Wrong(takes=takes))


def test_inputs_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Wrong, "inputs", ("contact_middle",))
    with pytest.raises(ValueError, match=r"expected inputs among strain, strain_rate, .*contact_mean.*contact_middle"):
        built(Wrong())


@pytest.mark.parametrize(("precision", "bound"), [("float32", SINE_ERROR), ("float64", 1e-15)])
def test_sine_and_its_derivative_are_as_exact_as_they_say(precision: str, bound: float) -> None:
    start_warp()
    types = KernelTypes(2, precision, 1, 1, f"tests.sine_{precision}")
    wp.set_module_options({"cpu_compiler_flags": CPU_FLAGS}, module=wp.get_module(types.module))
    sine, reals, real = build_sine(types), wp.array(dtype=types.real), types.real

    @wp.kernel(module=types.module, enable_backward=True)
    def evaluate(arguments: reals, results: reals):
        i = wp.tid()
        results[i] = sine(arguments[i])

    points = np.concatenate([np.linspace(-1000, 1000, 400_001), np.linspace(-10, 10, 100_001)])
    arguments = wp.array(points, dtype=real, device="cpu", requires_grad=True)
    results = wp.zeros(len(points), dtype=real, device="cpu", requires_grad=True)
    tape = wp.Tape()
    with tape:
        wp.launch(evaluate, dim=len(points), inputs=[arguments, results], device="cpu")
    tape.backward(grads={results: wp.ones(len(points), dtype=real, device="cpu")})
    exact = arguments.numpy().astype(np.float64)
    bounds = bound + (SINE_ERROR_PER_RADIAN * np.abs(exact) if precision == "float32" else 0.0)
    assert (np.abs(results.numpy() - np.sin(exact)) <= bounds).all()
    gradient = arguments.grad
    assert gradient is not None
    assert (np.abs(gradient.numpy() - np.cos(exact)) <= 2.0 * bounds).all()


def test_a_wave_fits_any_body() -> None:
    for dimension in (2, 3):
        assert Wave().weight_shapes(4, 6, dimension, 10) == Wave().weight_shapes(40, 90, dimension, 10)
