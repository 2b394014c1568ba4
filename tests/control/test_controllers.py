"""What every controller promises, and networks of other sizes than the paper's."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from codesign.body import Bodies
from codesign.control import CONTROLLERS, Cpg, CpgFeedback, Mlp, OpenLoopSequence, Shared, Wave
from codesign.errors import ConfigError
from codesign.sim import first_weights
from codesign.streams import Purpose, generation_keys
from codesign.testing.gradients import gradient_error, standing
from codesign.testing.setups import Setup
from codesign.testing.weight_checks import check_weights
from tests.sim.bodies import ASSORTED, strip
from tests.sim.worlds import Case

BODIES = Bodies.of(ASSORTED)
STEPS = 30


@pytest.fixture(params=sorted(CONTROLLERS))
def controller(request: pytest.FixtureRequest) -> Any:
    return CONTROLLERS[request.param]()


def drawn(controller: Any, bodies: Bodies, seed: int = 4) -> np.ndarray:
    return first_weights(controller, bodies, STEPS, generation_keys(seed, 0, len(bodies), Purpose.CONTROLLER))


def counts(controller: Any, bodies: Bodies) -> list[int]:
    """Return the number of weights of each body."""
    sizes = zip(np.diff(bodies.mass_start).tolist(), np.diff(bodies.spring_start).tolist(), strict=True)
    groups = [controller.weight_shapes(masses, springs, 2, STEPS) for masses, springs in sizes]
    return [sum(int(np.prod(shape)) for shape in group.values()) for group in groups]


def test_names_are_keys() -> None:
    assert {name: made().name for name, made in CONTROLLERS.items()} == {name: name for name in CONTROLLERS}


def test_first_weights_are_finite_and_as_many_as_the_groups_say(controller: Any) -> None:
    weights = drawn(controller, BODIES)
    assert weights.dtype == np.float64
    assert weights.shape == (sum(counts(controller, BODIES)),)
    assert np.isfinite(weights).all()
    assert np.ptp(weights) > 0.0


def test_first_weights_depend_on_the_body_and_its_own_key_alone(controller: Any) -> None:
    together = drawn(controller, BODIES)
    np.testing.assert_array_equal(together, drawn(controller, BODIES))
    assert not np.array_equal(together, drawn(controller, BODIES, seed=5))
    own = np.split(together, np.cumsum(counts(controller, BODIES))[:-1])
    keys = generation_keys(4, 0, len(BODIES), Purpose.CONTROLLER)
    for world in (0, 3, 6):
        alone = first_weights(controller, Bodies.of([ASSORTED[world]]), STEPS, keys[world : world + 1])
        np.testing.assert_array_equal(alone, own[world])


def test_weights_have_places_of_their_own(controller: Any) -> None:
    for dimension in (2, 3):
        check_weights(controller, Setup(dimension=dimension).bodies, STEPS)


def test_weights_come_back_as_they_were_loaded(controller: Any) -> None:
    case = replace(Case.of(), controller=controller)
    simulator = case.simulator(BODIES)
    weights = case.weights(BODIES)
    simulator.load(weights)
    np.testing.assert_array_equal(simulator.weights(), weights)
    with pytest.raises(ValueError, match="expected weights of shape"):
        simulator.load(weights[:-1])


def test_the_paper_s_first_weights() -> None:
    """Xavier-normal with gains 2 and 3, biases zero."""
    body = strip(40)
    case = Case.of()
    groups = case.groups(body, drawn(case.controller, Bodies.of([body])))
    inputs, springs = groups["w1"].shape[1], len(groups["w2"])
    assert inputs == 10 + 4 * len(body.positions) + 2
    np.testing.assert_allclose(groups["w1"].std(), 2.0 * np.sqrt(2.0 / (32 + inputs)), rtol=0.04)
    np.testing.assert_allclose(groups["w2"].std(), 3.0 * np.sqrt(2.0 / (32 + springs)), rtol=0.04)
    assert not groups["b1"].any()
    assert not groups["b2"].any()


@pytest.mark.parametrize(
    ("controller", "row"),
    [
        (Mlp(hidden=1, sines=1), 1),
        (Mlp(hidden=1, sines=1), 8),
        (Mlp(hidden=6, sines=3, frequency=25.0, input_scale=1.0), 1),
        (Mlp(hidden=6, sines=3, frequency=25.0, input_scale=1.0), 8),
        (Mlp(hidden=48, sines=10), 8),
        (Shared(hidden=1, sines=1), 8),
        (Shared(hidden=6, sines=3, frequency=25.0, position_scale=1.0), 1),
        (Shared(hidden=6, sines=3, frequency=25.0, velocity_scale=0.2), 8),
        (Shared(hidden=40, sines=10), 8),
        (Cpg(frequency=40.0, amplitude=3.0), 8),
        (CpgFeedback(frequency=40.0, gain=2.0), 1),
        (CpgFeedback(frequency=40.0, gain=2.0), 8),
        (Wave(frequency=25.0, wave_number=40.0), 8),
        (OpenLoopSequence(deviation=2.0), 8),
    ],
    ids=str,
)
def test_other_settings(controller: Any, row: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers that fill no row, and numbers that are not in the kernels, forwards and backwards."""
    monkeypatch.setattr("codesign.sim.simulator.row_of", lambda _device, _precision: row)
    case = replace(Case.of(steps=20), controller=controller)
    for body in (strip(1, 1), strip(5, 3)):
        bodies = Bodies.of([body])
        simulator = case.simulator(bodies, segment_steps=20)
        weights = case.weights(bodies)
        simulator.load(weights)
        simulator.forward()
        episode = case.episode(body, weights)
        np.testing.assert_allclose(simulator.motion()[0], episode.positions, rtol=0, atol=1e-12)
        np.testing.assert_allclose(simulator.motion()[1], episode.actuation, rtol=0, atol=1e-11)
        assert gradient_error(case, standing(case, body), "weights") < 2e-6


@pytest.mark.parametrize(
    ("made", "setting", "value"),
    [
        (Mlp, "hidden", 0),
        (Mlp, "sines", -1),
        (Mlp, "frequency", 0.0),
        (Mlp, "input_scale", float("nan")),
        (Mlp, "gain_in", float("inf")),
        (Mlp, "gain_out", -3.0),
        (Shared, "hidden", 0),
        (Shared, "sines", 0),
        (Shared, "frequency", -1.0),
        (Shared, "position_scale", 0.0),
        (Shared, "velocity_scale", float("nan")),
        (Shared, "gain_in", 0.0),
        (Shared, "gain_out", float("inf")),
        (Cpg, "frequency", -1.0),
        (Cpg, "amplitude", float("inf")),
        (CpgFeedback, "gain", 0.0),
        (Wave, "wave_number", -2.0),
        (OpenLoopSequence, "deviation", 0.0),
    ],
)
def test_settings_out_of_range(made: Any, setting: str, value: float) -> None:
    with pytest.raises(ConfigError, match=f"expected {setting} to be"):
        made(**{setting: value})
