"""What controllers sense: every choice of sensors against the oracle and central differences, in 2D and in 3D."""

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
import warp as wp

from codesign.body import Bodies
from codesign.control import Mlp, Shared
from codesign.control import sensors as all_sensors
from codesign.errors import ConfigError
from codesign.sim import Simulator, simulator
from codesign.tasks import Flat
from codesign.testing.gradients import gradient_error, standing
from tests.sim.bodies import cubes, strip
from tests.sim.test_gradients import DIFFERENCES
from tests.sim.worlds import Case, padding_of

SENSING = {"mlp": Mlp, "shared": Shared}
QUANTITIES = ("weights", "positions", "velocities", "rest_lengths")
SENSORS = ("position", "velocity", "light", "contact")
"""Sensors that both controllers know."""

SUBSETS = [subset for count in range(len(SENSORS) + 1) for subset in combinations(SENSORS, count)]
FEW = ((), SENSORS)
"""Choices whose kernels a quick run compiles; between them every line of code is met."""

with_sensors = pytest.mark.parametrize(
    "sensors",
    [pytest.param(subset, marks=[] if subset in FEW else [pytest.mark.slow]) for subset in SUBSETS],
    ids=lambda subset: "-".join(subset) or "none",
)
with_controllers = pytest.mark.parametrize("made", SENSING.values(), ids=SENSING)


def case_of(controller: Any, dimension: int = 2, steps: int = 40) -> Case:
    """Return a case with a light, and with ground that is met."""
    terrain = "segments" if dimension == 2 else "rough"
    return replace(Case.of(task="light", terrain=terrain, dimension=dimension, steps=steps), controller=controller)


def loaded(case: Case, bodies: Bodies, **settings: Any) -> Simulator:
    made = case.simulator(bodies, **settings)
    made.load(case.weights(bodies))
    return made


def learned(made: Simulator) -> list[np.ndarray]:
    made.forward()
    made.reverse()
    return [made.loss.numpy(), made.weights(made.gradient), *made.physical_gradients().values()]


def assert_same_bits(ones: list[np.ndarray], others: list[np.ndarray]) -> None:
    for one, other in zip(ones, others, strict=True):
        np.testing.assert_array_equal(one, other)
        assert np.abs(one).max() > 0


def assert_moves_as_told(case: Case) -> None:
    packed = Bodies.of(case.assorted)
    simulated = loaded(case, packed, segment_steps=case.physics.steps)
    simulated.forward()
    positions, actuation = simulated.motion()
    for world, body in enumerate(case.assorted):
        weights = simulated.weights()[simulated.weight_start[world] : simulated.weight_start[world + 1]]
        masses = slice(packed.mass_start[world], packed.mass_start[world + 1])
        springs = slice(packed.spring_start[world], packed.spring_start[world + 1])
        episode = case.episode(body, weights)
        np.testing.assert_allclose(positions[:, masses], episode.positions, rtol=0, atol=1e-12)
        np.testing.assert_allclose(actuation[:, springs], episode.actuation, rtol=0, atol=1e-10)


@with_controllers
@with_sensors
def test_motion(made: Any, sensors: tuple[str, ...]) -> None:
    assert_moves_as_told(case_of(made(sensors=sensors)))


@with_controllers
@with_sensors
def test_gradients(made: Any, sensors: tuple[str, ...]) -> None:
    # Large weights drive all muscles that sense alike to their ends, where differences do not resolve what is left.
    case = case_of(made(sensors=sensors, gain_in=0.5, gain_out=0.5))
    for quantity in QUANTITIES:
        for seed in (0, 1):
            assert gradient_error(case, standing(case, strip(5, 3)), quantity, seed=seed) < DIFFERENCES, quantity


