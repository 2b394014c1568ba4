"""Finding designs of a run again."""

import itertools

import numpy as np
import pyarrow.parquet
import pytest

from codesign.errors import DesignError, RunError
from codesign.evaluate import Request
from codesign.run import DesignTables, RunFolder, evolve, populations, select
from codesign.run import design_tables as design_tables_module
from codesign.run import designs as designs_module
from codesign.run.checkpoint import newest_intact
from codesign.run.designs import design_id, design_ids, identity_of
from codesign.run.folder import table_of
from codesign.search import SEARCHES
from tests.evaluate.fakes import quick, spec
from tests.run.fakes import CONFIG, GENERATIONS, Quick, experiment, finished


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return finished(tmp_path_factory.mktemp("selection") / "run")


@pytest.fixture(scope="module")
def designs(run):
    return [design for generation in range(GENERATIONS) for design in DesignTables(run).generation(generation)]


def by_fitness(designs):
    return sorted((one for one in designs if np.isfinite(one.fitness)), key=lambda one: (-one.fitness, one.identity))


def test_a_row_is_what_was_evaluated(run):
    search = experiment().search.start(experiment().space, experiment().seed)
    for generation in range(3):
        asked = search.ask()
        evaluations = quick(spec(), Request(asked.genomes, asked.identities))
        search.tell(evaluations.fitness)
        for index, design in enumerate(DesignTables(run).generation(generation)):
            assert design.identity == tuple(asked.identities[index])
            assert design.parents == tuple(tuple(pair) for pair in asked.parents[index].tolist() if pair != [-1, -1])
            assert design.operator == asked.operators[index]
            assert design.fitness == evaluations.fitness[index]
            assert design.status == ("ok" if np.isfinite(design.fitness) else "not_finite")
            assert np.array_equal(design.curve, evaluations.curves[index], equal_nan=True)
            assert design.measures == {"height": evaluations.measures["height"][index]}
            assert np.array_equal(design.genome.cells, asked.genomes.cells[index])
            assert np.array_equal(design.genome.muscles, asked.genomes.muscles[index])
            sizes = (evaluations.masses[index], evaluations.springs[index], evaluations.muscles[index])
            assert (design.masses, design.springs, design.muscles) == sizes


def test_the_best_is_the_best_of_all(run, designs):
    assert [design.id for design in select(run, "best")] == [by_fitness(designs)[0].id]


def test_the_top_comes_best_first(run, designs):
    assert [design.id for design in select(run, "top5")] == [design.id for design in by_fitness(designs)[:5]]
    assert len(select(run, "top999")) == len(by_fitness(designs))


def test_a_generation_means_its_valid_designs(run, designs):
    born = [design for design in designs if design.identity[0] == 2]
    assert [design.id for design in select(run, "generation:2")] == [design.id for design in by_fitness(born)]


def test_an_id_means_its_design_even_if_invalid(run, designs):
    for design in designs:
        assert [found.identity for found in select(run, design.id)] == [design.identity]


def test_a_lineage_goes_back_to_the_beginning(run):
    line = select(run, "lineage")
    assert line[0].id == select(run, "best")[0].id
    assert all(child.parents[0] == parent.identity for child, parent in itertools.pairwise(line))
    assert line[-1].identity[0] == 0
    assert line[-1].parents == ()


def test_several_selections_are_joined_without_repetition(run):
    both = [design.id for design in select(run, "top2, best,generation:0")]
    assert both[:2] == [design.id for design in select(run, "top2")]
    assert len(set(both)) == len(both)


@pytest.mark.parametrize(
    ("selection", "remedy"),
    [
        ("g099-i0000", "generations 0 to 5"),
        ("g002-i0006", "g002-i0000 to g002-i0005"),
        ("generation:6", "0 to 5"),
        ("top0", "at least one"),
        ("worst", "best, top5"),
        ("", "best, top5"),
        ("g12", "g012-i0007"),
        ("best,nonsense", "best, top5"),
    ],
)
def test_what_the_run_does_not_know_is_one_clear_error(run, selection, remedy):
    with pytest.raises(DesignError, match=remedy):
        select(run, selection)


