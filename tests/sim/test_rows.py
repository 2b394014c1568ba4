"""Rows stay loops until the compiler makes vector code of them: what Warp writes out stays scalar."""

from dataclasses import fields
from typing import Any

import pytest
import warp as wp
from warp._src.context import ModuleBuilder

from codesign.control import CONTROLLERS, sensors
from codesign.sim import Physics
from codesign.sim.kernels import Coulomb
from codesign.sim.kernels.terrain_query import short_loops
from codesign.sim.launching.program import build_program
from codesign.sim.layout import ROWS
from codesign.tasks import TASKS, TERRAINS
from tests.sim.observing import Lean, Watch, WatchHeading
from tests.sim.worlds import DIMENSIONS, FELT


class Listening:
    """What Warp says while it writes code."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def debug(self, message: str) -> None:
        self.said.append(message)

    def info(self, message: str) -> None:
        """Let it pass."""

    def warning(self, message: str, category: Any = None, stacklevel: int = 1) -> None:
        """Let it pass."""

    error = info


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Any:
    listening = Listening()
    monkeypatch.setattr(wp.config, "log_level", wp.LOG_DEBUG)
    wp.set_logger(listening)
    yield listening.said
    wp.set_logger(None)


@pytest.mark.parametrize("dimension", DIMENSIONS)
@pytest.mark.parametrize("terrain", ["flat", "hills"])
@pytest.mark.parametrize("controller", sorted(CONTROLLERS))
def test_warp_writes_out_no_loop_over_a_row(dimension: int, terrain: str, controller: str, said: list[str]) -> None:
    """It does where a static expression stands anywhere inside, whatever `max_unroll` says."""
    made = CONTROLLERS[controller]
    sensing = {"sensors": sensors()}
    own = made(**(sensing if "sensors" in {field.name for field in fields(made)} else {}))
    parts = TERRAINS[terrain](), own, TASKS["walk_efficiently"]()
    row = ROWS["float32"]
    program = build_program(
        dimension,
        "float32",
        Physics(contact=Coulomb(), forces=FELT),
        *parts,
        row=row,
        noisy=True,
        physical_gradients=True,
    )
    module = program.kernels.forward.module
    ModuleBuilder(module, module.options | {"block_dim": 1})
    assert any(f"fixed-size loop count of {row} is larger" in line for line in said)  # so it does speak of loops
    assert [line for line in said if "Forcing unroll" in line] == []


@pytest.mark.parametrize("dimension", DIMENSIONS)
@pytest.mark.parametrize("terrain", ["flat", "hills"])
@pytest.mark.parametrize("task", [Watch(), WatchHeading(), Lean()], ids=lambda task: task.name)
def test_nor_for_what_tasks_see(dimension: int, terrain: str, task: Any, said: list[str]) -> None:
    if dimension not in task.dimensions:
        return
    parts = TERRAINS[terrain](), CONTROLLERS["cpg"](), task
    program = build_program(
        dimension, "float32", Physics(contact=Coulomb()), *parts, row=ROWS["float32"], physical_gradients=True
    )
    module = program.kernels.forward.module
    ModuleBuilder(module, module.options | {"block_dim": 1})
    assert [line for line in said if "Forcing unroll" in line] == []


@pytest.mark.parametrize("count", range(1, 28))
def test_short_loops_count_far_enough(count: int) -> None:
    one, two, three = short_loops(count)
    assert max(one, two, three) <= 3
    assert count <= one * two * three <= 1.5 * count
