"""Which of given bodies a run begins with, and the record that it keeps of them."""

from pathlib import Path

import numpy as np
import pytest

from codesign.formats import BodyPlan, FormatError, encode_bodies, read_plans
from codesign.genome import LATTICES
from codesign.run import FIRST_RECORD, FirstDesigns, RunFolder, evolve, populations, resume
from codesign.search import GIVEN, SEARCHES
from tests.run.fakes import CONFIG, experiment, results

LATTICE = LATTICES["square"](rows=3, columns=3)


def plan(name: str, rows: list[list[int]], fitness: float | None = None) -> tuple[str, BodyPlan]:
    return "file.npz", BodyPlan(name, "square", np.array(rows, np.uint8), fitness=fitness)


BODIES = [
    plan("low", [[1, 2]], 1.0),
    plan("high", [[3, 3]], 3.0),
    plan("same", [[1, 2]], 2.0),
    plan("unknown", [[4, 4]]),
    plan("image", [[2, 1]], 0.5),
]


def names(first: FirstDesigns, folder: Path) -> list[str]:
    (folder / "record.json").write_bytes(first.record)
    return [found.about["name"] for found in read_plans(folder / "record.json")]


@pytest.mark.parametrize(
    ("count", "symmetric", "taken", "told"),
    [
        (9, False, ["high", "same", "unknown", "image"], "5 bodies were given to begin with, of which 4 differ"),
        (9, True, ["high", "same", "unknown"], "5 bodies were given to begin with, of which 3 differ"),
        (2, False, ["high", "same"], "5 bodies were given to begin with; the best 2 that differ are taken"),
    ],
)
def test_the_fittest_that_differ_are_taken_in_the_order_given(
    count: int, symmetric: bool, taken: list[str], told: str, tmp_path: Path
) -> None:
    first = FirstDesigns.of(BODIES, LATTICE, count, symmetric=symmetric)
    assert names(first, tmp_path) == taken
    assert first.told == told
    assert len(first.genomes) == len(taken)


def test_without_fitness_the_first_are_taken(tmp_path: Path) -> None:
    bodies = [plan(str(number), [[number]]) for number in (1, 2, 3, 4)]
    first = FirstDesigns.of(bodies, LATTICE, 3)
    assert names(first, tmp_path) == ["1", "2", "3"]
    assert first.told == "4 bodies were given to begin with; the first 3 that differ are taken"


def test_a_record_that_is_read_again_is_the_same_record(tmp_path: Path) -> None:
    first = FirstDesigns.of(BODIES, LATTICE, 4)
    (tmp_path / "record.json").write_bytes(first.record)
    again = FirstDesigns.of([("record.json", each) for each in read_plans(tmp_path / "record.json")], LATTICE, 4)
    assert again.record == first.record
    assert again.checksum == first.checksum


def test_a_body_that_does_not_fit_is_refused() -> None:
    with pytest.raises(FormatError, match="enlarge the lattice to rows=1, columns=4"):
        FirstDesigns.of([plan("long", [[1, 1, 1, 1]])], LATTICE, 4)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file of three bodies on the lattice of `experiment`."""
    lattice = experiment().trial.lattice
    cells = np.zeros((3, *lattice.shape), np.uint8)
    for number in range(3):
        cells[number, 0, : number + 2] = 1
    plans = [BodyPlan(str(number), lattice.name, each) for number, each in enumerate(cells)]
    path = tmp_path / "bodies.json"
    path.write_text(encode_bodies(plans))
    return path


@pytest.mark.parametrize("kind", sorted(SEARCHES))
def test_a_run_with_first_designs_resumes_to_the_bit_and_looks_back(kind: str, file: Path, tmp_path: Path) -> None:
    search = SEARCHES[kind](population_size=6, generations=4, first=str(file))
    begun = experiment(kind, search=search)
    evolve(begun, tmp_path / "whole", CONFIG)
    short = experiment(kind, search=SEARCHES[kind](population_size=6, generations=2, first=str(file)))
    evolve(short, tmp_path / "part", CONFIG)
    record = RunFolder(tmp_path / "part").inputs / FIRST_RECORD
    file.unlink()
    own = SEARCHES[kind](population_size=6, generations=4, first=str(record))
    resume(experiment(kind, search=own), tmp_path / "part")
    assert results(RunFolder(tmp_path / "part")) == results(RunFolder(tmp_path / "whole"))
    lived = list(populations(begun, RunFolder(tmp_path / "whole")))
    assert len(lived) == 4
    # An archive keeps one design of each cell.
    operators = sorted(lived[0].operators)
    assert operators == [GIVEN] * 3 + ["random"] * 3 or (kind == "map_elites" and set(operators) == {GIVEN, "random"})


def test_first_designs_decide_the_fingerprint_and_where_they_lay_does_not(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_bytes(file.read_bytes())
    one, moved = (
        experiment(search=SEARCHES["genetic"](population_size=6, first=str(path))).fingerprint()
        for path in (file, other)
    )
    assert one == moved
    assert "first.checksum" in one
    fewer = experiment(search=SEARCHES["genetic"](population_size=2, first=str(file))).fingerprint()
    assert fewer["first.checksum"] != one["first.checksum"]
    assert experiment().fingerprint()["first"] is None
