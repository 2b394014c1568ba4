"""Threads share batches; neither their number nor the size of batches shows in what comes of it."""

import threading

import numpy as np
import pytest

from codesign import parallel
from codesign.body import Tissue, develop
from codesign.genome import LATTICES, Genomes, VariationSettings, keys, random_genomes, repair, vary
from codesign.parallel import batches, for_each
from codesign.streams import Purpose, draws_of


def test_batches_divide_all_members_in_order() -> None:
    for count in (0, 1, 5, 1024, 1025, 100_000):
        pieces = batches(count, 700)
        assert [member for piece in pieces for member in range(count)[piece]] == list(range(count))
    assert max(piece.stop - piece.start for piece in batches(5000, 1)) <= 1024
    assert len(batches(7, 10**9)) == 7


def test_results_come_in_order_from_several_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "available_cores", lambda: 3)
    together = threading.Barrier(3, timeout=10)

    def work(piece: int) -> int:
        if piece < 3:
            together.wait()
        return piece**2

    assert for_each(work, range(20)) == [piece**2 for piece in range(20)]


def test_work_within_work_is_done_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "available_cores", lambda: 2)

    def inner(_piece: int) -> int:
        return threading.get_ident()

    def outer(_piece: int) -> bool:
        return set(for_each(inner, range(4))) == {threading.get_ident()}

    assert all(for_each(outer, range(6)))


def test_what_goes_wrong_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "available_cores", lambda: 2)
    with pytest.raises(ZeroDivisionError):
        for_each(lambda piece: 1 // (piece - 3), range(6))


@pytest.mark.parametrize("kind", ["triangle", "square", "cube"])
def test_neither_threads_nor_batches_show_in_a_population(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = LATTICES[kind](rows=4, columns=5)
    lattice = settings.build()

    def made(cores: int, largest: int) -> list[np.ndarray]:
        monkeypatch.setattr(parallel, "available_cores", lambda: cores)
        monkeypatch.setattr(parallel, "_LARGEST", largest)
        population = random_genomes(lattice, settings, draws_of(0, 0, 300, Purpose.GENOME))
        draws = draws_of(0, 1, 300, Purpose.VARIATION)
        children = vary(lattice, population, np.arange(300), draws, VariationSettings())
        upside_down = Genomes(population.cells[:, ::-1].copy(), population.muscles)
        bodies = develop(lattice, children.genomes, Tissue())
        return [
            *(array for each in (population, children.genomes) for array in (each.cells, each.muscles)),
            children.parents,
            np.array(children.operators),
            repair(lattice, upside_down).cells,
            keys(lattice, children.genomes, symmetric=True),
            bodies.positions,
            bodies.springs,
            bodies.stiffness,
            bodies.swings,
            bodies.mass_start,
        ]

    expected = made(1, 1024)
    for cores, largest in ((3, 1024), (2, 7), (1, 1)):
        for one, other in zip(expected, made(cores, largest), strict=True):
            assert np.array_equal(one, other)
