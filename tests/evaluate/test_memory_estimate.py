"""The estimate made before anything is computed: what the batches then do, and what is refused."""

from dataclasses import replace

import pytest

from codesign.body import develop
from codesign.errors import MemoryBudgetError
from codesign.evaluate import EvaluationSpec, MemoryEstimate, batches
from codesign.evaluate.batches import bytes_needed, shared
from codesign.evaluate.local import Local
from codesign.evaluate.ray_evaluator import Ray
from codesign.genome import Genomes
from codesign.sim import Execution
from tests.evaluate.fakes import LATTICE, designs, spec


def given(mebibytes: int, **changes) -> EvaluationSpec:
    execution = Execution(device="cpu", memory_mib=mebibytes)
    return replace(spec(), execution=execution, **changes)


def whole(count: int) -> Genomes:
    return Genomes.concatenate([Genomes.full(LATTICE.build())] * count)


@pytest.mark.parametrize(("evaluator", "processes"), [(Local(), 1), (Ray(workers=3), 3)], ids=repr)
def test_batches_do_what_the_estimate_says(evaluator: Local | Ray, processes: int) -> None:
    small = given(9)
    found = MemoryEstimate.of_search(small, evaluator)
    assert found.processes == processes
    assert found.budget == 9 * 2**20 // processes
    assert found.largest_designs is not None
    many = 2 * found.largest_designs + 1
    parts = batches(shared(small, processes), develop(LATTICE.build(), whole(many), small.tissue))
    assert [part.stop - part.start for part in parts] == [found.largest_designs, found.largest_designs, 1]


def test_nothing_that_a_search_draws_is_larger_than_the_largest() -> None:
    found = MemoryEstimate.of_search(given(64), Local())
    needed = bytes_needed(given(64), develop(LATTICE.build(), designs(200)[0], spec().tissue))
    assert needed.max() <= found.largest
    assert found.expected == pytest.approx(needed.mean(), rel=0.1)
    assert found.designs == 64 * 2**20 // found.expected


def test_a_lattice_too_large_for_the_memory_is_refused() -> None:
    large = given(1, lattice=replace(LATTICE, rows=20, columns=30))
    with pytest.raises(MemoryBudgetError, match=r"fills the 20 x 30 triangle lattice; got 1 MiB; raise memory_mib"):
        MemoryEstimate.of_search(large, Local())


def test_workers_that_get_too_little_each_are_refused() -> None:
    large = given(4, lattice=replace(LATTICE, rows=20, columns=30))
    assert MemoryEstimate.of_search(large, Local()).processes == 1
    with pytest.raises(MemoryBudgetError, match=r"1 MiB for each of 4 workers; .* use fewer workers"):
        MemoryEstimate.of_search(large, Ray(workers=4))


def test_the_memory_of_a_cluster_elsewhere_is_its_own_to_know() -> None:
    found = MemoryEstimate.of_search(given(1, lattice=replace(LATTICE, rows=20, columns=30)), Ray(address="auto"))
    assert (found.budget, found.designs, found.largest_designs) == (None, None, None)


def test_given_bodies_are_estimated_as_they_are() -> None:
    bodies = develop(LATTICE.build(), designs(5)[0], spec().tissue)
    needed = bytes_needed(given(64), bodies)
    found = MemoryEstimate.of_bodies(given(64), bodies)
    assert found == MemoryEstimate(needed.max(), int(needed.mean()), 64 * 2**20, 1)
