"""Runs of several islands, and runs that adapt operators: records, resumption, replay and numbers."""

from dataclasses import replace

import numpy as np
import pytest

from codesign.export.numbers import summary_numbers
from codesign.genome import VariationSettings
from codesign.run import RunFolder, evolve, resume
from codesign.run.checkpoint import newest_intact
from codesign.run.design_tables import DesignTables
from codesign.run.metrics import diversity, diversity_between, metrics_table
from codesign.run.populations import populations
from codesign.run.summary import SummaryReader
from tests.run.fakes import CONFIG, GENERATIONS, experiment, finished, results

ADAPTED = VariationSettings(adapt=True)


def islands(**changes):
    one = experiment()
    search = replace(one.search, islands=2, migration_interval=2)
    return replace(one, **{"search": search, "variation": ADAPTED, **changes})


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("islands") / "run"
    evolve(islands(), path, CONFIG)
    return RunFolder(path)


def test_tables_say_which_island_a_design_was_born_on(run, tmp_path):
    table = DesignTables(run).table()
    assert table.column("island").to_pylist() == [0, 0, 0, 1, 1, 1] * GENERATIONS
    assert "island" not in DesignTables(finished(tmp_path / "run")).table().column_names


def test_metrics_have_the_islands_and_the_weights(run, tmp_path):
    rows = run.read_metrics()
    for row in rows:
        assert max(row["island_best"].values()) == row["best_fitness"]
        assert set(row["island_mean"]) == {"0", "1"}
        assert set(row["island_diversity"]) == {"0", "1", "within", "between"}
    assert rows[0]["island_diversity"]["between"] > 0.0
    assert "operator_weights" not in rows[0]
    assert sum(rows[-1]["operator_weights"].values()) == pytest.approx(1.0)
    assert len(set(rows[1]["operator_weights"].values())) == 1
    assert len(set(rows[-1]["operator_weights"].values())) > 1
    assert metrics_table(run).column("island_best.1").to_pylist() == [row["island_best"]["1"] for row in rows]
    plain = finished(tmp_path / "run").read_metrics()[-1]
    assert not {"island_best", "island_mean", "island_diversity", "operator_weights"} & plain.keys()


def test_diversity_between_islands_is_that_of_all_pairs(run):
    *_, last = populations(islands(), run)
    one, other = last.genomes[:3], last.genomes[2:]
    pairs = [np.mean(a != b) for a in one.cells for b in other.cells]
    assert diversity_between([one, other]) == pytest.approx(np.mean(pairs))
    assert diversity_between([one[:1], one[:1]]) == 0.0
    assert diversity(one) > 0.0


def test_a_run_of_islands_is_replayed_and_goes_on_exactly(run, tmp_path):
    kept, _ = newest_intact(run.checkpoints)
    assert kept is not None
    *_, last = populations(islands(), run)
    assert last.identities.tolist() == kept.search["identities"].tolist()
    path = tmp_path / "run"
    evolve(islands(search=replace(islands().search, generations=3)), path, CONFIG)
    resume(islands(), path)
    assert results(RunFolder(path)) == results(run)


def test_the_page_has_curves_of_islands_and_weights(run, tmp_path):
    found = summary_numbers(SummaryReader(run, GENERATIONS).read())
    rows = run.read_metrics()
    assert [len(curve) for curve in found["island_best"]] == [GENERATIONS] * 2
    assert found["island_best"][1][-1] == pytest.approx(rows[-1]["island_best"]["1"], rel=1e-5)
    assert found["diversity_between"][0] == pytest.approx(rows[0]["island_diversity"]["between"], rel=1e-5)
    assert found["operator_weights"]["flip"][0] is None
    assert found["operator_weights"]["flip"][-1] == pytest.approx(rows[-1]["operator_weights"]["flip"], rel=1e-5)
    plain = summary_numbers(SummaryReader(finished(tmp_path / "run")).read())
    assert plain["island_best"] == []
    assert plain["operator_weights"] == {}
