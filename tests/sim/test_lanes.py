"""The form that a GPU runs (rows of one number, many lanes per world), on a CPU: same numbers, no races."""

from itertools import product

import numpy as np
import pytest
import warp as wp

from codesign.body import Bodies
from codesign.control import CONTROLLERS
from codesign.sim import Conditions, Execution, Physics, Simulator, simulator
from codesign.sim.kernels import Coulomb, Force
from codesign.streams import Purpose, generation_keys
from codesign.tasks import WalkEfficiently
from tests.sim.bodies import ASSORTED, SOLIDS
from tests.sim.worlds import FELT, MET


@pytest.fixture
def cooperative_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wp.config, "enable_cpu_blocks", True)


def learned(controller: str, terrain: str, dimension: int = 2, forces: tuple[Force, ...] = ()) -> list[np.ndarray]:
    bodies = Bodies.of((ASSORTED if dimension == 2 else SOLIDS)[:3])
    physics = Physics(steps=40, contact=Coulomb(), forces=forces)
    execution = Execution(precision="float64", device="cpu", threads=1, segment_steps=16)
    parts = CONTROLLERS[controller](), [Conditions(MET[terrain](dimension), WalkEfficiently())]
    made = Simulator(bodies, physics, *parts, execution, physical_gradients=True)
    made.draw(generation_keys(3, 0, len(bodies), Purpose.CONTROLLER))
    made.forward()
    made.reverse()
    return [made.loss.numpy(), made.weights(made.gradient), *made.physical_gradients().values()]


@pytest.mark.parametrize(
    ("controller", "terrain", "dimension"),
    [
        # A quick run sees the controller with most in common with others; each has a kernel to compile, twice.
        pytest.param(*choice, marks=[] if choice[0] == "mlp" else pytest.mark.slow)
        for choice in product(sorted(CONTROLLERS), ("flat", "segments", "rough"), (2,))
    ]
    + [pytest.param(controller, "rough", 3, marks=pytest.mark.slow) for controller in sorted(CONTROLLERS)],
)
def test_lanes_change_no_bit(
    controller: str, terrain: str, dimension: int, cooperative_blocks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulator, "row_of", lambda _device, _precision: 1)
    alone = learned(controller, terrain, dimension)
    monkeypatch.setattr(simulator, "lanes_of", lambda _device: 16)
    together = learned(controller, terrain, dimension)
    for one, many in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, many)
        assert np.abs(one).max() > 0


def test_lanes_change_no_bit_with_forces(cooperative_blocks: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulator, "row_of", lambda _device, _precision: 1)
    alone = learned("mlp", "flat", forces=FELT)
    monkeypatch.setattr(simulator, "lanes_of", lambda _device: 16)
    for one, many in zip(alone, learned("mlp", "flat", forces=FELT), strict=True):
        np.testing.assert_array_equal(one, many)
    assert all((one != other).any() for one, other in zip(alone, learned("mlp", "flat"), strict=True))


@pytest.mark.parametrize("row", [4, 8])
def test_rows_agree_with_single_numbers(row: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulator, "row_of", lambda _device, _precision: row)
    in_rows = learned("mlp", "segments")
    monkeypatch.setattr(simulator, "row_of", lambda _device, _precision: 1)
    for many, one in zip(in_rows, learned("mlp", "segments"), strict=True):
        np.testing.assert_allclose(many, one, rtol=1e-9, atol=1e-12 * np.abs(one).max())
