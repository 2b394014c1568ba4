import re

import numpy as np
import pytest

from codesign.errors import GenomeError
from codesign.genome import from_voxels
from codesign.genome.lattices import CubeLattice, SquareLattice, TriangleLattice

CUBES = CubeLattice(columns=3, rows=2, layers=2).build()


def test_voxels_are_indexed_by_x_y_and_z():
    voxels = np.zeros((3, 2, 2), dtype=int)
    voxels[2, 1, 0], voxels[2, 1, 1], voxels[1, 1, 1] = 1, 3, 4
    genome = from_voxels(CUBES, voxels)
    found = {
        tuple(CUBES.cell_coordinates[cell].tolist()): int(genome.cells[cell]) for cell in genome.cells.nonzero()[0]
    }
    assert found == {(2, 1, 0): 1, (2, 1, 1): 3, (1, 1, 1): 4}


@pytest.mark.parametrize("kind", [SquareLattice, TriangleLattice])
def test_plane_cells_are_indexed_by_row_and_column(kind):
    lattice = kind(rows=2, columns=3).build()
    genome = from_voxels(lattice, [[0, 0, 0], [0, 1, 1]])
    assert lattice.cell_coordinates[genome.cells != 0].tolist() == [[1, 1], [2, 1]]


def test_filled_or_not_is_enough_and_all_springs_are_muscles_where_bits_decide():
    lattice = CubeLattice(columns=2, rows=1, layers=1, actuated="springs").build()
    genome = from_voxels(lattice, np.array([[[True]], [[False]]]))
    assert genome.cells.tolist() == [1, 0]
    assert genome.muscles.all()
    bits = np.arange(len(lattice.edges)) % 2
    assert (from_voxels(lattice, [[[2]], [[1]]], muscles=bits).muscles == bits).all()


def voxels(**filled: int) -> np.ndarray:
    made = np.zeros((3, 2, 2), dtype=int)
    for place, material in filled.items():
        made[tuple(int(index) for index in place.removeprefix("at"))] = material
    return made


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (voxels(), "at least one filled cell"),
        (voxels(at000=1, at200=1), "one piece, of cells that share faces; got 1 cells apart"),
        (voxels(at000=1, at011=1), "one piece"),
        (voxels(at000=5), "materials from 0 to 4"),
        (voxels(at000=300), "from 0 to 255"),
        (voxels(at000=-1), "from 0 to 255"),
        (voxels(at000=1).astype(float), "whole numbers"),
        (voxels(at000=1)[:2], r"voxels of shape \(3, 2, 2\) \(the 3 x 2 x 2 cube lattice\); got \(2, 2, 2\)"),
        (voxels(at000=1).ravel(), "voxels of shape"),
        ([[1, 2], [3]], "voxels in rows of one length; got rows of several lengths"),
        ([["soft"]], "whole numbers from 0 to 255; got <U4"),
        (voxels(at000=5), "got material 5; number them 0 empty, 1 "),
        (voxels(), "got none; give a cell a material above 0"),
        (voxels(at000=1, at200=1), "apart from the largest piece; fill cells between the pieces"),
    ],
)
def test_voxels_that_are_no_body_are_refused_in_one_line(given, message):
    with pytest.raises(GenomeError, match=message) as caught:
        from_voxels(CUBES, given)
    assert caught.value.remedy
    assert not re.search("file|genome", str(caught.value))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "muscles", [np.full(len(CUBES.edges), 2), np.zeros(3, int), np.zeros((1, len(CUBES.edges)), int)]
)
def test_muscle_bits_of_another_shape_or_value_are_refused(muscles):
    with pytest.raises(
        GenomeError, match=rf"muscle bits of 0 or 1 of shape \({len(CUBES.edges)},\); got .*; give one for"
    ):
        from_voxels(CUBES, voxels(at000=1), muscles)
