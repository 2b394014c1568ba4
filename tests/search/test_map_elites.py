"""An archive over measures: the best of every cell stays, in grids and in Voronoi tessellations."""

from typing import Any

import numpy as np
import pytest

from codesign.errors import ConfigError
from codesign.search import Genetic, MapElites
from codesign.search.map_elites import MapElitesSearch
from codesign.search.tessellation import centroids
from tests.search.landscape import SPACE, advance, assert_same, best_drawn, measures_of, resemblance, tell

RANGES = {"lowest": (0.0, 0.0), "highest": (60.0, 1.0)}


def begin(seed: int = 1, **settings: Any) -> MapElitesSearch:
    return MapElites(**{"population_size": 20, **RANGES, **settings}).start(SPACE, seed)


def cells_of(size: np.ndarray, share: np.ndarray) -> list[tuple[int, int]]:
    across, up = np.clip(size / 6, 0, 9).astype(int), np.clip(share * 10, 0, 9).astype(int)
    return list(zip(across.tolist(), up.tolist(), strict=True))


def test_each_cell_keeps_its_best_of_all_times() -> None:
    search, best = begin(), {}
    for _ in range(10):
        asked = search.ask()
        fitness, measures = resemblance(asked.genomes), measures_of(asked.genomes)
        for cell, value in zip(cells_of(measures["size"], measures["muscle_share"]), fitness.tolist(), strict=True):
            best[cell] = max(value, best.get(cell, -1.0))
        tell(search, asked, fitness)
    elites = search.population
    found = dict(
        zip(cells_of(elites.measures["size"], elites.measures["muscle_share"]), elites.fitness.tolist(), strict=True)
    )
    assert found == best
    assert len(found) == len(elites)
    assert search.coverage == len(best) / 100


def test_it_covers_more_than_genetic_search_and_climbs_higher_than_random_search() -> None:
    for seed in range(3):
        elites = advance(begin(seed), 25)[-1]
        assert elites.fitness[0] > best_drawn(seed)
        other, seen = Genetic(population_size=20).start(SPACE, seed), set()
        for _ in range(25):
            asked = other.ask()
            measures = measures_of(asked.genomes)
            seen |= set(cells_of(measures["size"], measures["muscle_share"]))
            tell(other, asked, resemblance(asked.genomes))
        assert len(elites) > len(seen)


def test_what_is_out_of_range_counts_as_the_nearest_cell_and_what_has_no_measure_as_none() -> None:
    search = begin(population_size=4)
    search.ask()
    measures = {"size": np.array([-5.0, 1.0, 900.0, np.nan]), "muscle_share": np.full(4, 0.5)}
    search.tell(np.array([1.0, 2.0, 3.0, 9.0]), measures)
    assert search.population.fitness.tolist() == [3.0, 2.0]


def test_of_equals_in_a_cell_the_older_stays() -> None:
    search = begin(population_size=6)
    for _ in range(3):
        search.ask()
        search.tell(np.zeros(6), {"size": np.full(6, 10.0), "muscle_share": np.full(6, 0.5)})
        assert search.population.identities.tolist() == [[0, 0]]
    assert (search.ask().parents[:, 0] == 0).all()


def test_a_tessellation_fills_its_cells_evenly_and_is_the_same_every_time() -> None:
    one, other = (centroids(40, 2, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    samples = np.random.default_rng(0).uniform(size=(4000, 2))
    counts = np.bincount(((samples[:, None] - one[None]) ** 2).sum(axis=2).argmin(axis=1), minlength=40)
    assert counts.min() > 50
    assert counts.max() < 170


def test_a_tessellation_keeps_the_best_of_the_nearest_centre() -> None:
    search = begin(archive="cvt", cells=(4, 5))
    populations = advance(search, 8)
    centres = search._centroids
    elites = populations[-1]
    scaled = np.stack([elites.measures["size"] / 60, elites.measures["muscle_share"]], axis=1)
    nearest = ((scaled[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
    assert len(set(nearest.tolist())) == len(elites) > 3
    seen = search.overview()
    assert len(seen.empty) == 20 - len(elites)
    other = begin(archive="cvt", cells=(4, 5))
    other.restore(search.state())
    assert_same(advance(search, 3)[-1], advance(other, 3)[-1])


def test_the_overview_of_a_grid_says_where_its_cells_are() -> None:
    search = begin(cells=(5, 8))
    advance(search, 3)
    seen = search.overview()
    assert (seen.across.name, seen.across.lowest, seen.across.highest, seen.across.cells) == ("size", 0.0, 60.0, 5)
    assert (seen.up.name, seen.up.cells) == ("muscle_share", 8)
    assert len(seen.identities) == len(search.population)
    assert f"{len(search.population)} of 40 cells" in seen.note


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"measures": ()}, "measures to be names of measures; got none"),
        ({"measures": ("size", "size")}, "none twice"),
        ({"measures": ("size",)}, "lowest to be"),
        ({"highest": (60.0, 0.0)}, "highest to be above lowest; got 0 to 0 of muscle_share"),
        ({"archive": "tree"}, "archive to be one of grid, cvt"),
        ({"cells": (10, 0)}, "cells to be one whole number above 0, or one for each of 2"),
        ({"cells": (1001, 1000)}, "at most 1,000,000 cells"),
    ],
)
def test_settings_that_make_no_archive_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        begin(**settings)


def test_without_ribs_the_command_that_brings_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codesign.search.looked_at.importlib.util.find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"the package ribs for search=map_elites; got none; pip install"):
        begin()