def test_a_run_without_a_valid_design_has_no_best(tmp_path):
    evolve(experiment(evaluator=Quick(hopeless=True)), tmp_path / "run", CONFIG)
    with pytest.raises(DesignError, match="valid design"):
        select(RunFolder(tmp_path / "run"), "best")


def test_a_folder_that_is_no_run_is_told(tmp_path):
    with pytest.raises(RunError, match="folder of a run"):
        select(RunFolder(tmp_path), "best")


def test_a_run_that_has_just_begun_has_no_designs(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.create(CONFIG)
    for selection in ("best", "g000-i0000", "generation:0"):
        with pytest.raises(DesignError):
            select(folder, selection)


def test_a_harmed_table_is_told(tmp_path):
    run = finished(tmp_path / "run", "genetic")
    table = run.designs / "generation_000001.parquet"
    table.write_bytes(table.read_bytes()[:50])
    with pytest.raises(RunError, match="generation_000001"):
        DesignTables(run).find([(1, 0)])


def test_a_table_with_a_bit_that_flipped_is_told_or_does_not_matter(tmp_path):
    run = finished(tmp_path / "run")
    path = table_of(run.designs, 1)
    intact, before = path.read_bytes(), repr(DesignTables(run).generation(1))
    places, refused = range(0, len(intact), 61), []
    for place in places:
        path.write_bytes(intact[:place] + bytes([intact[place] ^ 4]) + intact[place + 1 :])
        try:
            assert repr(DesignTables(run).generation(1)) == before
        except RunError as error:
            refused.append(str(error))
    assert len(refused) > len(places) / 4
    assert all("generation_000001" in said for said in refused)


@pytest.mark.parametrize("identity", [(0, 0), (12, 7), (1234, 56789)])
def test_ids_go_there_and_back(identity):
    assert identity_of(design_id(*identity)) == identity


def test_ids_sort_as_designs_were_made():
    assert design_id(12, 7) == "g012-i0007"


def test_every_search_leaves_designs_to_be_found(tmp_path):
    for name in SEARCHES:
        assert select(finished(tmp_path / name, name), "best")


@pytest.fixture
def reads(monkeypatch):
    """Return a list to which each read of a table adds its file and, unless it took all, the rows it asked for."""
    made = []
    read = design_tables_module.read_columns

    def noted(path, columns, individuals=None):
        made.append((path.stem, columns, individuals))
        return read(path, columns, individuals)

    monkeypatch.setattr(design_tables_module, "read_columns", noted)
    return made


def test_one_design_is_read_alone(run, reads, monkeypatch):
    built = []
    make = design_tables_module._design
    monkeypatch.setattr(design_tables_module, "_design", lambda row, edges: built.append(row) or make(row, edges))
    (design,) = select(run, "g002-i0003")
    assert design.identity == (2, 3)
    assert reads == [("generation_000002", None, [3])]
    assert len(built) == 1


def test_a_generation_is_read_once(run, reads):
    assert len(select(run, "generation:2")) > 1
    assert [columns is None for _, columns, _ in reads] == [False, True]


def test_a_lineage_reads_each_ancestor_once(run, reads):
    line = select(run, "lineage")
    assert len(line) > 1
    assert [read for read in reads if read[1] is None] == [
        (f"generation_{design.identity[0]:06d}", None, [design.identity[1]]) for design in line
    ]


@pytest.mark.parametrize("count", [0, 1, 3, 999, None])
def test_a_ranking_holds_the_best_of_all_generations(run, designs, count):
    identities = [design.identity for design in by_fitness(designs)]
    assert DesignTables(run).ranking(count) == identities[:count]


@pytest.mark.parametrize("count", [4, 9])
def test_of_equals_the_older_comes_first(count, tmp_path):
    run = finished(tmp_path / "run")
    for generation in (3, 1):
        path = table_of(run.designs, generation)
        table = pyarrow.parquet.read_table(path)
        place = table.schema.get_field_index("fitness")
        equal = pyarrow.array(np.full(len(table), 9.0))
        pyarrow.parquet.write_table(table.set_column(place, table.schema.field(place), equal), path)
    equals = [(born, number) for born in (1, 3) for number in range(6)]
    assert DesignTables(run).ranking(count) == equals[:count]
    assert DesignTables(run).ranking(count, generations=[3, 1]) == equals[:count]


@pytest.mark.parametrize("name", [name for name in SEARCHES if not SEARCHES[name]().asynchronous])
def test_populations_are_those_that_the_search_had(name, tmp_path):
    folder = finished(tmp_path / "run", name)
    one = experiment(name)
    search = one.search.start(one.space, one.seed)
    for population in populations(one, folder):
        asked = search.ask()
        told = quick(one.trial, Request(asked.genomes, asked.identities))
        search.tell(told.fitness, told.measures)
        for field, array in search.population.arrays().items():
            np.testing.assert_array_equal(population.arrays()[field], array)
    kept, _ = newest_intact(folder.checkpoints)
    assert kept is not None
    assert kept.search["told"] == [search.generation] == [GENERATIONS]


def test_tables_without_anything_better_are_not_read(run, reads, designs):
    best = {generation: -np.inf for generation in range(GENERATIONS)}
    for design in designs:
        best[design.identity[0]] = max(best[design.identity[0]], design.fitness)
    expected = [
        generation
        for generation in reversed(range(GENERATIONS))
        if best[generation] >= max((best[later] for later in range(generation + 1, GENERATIONS)), default=-np.inf)
    ]
    assert len(expected) < GENERATIONS
    DesignTables(run).ranking(1)
    assert [stem for stem, _, _ in reads] == [f"generation_{generation:06d}" for generation in expected]


@pytest.fixture
def grouped(tmp_path, monkeypatch):
    """Return a run whose tables are written four rows at a time."""
    monkeypatch.setattr(designs_module, "ROWS_TOGETHER", 4)
    return finished(tmp_path / "grouped")


def test_groups_of_rows_change_nothing(run, grouped, designs):
    for generation in range(GENERATIONS):
        ours, theirs = (pyarrow.parquet.read_table(table_of(each.designs, generation)) for each in (grouped, run))
        assert ours.schema.equals(theirs.schema)
        assert repr(ours.to_pylist()) == repr(theirs.to_pylist())  # NaN equals itself there
    assert DesignTables(grouped).ranking() == DesignTables(run).ranking()
    assert [design.id for design in DesignTables(grouped).find([(2, 5), (2, 0)])] == ["g002-i0005", "g002-i0000"]


def test_only_the_group_with_a_design_is_read(grouped):
    path = table_of(grouped.designs, 2)
    with path.open("r+b") as file:  # spoils the first group, and the first group only
        file.seek(4)
        file.write(bytes(64))
    assert DesignTables(grouped).find([(2, 5)])[0].id == "g002-i0005"
    with pytest.raises(RunError, match="generation_000002"):
        DesignTables(grouped).find([(2, 0)])


def test_a_table_without_statistics_is_read_all_the_same(grouped, run):
    for path in grouped.designs.iterdir():
        pyarrow.parquet.write_table(pyarrow.parquet.read_table(path), path, write_statistics=False)
    assert DesignTables(grouped).ranking(3) == DesignTables(run).ranking(3)
    assert DesignTables(grouped).find([(2, 5)])[0].id == "g002-i0005"


@pytest.mark.parametrize("names", [["g001-i0000", "nobody"], ["g001-i0000"] * 3])
def test_parents_that_are_none_are_told(grouped, names):
    path = table_of(grouped.designs, 2)
    table = pyarrow.parquet.read_table(path)
    field = table.schema.field("parents")
    wrong = pyarrow.array([names] * len(table), field.type)
    pyarrow.parquet.write_table(table.set_column(table.schema.get_field_index("parents"), field, wrong), path)
    with pytest.raises(RunError, match="generation_000002"):
        DesignTables(grouped).evaluated(2)


def test_names_of_many_are_those_of_each():
    identities = np.array([[0, 0], [12, 7], [1234, 56789], [999, 9999]])
    assert design_ids(identities).to_pylist() == [design_id(*identity) for identity in identities.tolist()]
