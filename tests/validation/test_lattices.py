"""Which material a lattice is follows from its springs: numbers of small linear systems beside equations on paper."""

import math

import numpy as np
import pytest

from benchmarks.validation import beam_theory, network
from benchmarks.validation.lattices import SIDE, STIFFNESS, axial_stiffness, beam, material_of


@pytest.mark.parametrize("rows", [2, 4, 10])
def test_bending_stiffness_of_flat_lattices_is_the_closed_form(rows: int) -> None:
    k, a, n = STIFFNESS, SIDE, rows
    triangles, squares = beam("triangle", rows, 4), beam("square", rows, 4)
    height = math.sqrt(3.0) / 2.0 * a * n
    assert triangles.height == pytest.approx(height)
    assert triangles.stiffness == pytest.approx(k * a * height**2 * (n + 1) * (n + 2) / (12 * n))
    assert squares.stiffness == pytest.approx(k * a**3 * (n * (n + 1) * (n + 2) / 12 + n * (n**2 - 1) / 24))


@pytest.mark.parametrize("rows", [2, 4, 10])
def test_axial_stiffness_of_flat_lattices_is_the_closed_form(rows: int) -> None:
    k, a = STIFFNESS, SIDE
    assert axial_stiffness(beam("triangle", rows, 4).body) == pytest.approx(k * a * (rows + 1))
    assert axial_stiffness(beam("square", rows, 4).body) == pytest.approx(k * a * (rows + 1 + rows / 2))


@pytest.mark.parametrize("lattice", ["triangle", "square", "cube"])
def test_lattices_become_their_continuum_as_one_over_their_rows(lattice: str) -> None:
    """What is left is of surfaces: with twice the rows, half of it, and a quarter of the next term."""
    few, many = (beam(lattice, rows, 4) for rows in (4, 8))
    left = [each.stiffness / each.continuum_stiffness - 1.0 for each in (few, many)]
    assert 0.4 < left[1] / left[0] < 0.5
    left = [axial_stiffness(each.body) / (material_of(lattice).young * each.area) - 1.0 for each in (few, many)]
    assert 0.4 < left[1] / left[0] < 0.505


@pytest.mark.parametrize("lattice", ["triangle", "square", "cube"])
def test_the_fastest_motion_of_a_lattice_is_below_that_of_an_endless_one(lattice: str) -> None:
    small, large = (beam(lattice, rows, 4) for rows in (2, 4))
    assert network.fastest(small.body) < network.fastest(large.body) < large.fastest
    assert network.fastest(large.body) > 0.9 * large.fastest


def test_beams_on_paper() -> None:
    places, loads = np.array([2.0]), np.array([3.0])
    assert beam_theory.deflection(places, loads, 2.0, 5.0) == pytest.approx(3.0 * 2.0**3 / (3.0 * 5.0))
    assert beam_theory.deflection(places, loads, 2.0, 5.0, 7.0) == pytest.approx(8.0 / 5.0 + 3.0 * 2.0 / 7.0)
    assert beam_theory.deflection(places, loads, 1.0, 5.0) == pytest.approx(3.0 * (3.0 * 2.0 - 1.0) / (6.0 * 5.0))
    # Stiff against shear and almost without rotary inertia, it is Euler's and Bernoulli's.
    found = beam_theory.frequencies(2.0, 5.0, 5.0e6, 3.0, 1e-5, 2)
    euler = np.array([4.7300407, 7.8532046]) ** 2 / 4.0 * math.sqrt(5.0 / 3.0)
    np.testing.assert_allclose(found, euler, rtol=1e-4)
    assert (beam_theory.frequencies(2.0, 5.0, 50.0, 3.0, 1e-5, 2) < 0.95 * euler).all()
    cantilever = beam_theory.frequencies(2.0, 5.0, 5.0e6, 3.0, 1e-5, 2, clamped=True)
    euler = np.array([1.8751041, 4.6940911]) ** 2 / 4.0 * math.sqrt(5.0 / 3.0)
    np.testing.assert_allclose(cantilever, euler, rtol=1e-4)
    # Small deflections are w L^4 / 8 and P L^3 / 3; J. Appl. Mech. tables have 0.1235 for w L^3 = E I.
    assert beam_theory.heavy_elastica(1e-3)[0] == pytest.approx(1e-3 / 8.0, rel=1e-5)
    assert beam_theory.heavy_elastica(1e-3, tip=1.0)[0] == pytest.approx(1e-3 * (1.0 / 8.0 + 1.0 / 3.0), rel=1e-5)
    assert beam_theory.heavy_elastica(1.0)[0] == pytest.approx(0.1235, abs=5e-5)
