"""Memory: estimated as it is used, kept within the budget, not growing with the steps."""

from dataclasses import replace

import numpy as np
import pytest
import warp as wp

from codesign.body import Bodies, Tissue, develop
from codesign.control import CONTROLLERS
from codesign.errors import MemoryBudgetError
from codesign.genome import LATTICES, random_genomes
from codesign.sim import Conditions, Execution, Physics, Simulator
from codesign.sim.kernels.rows import SLACK
from codesign.sim.layout import bytes_per_world, layout_of, split
from codesign.streams import Purpose, draws_of
from codesign.tasks import Flat, Walk
from tests.sim.bodies import ASSORTED, strip
from tests.sim.observing import WatchHeading
from tests.sim.worlds import Case


def simulator(controller: str, steps: int = 100) -> Simulator:
    execution = Execution(device="cpu", threads=1)
    parts = CONTROLLERS[controller](), [Conditions(Flat(), Walk())]
    return Simulator(Bodies.of(ASSORTED), Physics(steps=steps), *parts, execution)


def held(value: object) -> int:
    """Return the bytes of all arrays in a record or a list, each piece of memory once."""
    found: dict[int, int] = {}

    def collect(item: object) -> None:
        if isinstance(item, wp.array):
            if item.ptr:
                found[item.ptr] = max(found.get(item.ptr, 0), item.size * wp.types.type_size_in_bytes(item.dtype))
        elif isinstance(item, list | tuple):
            for part in item:
                collect(part)
        elif hasattr(item, "_cls"):
            for name in item._cls.vars:  # pyright: ignore[reportAttributeAccessIssue]
                collect(getattr(item, name))

    collect(value)
    return sum(found.values())


@pytest.mark.parametrize("controller", sorted(CONTROLLERS))
def test_the_estimate_is_what_is_allocated(controller: str) -> None:
    made = simulator(controller)
    layout = made.layout
    estimate = bytes_per_world(layout, made.controller, 100, Execution(), made.task.state_size, copies=2).sum()
    actual = held(list(made._launches.inputs))
    for shared in ("waves", "clock_rows"):  # by all worlds
        actual -= held([getattr(made._launches.inputs[0][2], shared, None)])
    # The rest are the padding of parameters and a few offsets per world.
    assert abs(actual - estimate) <= 0.1 * actual


def test_what_a_task_sees_is_counted() -> None:
    task = WatchHeading()
    case = replace(Case.of(dimension=3), task=task)
    made = case.simulator(Bodies.of(case.assorted))
    settings = made.layout, made.controller, case.physics.steps, Execution(precision="float64"), task.state_size, 2
    observed = task.observed(3)
    added = bytes_per_world(*settings, observed=observed) - bytes_per_world(*settings)
    assert observed == (6, 3)
    np.testing.assert_array_equal(added, 8 * 9 * made.layout.padded_masses)
    held_rows = made._states.tape.observation_rows, made._states.adjoint.observation_rows
    assert sum(rows.size - SLACK for rows in held_rows) * made._program.types.row * 8 == added.sum()


def full_grid() -> Bodies:
    """Return the largest body of the 13 x 22 grid."""
    settings = LATTICES["triangle"](rows=13, columns=22)
    lattice = settings.build()
    genomes = random_genomes(lattice, settings, draws_of(0, 0, 1, Purpose.GENOME))
    return develop(lattice, replace(genomes, cells=np.ones_like(genomes.cells)), Tissue())


@pytest.mark.parametrize("steps", [1000, 10_000, 100_000])
def test_the_largest_body_needs_at_most_250_kib_besides_weights_however_long_the_episode(steps: int) -> None:
    bodies = full_grid()
    assert (len(bodies.positions), len(bodies.springs)) == (168, 453)
    controller = CONTROLLERS["mlp"]()
    needed = bytes_per_world(layout_of(bodies, 16), controller, steps, Execution(), 2, copies=0)
    assert needed.max() <= 250 * 1024
    made = Simulator(
        bodies, Physics(steps=steps), controller, [Conditions(Flat(), Walk())], Execution(device="cpu", threads=1)
    )
    weights, plan = held([made.parameters, made.gradient]), made._launches.inputs[0][5]
    shared = held([made._launches.inputs[0][3].clock_rows, plan])
    assert held(list(made._launches.inputs)) - weights - shared <= 252 * 1024  # a few offsets and one loss more


def test_small_bodies_keep_a_state_for_every_segment() -> None:
    made = simulator("mlp", steps=1000)
    assert set(made.snapshots) == {-(-1000 // made.segment)}


def test_ranges_fit_the_budget_and_miss_nobody() -> None:
    sizes = np.array([3, 4, 5, 1, 9, 2, 2])
    ranges = split(sizes, 9)
    assert [sizes[part].tolist() for part in ranges] == [[3, 4], [5, 1], [9], [2, 2]]


def test_a_design_larger_than_the_budget_is_refused_before_anything_is_made() -> None:
    with pytest.raises(MemoryBudgetError, match=r"execution\.memory_mib"):
        split(np.array([10 * 2**20]), 2**20)


def test_a_robot_of_the_small_grid_needs_at_most_200_kib() -> None:
    # A strip of 20 triangles has 22 masses and 41 springs, as random bodies of the 6 x 10 grid have on average.
    bodies = Bodies.of([strip(20)])
    made = Simulator(bodies, Physics(), CONTROLLERS["mlp"](), [Conditions(Flat(), Walk())], Execution(device="cpu"))
    needed = bytes_per_world(made.layout, made.controller, 1000, Execution(), 2, copies=3)
    assert needed.max() <= 200 * 1024
