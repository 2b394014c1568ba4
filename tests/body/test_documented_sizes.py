"""What is written of the size of random bodies is what they have."""

import re
from pathlib import Path

import numpy as np
import pytest

from codesign.body import Tissue, develop
from codesign.genome import random_genomes
from codesign.genome.lattices import CubeLattice, TriangleLattice
from tests.genome.lattices import draws

CHOICES = Path(__file__).parents[2] / "conf" / "body"
SIZES = re.compile(r"(\d+) masses\s+and\s+(\d+)\s+springs")
SMALL, LARGE = TriangleLattice(rows=6, columns=10), TriangleLattice(rows=13, columns=22)
SOLID = CubeLattice(columns=6, rows=6, layers=4)


def told(text: str | None) -> list[tuple[int, int]]:
    """Return the masses and springs that a text speaks of."""
    return [(int(masses), int(springs)) for masses, springs in SIZES.findall(text or "")]


@pytest.mark.parametrize(
    ("settings", "texts"),
    [
        (SMALL, [(CHOICES / "triangle.yaml").read_text(), TriangleLattice.__doc__]),
        (LARGE, [(CHOICES / "triangle_13x22.yaml").read_text(), TriangleLattice.__doc__]),
        (SOLID, [(CHOICES / "voxel.yaml").read_text(), CubeLattice.__doc__]),
        (CubeLattice(columns=4, rows=4, layers=3), [(CHOICES / "voxel_small.yaml").read_text()]),
    ],
)
def test_random_bodies_are_of_the_documented_size(settings, texts):
    lattice = settings.build()
    bodies = develop(lattice, random_genomes(lattice, settings, draws(8000)), Tissue())
    counts = np.stack([np.diff(bodies.mass_start), np.diff(bodies.spring_start)])
    allowed = 3.0 * counts.std(axis=1) / np.sqrt(len(bodies)) + 0.5
    for text in texts:
        sizes = told(text)
        assert sizes
        assert any((np.abs(counts.mean(axis=1) - size) < allowed).all() for size in sizes), (sizes, counts.mean(axis=1))
