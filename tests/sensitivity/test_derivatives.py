"""Derivatives of an episode by four methods."""

import numpy as np
import pytest

import codesign
from codesign.errors import ConfigError, MemoryBudgetError
from codesign.sensitivity import Coordinate, Custom, Loss, Measure, Scalar, Sensitivities
from codesign.sensitivity.richardson import extrapolated

STEPS = 40

# Central differences of a float64 loss keep half of its digits; Richardson's more. Measured: 2e-9 and 4e-10.
TOLERANCES = {"forward": 1e-11, "central": 1e-6, "richardson": 1e-6}


@pytest.fixture(scope="module")
def problem() -> codesign.Problem:
    return codesign.Problem(
        body={"rows": 3, "columns": 4}, physics={"steps": STEPS}, execution={"precision": "float64"}
    )


@pytest.fixture(scope="module")
def body(problem: codesign.Problem) -> codesign.Bodies:
    return problem.bodies(problem.random(1))


@pytest.fixture
def subject(problem: codesign.Problem, body: codesign.Bodies) -> Sensitivities:
    found = Sensitivities(problem.spec, body, problem.initial_weights(body).flat)
    found.inputs["positions"] += [0.0, 2e-3]  # falls on the ground, and does not begin in a kink
    return found


def direction(subject: Sensitivities) -> dict[str, np.ndarray]:
    """Return a direction in all inputs that has something to do with the motion."""
    generator = np.random.default_rng(0)
    units = {"positions": 1e-2, "velocities": 0.1, "rest_lengths": 1e-2, "stiffness": 1e3, "swings": 0.1}
    moving = {
        name: units.get(name, 1.0) * generator.normal(size=value.shape)
        for name, value in subject.inputs.items()
        if name in (*units, "weights", "actuation")
    }
    return {
        name: value * (subject.inputs[name] != 0.0) if name == "swings" else value for name, value in moving.items()
    }


def mean_height(positions: np.ndarray) -> np.ndarray:
    return (positions[..., 1] ** 2).mean()


def gradient_of_mean_height(positions: np.ndarray) -> np.ndarray:
    return 2.0 * positions * [0.0, 1.0] / positions[..., 1].size


SCALARS: list[Scalar] = [
    Loss(),
    Measure("displacement"),
    Coordinate(2, 0, 10),
    Coordinate(0, 0, 10, velocity=True),
    Custom(mean_height, gradient_of_mean_height),
]


@pytest.mark.parametrize("scalar", SCALARS, ids=lambda scalar: type(scalar).__name__)
def test_all_methods_agree(subject: Sensitivities, scalar: Scalar) -> None:
    moving = direction(subject)
    exact = subject.derivative(scalar, moving, "reverse").value
    assert abs(exact) > 1e-6
    for method, tolerance in TOLERANCES.items():
        found = subject.derivative(scalar, moving, method)  # type: ignore[arg-type]
        assert found.value == pytest.approx(exact, rel=tolerance), method
        assert method != "richardson" or found.error < 1e-5 * abs(exact)


def test_one_actuation_value(problem: codesign.Problem, body: codesign.Bodies) -> None:
    generator = np.random.default_rng(1)
    actuation = np.tanh(generator.normal(size=(STEPS, len(body.springs))))
    subject = Sensitivities(problem.spec, body, actuation=actuation)
    one = np.zeros_like(actuation)
    one[30, int(np.argmax(body.swings))] = 1.0
    exact = subject.derivative(None, {"actuation": one}).value
    assert exact != 0.0
    for method, tolerance in TOLERANCES.items():
        found = subject.derivative(None, {"actuation": one}, method).value  # type: ignore[arg-type]
        assert found == pytest.approx(exact, rel=tolerance), method


def test_what_is_added_to_a_controllers_answer(subject: Sensitivities, body: codesign.Bodies) -> None:
    """In the last step nothing answers any more: the velocity moves by the muscle's own impulse."""
    one = np.zeros((STEPS, len(body.springs)))
    muscle = int(np.argmax(body.swings))
    one[-1, muscle] = 1.0
    motion = subject.tangents([{"actuation": one}])
    moved = np.abs(motion.velocities[0, -1]).sum(axis=1)
    assert set(np.flatnonzero(moved)) <= set(body.springs[muscle])
    assert not motion.positions[0, :-1].any()
    with pytest.raises(ConfigError, match="forward"):
        subject.derivative(None, {"actuation": one}, "reverse")


