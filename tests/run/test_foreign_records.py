"""Records that something else wrote, or that were harmed: one clear error, and the run stays as it is."""

import json
import os

import numpy as np
import pyarrow.parquet
import pytest

from codesign.errors import RunError
from codesign.run import DesignTables, RunFolder, evolve, resume, select
from codesign.run.folder import table_of
from codesign.run.replay import history
from tests.run.fakes import CONFIG, experiment


@pytest.fixture
def run(tmp_path):
    evolve(experiment("genetic"), tmp_path / "run", CONFIG)
    return tmp_path / "run"


@pytest.mark.parametrize("column", ["parents", "curve", "genome_cells", "genome_muscles", "status"])
def test_a_table_without_a_column(run, column):
    path = table_of(run / "designs", 1)
    pyarrow.parquet.write_table(pyarrow.parquet.read_table(path).drop_columns([column]), path)
    with pytest.raises(RunError, match=column):
        DesignTables(RunFolder(run)).generation(1)


def test_a_table_of_a_version_with_one_world_for_each_design(run):
    path = table_of(run / "designs", 1)
    expected = DesignTables(RunFolder(run)).generation(1)
    pyarrow.parquet.write_table(pyarrow.parquet.read_table(path).drop_columns(["world_fitness"]), path)
    for design, other in zip(DesignTables(RunFolder(run)).generation(1), expected, strict=True):
        np.testing.assert_array_equal(design.world_fitness, other.world_fitness)


def test_a_table_of_an_older_version_keeps_its_words(run):
    path = table_of(run / "designs", 1)
    table = pyarrow.parquet.read_table(path)
    words = ["diverged", "no_gradient", *table.column("status").to_pylist()[2:]]
    place = table.schema.get_field_index("status")
    pyarrow.parquet.write_table(table.set_column(place, "status", [words]), path)
    assert [design.status for design in DesignTables(RunFolder(run)).generation(1)] == words


def test_a_table_that_does_not_say_how_long_genomes_are(run):
    path = table_of(run / "designs", 1)
    pyarrow.parquet.write_table(pyarrow.parquet.read_table(path).replace_schema_metadata(None), path)
    with pytest.raises(RunError, match="edges"):
        DesignTables(RunFolder(run)).generation(1)


@pytest.mark.parametrize("line", ["[]", "3", "{}", '{"generation": null}'])
def test_a_line_that_is_not_a_generation(run, line):
    path = run / "metrics.jsonl"
    path.write_text(f"{line}\n{path.read_text()}")
    before = {file: file.read_bytes() for file in run.rglob("*") if file.is_file()}
    with pytest.raises(RunError, match="line 1"):
        resume(experiment("genetic"), run)
    assert {file: file.read_bytes() for file in run.rglob("*") if file.is_file()} == before


@pytest.mark.parametrize("spoilt", [{}, {"best_fitness": "high"}, {"best_fitness": True}])
def test_a_line_that_does_not_say_how_fit_designs_were(run, spoilt):
    path = run / "metrics.jsonl"
    first, *others = path.read_text().splitlines(keepends=True)
    row = {name: value for name, value in json.loads(first).items() if name != "best_fitness"}
    path.write_text("".join([json.dumps(row | spoilt) + "\n", *others]))
    with pytest.raises(RunError, match=r"best_fitness in each line of .* in that of generation 0"):
        history(RunFolder(run))


def test_a_lineage_that_does_not_lead_back_in_time(run):
    best = select(RunFolder(run), "best")[0]
    path = table_of(run / "designs", best.identity[0])
    table = pyarrow.parquet.read_table(path)
    own = pyarrow.array([[name] for name in table["design"].to_pylist()], table.schema.field("parents").type)
    place = table.schema.get_field_index("parents")
    pyarrow.parquet.write_table(table.set_column(place, table.schema.field("parents"), own), path)
    with pytest.raises(RunError, match=f"earlier generations; got {best.id} with the parent {best.id}"):
        select(RunFolder(run), "lineage")


@pytest.mark.parametrize("name", ["metrics.jsonl", "designs", "checkpoints", ".lock", "best.json", "inputs"])
@pytest.mark.timeout(30)
def test_a_link_out_of_the_folder(run, tmp_path, name):
    elsewhere = tmp_path / "elsewhere"
    if (run / name).exists():
        (run / name).rename(elsewhere)
    (run / name).symlink_to(elsewhere)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    with pytest.raises(RunError, match="a link"):
        resume(experiment("genetic"), run)
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


@pytest.mark.parametrize("name", ["metrics.jsonl", ".lock", "checkpoints"])
@pytest.mark.timeout(30)
def test_a_pipe_is_not_waited_for(run, tmp_path, name):
    if (run / name).exists():
        (run / name).rename(tmp_path / "elsewhere")
    os.mkfifo(run / name)
    with pytest.raises(RunError, match="a stream"):
        resume(experiment("genetic"), run)
