"""Loading: genomes and bodies from files, evaluated on whatever grid the problem has."""

from pathlib import Path

import numpy as np
import pytest

import codesign
from codesign.errors import GenomeError
from codesign.formats import FormatError

ROBOT = "RHHR\nV..V\n"


def test_a_drawing_is_evaluated_on_its_own_grid(tmp_path: Path) -> None:
    (tmp_path / "robot.txt").write_text(ROBOT)
    robot = codesign.load(tmp_path / "robot.txt")
    assert isinstance(robot, codesign.PlacedGenomes)
    assert robot.lattice.shape == (2, 4)
    problem = codesign.Problem(
        body={"name": "square", "rows": 1, "columns": 2, "muscle_stiffness": 0.2, "side": 0.05},
        physics={"steps": 60},
        learner={"iterations": 1},
    )
    results = problem.evaluate(robot)
    assert results.names == robot.names
    assert np.isfinite(results.fitness).all()
    # How large cells are and what they are made of is the problem's, where the file does not say.
    assert problem.develop(robot).positions.max() == pytest.approx(0.2)
    assert 0.2 * 3e4 in problem.develop(robot).stiffness


def test_another_kind_of_lattice_is_refused_in_a_line(tmp_path: Path, problem: codesign.Problem) -> None:
    (tmp_path / "robot.txt").write_text(ROBOT)
    with pytest.raises(GenomeError, match='make the problem with body="square"'):
        problem.evaluate(codesign.load(tmp_path / "robot.txt"))


def test_exported_designs_come_back_as_bodies(here: Path, problem: codesign.Problem) -> None:
    bodies = codesign.load("body.json")
    assert isinstance(bodies, codesign.NamedBodies)
    assert bodies.names == ("g000-i0000",)
    first = problem.develop(problem.random(1))
    np.testing.assert_array_equal(bodies.springs, first.springs)
    assert np.isfinite(problem.evaluate(bodies).fitness).all()
    assert problem.rollout(bodies)[0].design == "g000-i0000"


def test_what_cannot_be_expressed_is_refused_or_warned_of(tmp_path: Path) -> None:
    np.savez(tmp_path / "fixed.npz", np.array([[3.0, 5.0], [1.0, 1.0]]), np.array([[0, 0, 1, 2], [1, 2, 3, 3]]))
    with pytest.raises(FormatError, match="lenient=True"):
        codesign.load(tmp_path / "fixed.npz")
    with pytest.warns(UserWarning, match="fixed"):
        assert len(codesign.load(tmp_path / "fixed.npz", lenient=True)) == 1


def test_missing_files_are_told_of() -> None:
    with pytest.raises(FormatError, match="No such file"):
        codesign.load("nothing.npz")