@pytest.mark.slow
def test_masses_of_a_body_that_has_the_defaults(problem: codesign.Problem, body: codesign.Bodies) -> None:
    weights = problem.initial_weights(body).flat
    subject = Sensitivities(problem.spec, body, weights, material_properties=True)
    subject.inputs["positions"] += [0.0, 2e-3]
    generator = np.random.default_rng(3)
    moving = {
        "masses": 0.1 * generator.normal(size=len(body.positions)),
        "damping": generator.random(len(body.springs)),
    }
    exact = subject.derivative(None, moving).value
    assert exact != 0.0
    for method, tolerance in TOLERANCES.items():
        found = subject.derivative(None, moving, method).value  # type: ignore[arg-type]
        assert found == pytest.approx(exact, rel=tolerance), method


@pytest.mark.parametrize(
    ("moving", "method", "part"),
    [
        ({}, "reverse", "none"),
        ({"mass": np.ones(1)}, "reverse", "mass"),
        ({"weights": np.ones(3)}, "forward", "shape"),
        ({"positions": np.full(1, np.nan)}, "central", "shape"),
        ({"weights": None}, "complex", "complex"),
    ],
)
def test_mistakes_are_told(subject: Sensitivities, moving: dict, method: str, part: str) -> None:
    with pytest.raises(ConfigError, match=part):
        subject.derivative(None, moving, method)  # type: ignore[arg-type]


def test_scalars_that_there_are_not(subject: Sensitivities) -> None:
    along = {"weights": np.ones_like(subject.inputs["weights"])}
    for scalar, method, part in (
        (Coordinate(999, 0), "reverse", "mass"),
        (Coordinate(0, 0, 99), "forward", "step"),
        (Measure("joy"), "central", "joy"),
        (Measure("airtime"), "forward", "richardson"),
        (Custom(mean_height), "reverse", "gradient"),
    ):
        with pytest.raises(ConfigError, match=part):
            subject.derivative(scalar, along, method)  # type: ignore[arg-type]
    assert subject.derivative(Measure("effort"), along, "central").value != 0.0


def test_settings_of_differences_that_cannot_be(subject: Sensitivities) -> None:
    along = {"weights": np.ones_like(subject.inputs["weights"])}
    for step in (0.0, -1e-6, float("nan")):
        with pytest.raises(ConfigError, match="above 0"):
            subject.derivative(None, along, "central", step=step)
    with pytest.raises(ConfigError, match="levels"):
        subject.derivative(None, along, "richardson", levels=1)
    with pytest.raises(ConfigError, match="one direction"):
        subject.derivatives(None, [])
    for asked in (subject.value, subject.gradient, lambda scalar: subject.derivative(scalar, along)):
        with pytest.raises(ConfigError, match="None for the loss"):
            asked("loss")  # type: ignore[arg-type]


def test_subjects_that_there_are_not(problem: codesign.Problem, body: codesign.Bodies) -> None:
    weights = problem.initial_weights(body).flat
    with pytest.raises(ConfigError, match="neither"):
        Sensitivities(problem.spec, body)
    with pytest.raises(ConfigError, match="weights of shape"):
        Sensitivities(problem.spec, body, weights[:-1])
    with pytest.raises(ConfigError, match="one body"):
        Sensitivities(problem.spec, body.take([0, 0]), weights)
    small = codesign.Problem(body={"rows": 3, "columns": 4}, execution={"memory_mib": 1})
    with pytest.raises(MemoryBudgetError, match="MiB"):
        Sensitivities(small.spec, body, small.initial_weights(body).flat)


def test_extrapolation_cancels_powers_of_the_step() -> None:
    sizes = 0.1 * 0.5 ** np.arange(5)
    central = (np.exp(1.0 + sizes) - np.exp(1.0 - sizes)) / (2.0 * sizes)
    found, error = extrapolated(central[None])
    assert found[0] == pytest.approx(np.e, abs=1e-12)
    assert abs(central[-1] - np.e) > 1e-6
    assert 0.0 < error[0] < 1e-9
