"""Records that something else wrote, or that were harmed: one clear error, and the run stays as it is."""

import pyarrow.parquet
import pytest

from codesign.errors import RunError
from codesign.run import evolve, resume
from codesign.run.designs import read_designs
from codesign.run.folder import table_of
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
        read_designs(run / "designs", 1)


def test_a_table_of_an_older_version_keeps_its_words(run):
    path = table_of(run / "designs", 1)
    table = pyarrow.parquet.read_table(path)
    words = ["diverged", "no_gradient", *table.column("status").to_pylist()[2:]]
    place = table.schema.get_field_index("status")
    pyarrow.parquet.write_table(table.set_column(place, "status", [words]), path)
    assert [design.status for design in read_designs(run / "designs", 1)] == words


def test_a_table_that_does_not_say_how_long_genomes_are(run):
    path = table_of(run / "designs", 1)
    pyarrow.parquet.write_table(pyarrow.parquet.read_table(path).replace_schema_metadata(None), path)
    with pytest.raises(RunError, match="edges"):
        read_designs(run / "designs", 1)


@pytest.mark.parametrize("line", ["[]", "3", "{}", '{"generation": null}'])
def test_a_line_that_is_not_a_generation(run, line):
    path = run / "metrics.jsonl"
    path.write_text(f"{line}\n{path.read_text()}")
    before = {file: file.read_bytes() for file in run.rglob("*") if file.is_file()}
    with pytest.raises(RunError, match="line 1"):
        resume(experiment("genetic"), run)
    assert {file: file.read_bytes() for file in run.rglob("*") if file.is_file()} == before
