"""Bodies drawn in text: every genome comes back as it was, and what is wrong is told by line and column."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from codesign.body import Tissue, develop
from codesign.formats import BodyPlan, FormatError, drawing_of, genomes_of, plans_of, read_plans, settings_of
from codesign.formats.text import write_text_file
from codesign.genome import LATTICES, keys, random_genomes
from codesign.streams import Purpose, draws_of

WALKER = """\
# a table that walks
body: walker
side: 0.2

  .RR.
  SHHS   # the plate
  V..V
"""

WHEEL = """\
lattice: triangle
^v^v
v^v^
springs:
|   -   -
|/ : / \\ /
| -   :
|\\ / : / \\
|   -   :
"""


def read(folder: Path, text: str) -> list[BodyPlan]:
    path = folder / "drawn.txt"
    path.write_text(text)
    return read_plans(path)


def test_squares_are_rows_from_the_top(tmp_path):
    (plan,) = read(tmp_path, WALKER)
    assert (plan.name, plan.lattice, plan.settings) == ("walker", "square", {"side": 0.2})
    assert plan.cells.tolist() == [[4, 0, 0, 4], [2, 3, 3, 2], [0, 1, 1, 0]]
    assert drawing_of(plan) == "side: 0.2\n.RR.\nSHHS\nV..V\n"


def test_cubes_are_layers_seen_from_above(tmp_path):
    (plan,) = read(tmp_path, "lattice: cube\nz=1\nm..\n...\n\nz=0\nSR.\nM.S\n")
    assert plan.cells.shape == (3, 2, 2)
    # The lower row of a layer is y = 0.
    assert plan.cells[:, :, 0].T.tolist() == [[4, 0, 1], [1, 2, 0]]
    assert plan.cells[:, :, 1].T.tolist() == [[0, 0, 0], [3, 0, 0]]
    assert drawing_of(plan) == "lattice: cube\nz=1\nm..\n...\nz=0\nSR.\nM.S\n"


def test_triangles_show_which_springs_are_muscles(tmp_path):
    (plan,) = read(tmp_path, WHEEL)
    assert plan.cells.tolist() == [[1, 1, 1, 1], [1, 1, 1, 1]]
    body = develop(settings_of([plan]).build(), genomes_of([plan], settings_of([plan])), Tissue())
    assert (body.swings == 0).sum() == 4
    assert drawing_of(plan) == WHEEL
    # Of the level springs, those are passive that are drawn right between the rows and right at the bottom.
    ends = body.positions[body.springs[body.swings == 0]]
    level = np.abs(ends[:, 0, 1] - ends[:, 1, 1]) < 1e-9
    height, left = 0.05 * 3**0.5 / 2, 0.05 / 2
    found = sorted(ends[level].mean(axis=1).tolist())
    np.testing.assert_allclose(found, [[3 * left, height], [4 * left, 0.0]], atol=1e-9)


def test_a_triangle_points_where_it_is_drawn(tmp_path):
    (up,) = read(tmp_path, "lattice: triangle\n^\n")
    (down,) = read(tmp_path, "lattice: triangle\nv\n")
    assert (up.cells.tolist(), down.cells.tolist()) == ([[0, 1]], [[1]])
    for plan, highest in ((up, 1), (down, 2)):
        body = develop(settings_of([plan]).build(), genomes_of([plan], settings_of([plan])), Tissue())
        assert (body.positions[:, 1] > 0.01).sum() == highest
    (again,) = read(tmp_path, "lattice: triangle\n^\nsprings:\n|\n|/ :\n| -\n")
    body = develop(settings_of([again]).build(), genomes_of([again], settings_of([again])), Tissue())
    assert sorted((body.swings > 0).tolist()) == [False, True, True]


SPACES = some.sampled_from(["triangle", "square", "cube", "cube of springs"])


@given(SPACES, some.lists(some.integers(1, 4), min_size=3, max_size=3), some.integers(0, 10**6), some.floats(0.2, 1))
@settings(max_examples=60, deadline=None)
def test_every_genome_comes_back(tmp_path_factory, space, extents, seed, muscle):
    name, *springs = space.split(" of ")
    kind = LATTICES[name]
    sizes: dict[str, Any] = dict(zip(kind.extents, extents, strict=False))
    more: dict[str, Any] = {"actuated": "springs"} if springs else {}
    lattice = kind(**sizes, **more, side=0.05, fill=0.7, muscle=muscle)
    genomes = random_genomes(lattice.build(), lattice, draws_of(seed, 0, 3, Purpose.GENOME))
    plans = plans_of(genomes, lattice, ["a", 'b "#" ', "c d"])
    path = tmp_path_factory.mktemp("drawn") / "drawn.txt"
    assert write_text_file(plans, path) == [path]
    back = read_plans(path)
    assert [plan.name for plan in back] == ["a", 'b "#" ', "c d"]
    found = genomes_of(back, settings_of(back))
    assert settings_of(back).build().shape == lattice.shape
    np.testing.assert_array_equal(found.cells, genomes.cells)
    if lattice.build().muscle_genes:
        np.testing.assert_array_equal(found.muscles, genomes.muscles)
    # What is shown is the same body, without the muscle bits of springs that it does not have.
    path.write_text("".join(f"body: {number}\n{drawing_of(plan)}" for number, plan in enumerate(plans)))
    shown = read_plans(path)
    np.testing.assert_array_equal(
        keys(lattice.build(), genomes_of(shown, settings_of(shown))), keys(lattice.build(), genomes)
    )


def test_fitness_and_several_bodies(tmp_path):
    plans = [BodyPlan("a", "square", np.ones((1, 1), np.uint8), fitness=-1.25)]
    plans.append(BodyPlan("b", "cube", np.full((1, 1, 1), 3, np.uint8)))
    write_text_file(plans, tmp_path / "both.txt")
    back = read_plans(tmp_path / "both.txt")
    assert [(plan.name, plan.lattice, plan.fitness) for plan in back] == [("a", "square", -1.25), ("b", "cube", None)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("RR\nRx\n", "cells of . R S H V; got 'x' at line 2, column 2"),
        ("  RR\n  RX\n", "line 2, column 4"),
        ("^v^\n", "(lattice: triangle)"),
        ("RR\nR\n", "rows of 2 cells each; got 1 at line 2"),
        ("", "which is empty"),
        ("\n", "rows of cells; got none"),
        ("# nothing\n", "rows of cells; got none"),
        ("lattice: hexagon\nR\n", "cube, square, triangle; got 'hexagon' at line 1"),
        ("colour: red\nR\n", "one of body, lattice, fitness, springs, side"),
        ("side: wide\nR\n", "a finite number; got 'wide' at line 1"),
        ("side: -1\nR\n", "side to be"),
        ("side: 1\nside: 1\nR\n", "side once"),
        ("fitness: nan\nR\n", "a finite number"),
        ("body: a\nR\nbody: a\nR\n", "another 'a' at line 3"),
        ("body: \x1b[2J\nR\n", "printable"),
        ('body: "a\nR\n', "between quotation marks"),
        ("lattice: cube\nSS\n", "a line z=0 above the lowest layer"),
        ("z=0\nRR\n", "rows without layers"),
        ("lattice: cube\nz=1\nS\n", "none at z=0"),
        ("lattice: cube\nz=9999999\nS\n", "none at z=0"),
        ("lattice: cube\nz=0\nS\nz=0\nS\n", "each layer once; got another z=0 at line 4"),
        ("lattice: cube\nz=0\nS\nz=1\nSS\n", "layers of one size, 1 x 1; got 2 x 1 in z=1 at line 5"),
        ("lattice: cube\nmuscles: ff\nz=0\nS\n", "leave the line out"),
        ("lattice: cube\nactuated: springs\nmuscles: ff\nz=0\nS\n", "24 bits in hexadecimal digits; got 8 bits"),
        ("lattice: cube\nactuated: springs\nmuscles: xx\nz=0\nS\n", "24 bits in hexadecimal digits"),
        ("lattice: triangle\n^v^^\n", "v here; got ^ at line 2, column 4"),
        ("lattice: triangle\n^v\nsprings:\n", "3 lines of springs, two for each row and one more; got 0 at line 3"),
        ("lattice: triangle\nv^\nsprings:\n| -\n|\\ / \\\n|     -\n", "at most 5 places; got 6"),
        (
            "lattice: triangle\nv^\nsprings:\n| -\n|\\ / \\\n|-  -\n",
            "springs of the cells alone; got '-' at line 6, column 2",
        ),
        ("lattice: triangle\nv^\nsprings:\n| -\n|\\ \\ \\\n|   -\n", "a muscle, /, or a passive spring, :"),
        ("lattice: triangle\nv^\nsprings:\n| -\n|\\   \\\n|   -\n", "got ' ' at line 5, column 4"),
        ("lattice: triangle\nv^\nsilent: ff\n", "0 bits"),
        ("lattice: triangle\nv^\nmuscles: ff\n", "springs: and lines of springs"),
        ("R\nsprings:\n|-\n", "springs of triangles alone"),
        ("lattice: triangle\n^\n| -\nv\n", "begins with |"),
    ],
)
def test_what_is_wrong_is_told_by_its_place(tmp_path, text, told):
    with pytest.raises(FormatError) as caught:
        read(tmp_path, text)
    assert told in str(caught.value)
    assert "drawn.txt" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_text_is_refused(tmp_path):
    (tmp_path / "drawn.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FormatError, match="utf-8"):
        read_plans(tmp_path / "drawn.txt")


def test_a_drawing_with_springs_is_not_larger_than_what_is_worked_out(tmp_path):
    rows = "\n".join(["v^" * 100, "^v" * 100] * 51)
    with pytest.raises(FormatError, match="at most 20000 cells where springs are given"):
        read(tmp_path, f"lattice: triangle\n{rows}\nsilent: ff\n")


def test_a_body_on_no_lattice_says_how_large_it_is(tmp_path):
    genome = random_genomes(*_square(), draws_of(0, 0, 1, Purpose.GENOME))
    body = develop(_square()[0], genome, Tissue())[0]
    plan = BodyPlan("loose", body=body)
    assert drawing_of(plan) == f"# {len(body.positions)} masses and {len(body.springs)} springs, on no lattice\n"
    with pytest.raises(FormatError, match="write them as json"):
        write_text_file([plan], tmp_path / "drawn.txt")


def _square():
    lattice = LATTICES["square"](rows=2, columns=2)
    return lattice.build(), lattice
