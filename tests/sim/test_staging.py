"""Shared memory: what lies there gives the same bits, on a CPU, where a block's lanes have a buffer of their own."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import warp as wp

from codesign.body import Bodies
from codesign.control import CONTROLLERS
from codesign.sim import Conditions, Execution, Physics, Simulator, device
from codesign.sim.device import settled
from codesign.sim.kernels import Coulomb
from codesign.sim.kernels.shared_memory import ALLOCATOR
from codesign.sim.kernels.staging import build_staging
from codesign.sim.layout import block_memory
from codesign.sim.layout.block_memory import ALIGNMENT, ARRAYS, claimable, ranges
from codesign.sim.layout.packing import PARAMETER_ALIGNMENT
from codesign.streams import Purpose, generation_keys
from codesign.tasks import Flat, WalkEfficiently
from tests.sim.bodies import ASSORTED, strip

CLAIMED = 200 * 1024
BODIES = Bodies.of(ASSORTED[:4])


def made_simulator(controller: str = "mlp", bodies: Bodies = BODIES) -> Simulator:
    physics = Physics(steps=40, contact=Coulomb())
    execution = Execution(precision="float64", device="cpu", threads=1, segment_steps=16, checkpoints=2)
    parts = CONTROLLERS[controller](), [Conditions(Flat(), WalkEfficiently())]
    made = Simulator(bodies, physics, *parts, execution, physical_gradients=True)
    made.draw(generation_keys(3, 0, len(bodies), Purpose.CONTROLLER))
    return made


def learned(made: Simulator) -> list[np.ndarray]:
    found = []
    for _ in range(2):
        made.forward()
        made.reverse()
        found += [made.loss.numpy(), made.weights(made.gradient), *made.physical_gradients().values()]
    return found


@pytest.mark.parametrize(
    "controller",
    ["mlp", *(pytest.param(other, marks=pytest.mark.slow) for other in sorted(CONTROLLERS) if other != "mlp")],
)
def test_staging_changes_no_bit(controller: str, on_lanes: Callable[[int, int], None]) -> None:
    on_lanes(16, 0)
    plain = learned(made_simulator(controller))
    on_lanes(16, CLAIMED)
    staged = made_simulator(controller)
    assert [kernel_of(command) for command in commands(staged)] == ["staged_forward", "staged_reverse"]
    for one, other in zip(plain, learned(staged), strict=True):
        np.testing.assert_array_equal(one, other)
        assert np.abs(one).max() > 0


def test_what_does_not_fit_is_not_staged(on_lanes: Callable[[int, int], None], monkeypatch: pytest.MonkeyPatch) -> None:
    on_lanes(16, 0)
    plain = made_simulator()
    needs = np.sort(plain._launches.needs)
    monkeypatch.setattr(block_memory, "FEWEST_WORLDS", 1)
    on_lanes(16, int(needs[-1]) - 1)
    mixed = made_simulator()
    kernels = [kernel_of(command) for command in commands(mixed)]
    assert kernels[:2] == ["forward", "reverse"]
    assert set(kernels[2:]) == {"staged_forward", "staged_reverse"}
    asked = {command.hooks.forward_smem_bytes for command in commands(mixed)[2:]}
    assert asked <= set(needs[:-1].tolist())
    for one, other in zip(learned(plain), learned(mixed), strict=True):
        np.testing.assert_array_equal(one, other)


def commands(made: Simulator) -> list[Any]:
    """Return a simulator's launches, forward and reverse in turns."""
    return [command for pair in made._launches.commands for command in pair]


def kernel_of(command: Any) -> str:
    """Return which of its program's kernels a launch runs."""
    return "staged_" * (command.hooks.forward_smem_bytes > 0) + command.kernel.func.__name__


@pytest.mark.slow
def test_no_more_is_used_than_asked_for(on_lanes: Callable[[int, int], None]) -> None:
    on_lanes(4, CLAIMED)
    bodies = Bodies.of([ASSORTED[0], strip(20)])  # every array of the large one is larger than all that may be spare
    made = made_simulator(bodies=bodies)
    program = made._program
    types, control = program.types, program.controller
    functions = build_staging(types, 0, CLAIMED)
    begin, end, stage_model = functions.begin, functions.end, functions.model
    stage_tape, stage_adjoint, stage_control = functions.tape, functions.adjoint, control.stage

    @wp.func_native(f"return (int)((uint64_t){ALLOCATOR}(0) - start);")
    def used_since(start: wp.uint64) -> int: ...

    @wp.kernel(module=types.module, enable_backward=False)
    def measure(
        constants: types.Constants,
        model: types.Model,
        controller: control.Controller,
        tape: types.Tape,
        adjoint: types.Adjoint,
        used: wp.array(dtype=wp.int32),
    ):
        world, _lane = wp.tid()
        _claimed = wp.tile_empty(shape=CLAIMED, dtype=wp.uint8, storage="shared")
        start = begin()
        controller = stage_control(constants, model, controller, world)
        tape = stage_tape(tape, constants, model, world)
        adjoint = stage_adjoint(adjoint, constants, model, world)
        model = stage_model(model, world)
        used[world] = used_since(start)
        end(start)

    used = wp.zeros(len(bodies), dtype=wp.int32, device="cpu")
    constants, _surroundings, model, controller, tape, adjoint = made._launches.inputs[1][:6]
    wp.launch_tiled(
        measure,
        dim=[len(bodies)],
        inputs=[constants, model, controller, tape, adjoint, used],
        block_dim=4,
        device="cpu",
    )
    spare = made._launches.needs - used.numpy()
    assert (spare >= 0).all()
    assert (spare < ALIGNMENT * ARRAYS + 8 * PARAMETER_ALIGNMENT).all()


@pytest.mark.parametrize(
    ("needs", "claimed", "expected"),
    [
        ([], 100, []),
        ([50, 40], 0, [(0, 2, 0)]),
        ([50, 40, 30], 100, [(0, 3, 50)]),
        ([150, 90, 110, 80, 79], 100, [(0, 3, 0), (3, 5, 80)]),
        ([90, 80, 60, 50, 40, 30], 100, [(0, 2, 90), (2, 4, 60), (4, 6, 40)]),
        ([90, 50, 50, 50], 100, [(0, 2, 90), (2, 4, 50)]),
        ([90, 90, 90, 50], 100, [(0, 4, 90)]),
    ],
)
def test_ranges(
    needs: list[int], claimed: int, expected: list[tuple[int, int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(block_memory, "FEWEST_WORLDS", 2)
    assert ranges(np.array(needs, dtype=np.int64), claimed) == expected


@pytest.mark.parametrize(
    ("block", "multiprocessor"), [(163, 164), (227, 228), (99, 100)], ids=["sm_80", "sm_90 and sm_100", "sm_120"]
)
def test_a_multiprocessor_holds_three_blocks(block: int, multiprocessor: int) -> None:
    # Each block takes 1 KiB for the driver and a number for each of its lanes.
    taken = claimable(block * 1024) + 1024 + 4 * 64
    assert multiprocessor / 4 * 1024 < taken <= multiprocessor / 3 * 1024


def test_segments_are_short_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settled(Execution(device="cpu")).segment(1000) == 16
    monkeypatch.setattr(device, "device_of", lambda _execution: SimpleNamespace(is_cuda=True))
    assert settled(Execution()).segment(1000) == 8
    assert settled(Execution(segment_steps=20)).segment(1000) == 20
