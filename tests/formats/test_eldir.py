"""Robots of ELDiR: their cells and springs, names and losses, and what is refused."""

import warnings
from pathlib import Path

import numpy as np
import pytest

from codesign.body import Tissue, develop
from codesign.formats import FormatError, drawing_of, genomes_of, read_plans, settings_of
from codesign.formats.eldir import read
from codesign.genome import LATTICES, random_genomes
from codesign.streams import Purpose, draws_of


def published_springs(rows: int, columns: int) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return the springs of ELDiR's lattice in the order of `spring_geno` (operators/defaults/geno_pheno.py)."""
    even = [(x, y) for x in range(0, columns + 1, 2) for y in range(0, rows + 1, 2)]
    odd = [(x, y) for x in range(-1, columns + 1, 2) for y in range(1, rows + 1, 2)]
    nodes = sorted({*even, *odd})
    numbers = {node: number for number, node in enumerate(nodes)}
    pairs = set()
    for x, y in nodes:
        for other in ((x + 2, y), (x - 2, y), (x + 1, y + 1), (x + 1, y - 1), (x - 1, y + 1), (x - 1, y - 1)):
            if other in numbers:
                pairs.add(tuple(sorted((numbers[x, y], numbers[other]))))
    return [(nodes[first], nodes[second]) for first, second in sorted(pairs)]


def saved(folder: Path, **arrays: object) -> Path:
    np.savez(folder / "robots.npz", **arrays)  # type: ignore[arg-type]
    return folder / "robots.npz"


def geno(cells: str = "v^......../..........", edges: int = 101, count: int = 1) -> dict[str, np.ndarray]:
    """Return robots on 6 x 10 cells whose lowest rows are given, the lowest first."""
    body = np.zeros((count, 6, 10), np.int64)
    for row, line in enumerate(cells.split("/")):
        body[:, row] = [character != "." for character in line]
    return {"body_geno": body.reshape(count, 60), "spring_geno": np.ones((count, edges), np.int64)}


@pytest.mark.parametrize(("rows", "columns"), [(6, 10), (13, 22)])
def test_springs_are_in_the_published_order(rows, columns):
    lattice = LATTICES["triangle"](rows=rows, columns=columns).build()
    ours = [tuple(map(tuple, pair)) for pair in lattice.node_coordinates[lattice.edges].tolist()]
    assert ours == published_springs(rows, columns)


@pytest.mark.parametrize(("rows", "columns"), [(6, 10), (13, 22), (4, 7)])
def test_robots_keep_their_cells_and_muscles(tmp_path, rows, columns):
    settings = LATTICES["triangle"](rows=rows, columns=columns)
    genomes = random_genomes(settings.build(), settings, draws_of(3, 0, 5, Purpose.GENOME))
    more = {"rows": rows, "columns": columns} if rows == 4 else {}
    plans = read_plans(saved(tmp_path, body_geno=genomes.cells, spring_geno=genomes.muscles, **more))
    assert [plan.name for plan in plans] == ["0", "1", "2", "3", "4"]
    found = genomes_of(plans, settings_of(plans))
    np.testing.assert_array_equal(found.cells, genomes.cells)
    np.testing.assert_array_equal(found.muscles, genomes.muscles)


def test_row_0_is_at_the_bottom(tmp_path):
    (plan,) = read_plans(saved(tmp_path, **geno("v^v......./..^.......")))
    assert drawing_of(plan).splitlines()[-2:] == ["..^.......", "v^v......."]
    body = develop(settings_of([plan]).build(), genomes_of([plan], settings_of([plan])), Tissue())
    assert (body.positions[:, 1] < 1e-9).sum() == 2


def test_names_and_losses(tmp_path):
    loss = np.array([[3.0, 1.0, 2.0], [5.0, np.nan, -1.0], [np.nan] * 3])
    plans = read_plans(saved(tmp_path, **geno(count=3), loss=loss, id=[[0, 0], [0, 1], [7, 0]]))
    assert [(plan.name, plan.fitness) for plan in plans] == [("0-0", -1.0), ("0-1", 1.0), ("7-0", None)]
    with warnings.catch_warnings(action="error"):
        (plan,) = read_plans(saved(tmp_path, **geno(), loss=np.array([[1, np.longdouble("1e4000")]])))
    assert plan.fitness == -1.0
    plans = read_plans(saved(tmp_path, **geno(count=2), id=[[0, 0], [0, 0]]))
    assert len({plan.name for plan in plans}) == 2


def test_cells_that_touch_in_a_corner_only(tmp_path):
    # The up-pointing triangle of column 1 ends where the down-pointing one above it begins.
    path = saved(tmp_path, **geno("v^......../.v........"))
    with pytest.raises(FormatError, match=r"only touch the rest in a corner at \(1,1\) in .*robots\.npz.*lenient"):
        read_plans(path)
    (plan,) = read_plans(path, lenient=True)
    assert plan.cells.sum() == 2
    genomes_of([plan], settings_of([plan]))


def test_a_body_without_cells_stays_without(tmp_path):
    (plan,) = read(saved(tmp_path, **geno("..........")))
    assert not plan.cells.any()


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"weights": np.zeros(3)}, "arrays body_geno and spring_geno (ELDiR), or arr_0 (EvoGym); got arrays 'weights'"),
        ({"body_geno": np.zeros((1, 60), int)}, "body_geno and spring_geno"),
        (geno(edges=100), "a spring_geno of 101 springs, those of 6 x 10 triangles; got 100"),
        ({**geno(), "body_geno": np.full((1, 60), 2)}, "body_geno of 0 and 1; got 2 to 2"),
        ({**geno(), "body_geno": np.zeros((1, 60))}, "whole numbers, a row for each robot; got float64"),
        ({**geno(), "body_geno": np.zeros((1, 6, 10), int)}, "a row for each robot; got int64 (1, 6, 10)"),
        ({**geno(), "spring_geno": np.zeros((2, 101), int)}, "1 rows of body_geno and 2 of spring_geno"),
        ({"body_geno": np.zeros((0, 60), int), "spring_geno": np.zeros((0, 101), int)}, "0 rows of body_geno"),
        ({**geno(), "body_geno": np.zeros((1, 61), int)}, "6 x 10 cells, or a whole number each"),
        ({**geno(), "rows": 10**9, "columns": 10**9}, "at most 200 of each; got 1000000000 x 1000000000"),
        ({**geno(), "rows": -6, "columns": -10}, "got -6 x -10"),
        ({**geno(), "rows": 6.0, "columns": 10.0}, "a whole number each"),
        ({**geno(), "id": np.zeros(1)}, "id as whole numbers of shape (1, 2)"),
        ({**geno(), "loss": np.zeros((2, 3))}, "loss as floating point numbers of shape (1, iterations + 1)"),
        ({**geno(), "id": np.array(["0-0"])}, "not of numbers"),
        ({**geno(), "id": np.array([{}])}, "pickles"),
    ],
)
def test_what_is_refused(tmp_path, arrays, told):
    path = saved(tmp_path, **arrays)
    with pytest.raises(FormatError) as caught:
        read_plans(path)
    assert told in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