@with_controllers
@pytest.mark.parametrize("row", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_in_space(made: Any, row: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulator, "row_of", lambda _device, _precision: row)
    case = case_of(made(sensors=SENSORS), dimension=3)
    assert_moves_as_told(case)
    for quantity in QUANTITIES:
        assert gradient_error(case, standing(case, cubes(2, 2)), quantity) < DIFFERENCES, quantity


@pytest.mark.slow
@pytest.mark.parametrize(("made", "dimension"), [(Shared, 2), (Mlp, 2), (Shared, 3), (Mlp, 3)])
def test_lanes_and_shared_memory_change_no_bit(made: Any, dimension: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wp.config, "enable_cpu_blocks", True)
    monkeypatch.setattr(simulator, "row_of", lambda _device, _precision: 1)
    case = replace(case_of(made(sensors=SENSORS), dimension, steps=20), terrain=Flat())
    packed = Bodies.of(case.assorted)
    alone = learned(loaded(case, packed, segment_steps=8))
    for lanes, claimed in ((16, 0), (64, 0), (16, 200 * 1024)):
        monkeypatch.setattr(simulator, "lanes_of", lambda _device, lanes=lanes: lanes)
        monkeypatch.setattr(simulator, "shared_of", lambda _device, claimed=claimed: claimed)
        together = loaded(case, packed, segment_steps=8)
        commands = [command for command, _ in together._launches.commands]
        assert all((command.hooks.forward_smem_bytes > 0) == (claimed > 0) for command in commands)
        assert_same_bits(alone, learned(together))


@with_controllers
@pytest.mark.parametrize("dimension", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_segments_of_any_length(made: Any, dimension: int) -> None:
    case = replace(case_of(made(sensors=SENSORS), dimension, steps=30), terrain=Flat())
    packed = Bodies.of(case.assorted)
    whole = learned(loaded(case, packed, segment_steps=30))
    for segment_steps in (1, 7, 16, 29):
        assert_same_bits(whole, learned(loaded(case, packed, segment_steps=segment_steps)))


@with_controllers
def test_padding_stays_out_of_it(made: Any) -> None:
    # Fewer units than a row has numbers, and an odd number of inputs.
    case = case_of(made(hidden=6, sensors=("position", "light")), dimension=3)
    simulated = loaded(case, Bodies.of(case.assorted))
    learned(simulated)
    padding = padding_of(simulated)
    assert padding.any()
    np.testing.assert_array_equal(simulated.gradient.numpy()[padding], 0.0)


@with_controllers
def test_an_episode_that_diverged_leaves_nothing_behind(made: Any) -> None:
    case = case_of(made(sensors=()))
    simulated = loaded(case, Bodies.of(case.assorted))
    first, weights = learned(simulated), simulated.weights()
    simulated.load(np.full_like(weights, np.nan))
    assert np.isnan(learned(simulated)[0]).all()
    simulated.load(weights)
    assert_same_bits(first, learned(simulated))


@with_controllers
def test_the_order_of_sensors_makes_no_difference(made: Any) -> None:
    assert made(sensors=("light", "velocity", "position")) == made(sensors=("position", "velocity", "light"))
    assert made(sensors=["contact", "light"]).senses == ("light", "contact")
    assert made().senses == ()


@with_controllers
@pytest.mark.parametrize("sensors", [("smell",), ("light", "light"), ("position", "Contact")])
def test_sensors_that_cannot_be_had(made: Any, sensors: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match=r"any of position, velocity, light, contact.*, each once") as raised:
        made(sensors=sensors)
    assert ", ".join(sensors) in raised.value.got


@pytest.mark.parametrize(
    ("sensors", "plane", "space"),
    [((), 1, 1), (("position",), 5, 7), (("velocity",), 3, 4), (("light",), 3, 3), (("contact",), 2, 2)],
)
def test_weights_that_all_muscles_share_fit_any_body(sensors: tuple[str, ...], plane: int, space: int) -> None:
    controller = Shared(sensors=sensors, sines=3, hidden=5)
    for dimension, inputs in ((2, plane), (3, space)):
        shapes = {"w1": (5, 3 + inputs), "b1": (5,), "w2": (5,), "b2": (1,)}
        assert (
            controller.weight_shapes(4, 6, dimension, 10) == controller.weight_shapes(40, 90, dimension, 10) == shapes
        )


@pytest.mark.parametrize("dimension", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_any_number_of_senses(dimension: int) -> None:
    """One network takes in everything that is registered, in motion and in reverse."""
    case = case_of(Mlp(sensors=all_sensors()), dimension=dimension, steps=20)
    assert len(case.controller.senses) >= 4
    assert_moves_as_told(case)
    level = replace(case, terrain=Flat())
    body = standing(level, strip(5, 3) if dimension == 2 else cubes(2, 2))
    for quantity in QUANTITIES:
        assert gradient_error(level, body, quantity) < DIFFERENCES
