"""Which parts of bodies learn together: worked out for whole batches, compared with what one sees part by part."""

from itertools import pairwise

import numpy as np
import pytest

from codesign.body import Bodies, Body, Tissue, develop
from codesign.errors import BodyError
from codesign.evaluate.body_ties import by_material, by_symmetry
from codesign.genome import LATTICES, Genomes, random_genomes
from codesign.genome.lattices import CubeLattice
from codesign.streams import Purpose, draws_of
from codesign.testing.bodies import strip

KINDS = {
    "triangle": LATTICES["triangle"](rows=3, columns=5),
    "square": LATTICES["square"](rows=3, columns=4),
    "cube": CubeLattice(columns=3, rows=2, layers=2),
}
KIND = pytest.mark.parametrize("kind", sorted(KINDS))


def bodies_of(kind: str, count: int = 6) -> Bodies:
    """Return the body that fills the lattice, and random ones."""
    settings = KINDS[kind]
    lattice = settings.build()
    drawn = random_genomes(lattice, settings, draws_of(3, 0, count, Purpose.GENOME))
    return develop(lattice, Genomes.concatenate([Genomes.full(lattice), drawn]), Tissue())


def members(groups: np.ndarray, start: np.ndarray) -> list[set[frozenset[int]]]:
    """Return the groups of each body's parts, numbered within the body; none reaches into another body."""
    assert sorted(set(groups.tolist())) == list(range(groups.max() + 1))
    found, seen = [], set()
    for first, last in pairwise(start.tolist()):
        own = groups[first:last]
        assert not seen & set(own.tolist())
        seen |= set(own.tolist())
        found.append({frozenset(np.flatnonzero(own == group).tolist()) for group in own})
    return found


def images(body: Body) -> tuple[dict[int, int], dict[int, int]]:
    """Return the mirror image of each mass and each spring that has one."""
    place = body.positions
    mirrored = place * np.array([-1.0, *[1.0] * (place.shape[1] - 1)])
    mirrored[:, 0] += place[:, 0].min() + place[:, 0].max()
    near = np.linalg.norm(place[:, None] - mirrored[None], axis=-1) < 1e-6
    masses = {int(mass): int(image) for mass, image in zip(*np.nonzero(near), strict=True)}
    numbers = {frozenset(ends): number for number, ends in enumerate(body.springs.tolist())}
    springs = {}
    for number, (one, other) in enumerate(body.springs.tolist()):
        image = numbers.get(frozenset((masses.get(one, -1), masses.get(other, -1))))
        if image is not None:
            springs[number] = image
    return masses, springs


@KIND
def test_mirror_images_learn_together(kind: str) -> None:
    bodies = bodies_of(kind)
    found = by_symmetry(bodies)
    groups = {"masses": members(found["masses"], bodies.mass_start)}
    groups["springs"] = members(found["springs"], bodies.spring_start)
    for index, body in enumerate(bodies):
        for part, count, image in zip(groups, (len(body.positions), len(body.springs)), images(body), strict=True):
            assert groups[part][index] == {frozenset((each, image.get(each, each))) for each in range(count)}
    # The body that fills a lattice of cells that are their own images is symmetric, so most springs have another.
    if kind != "triangle":
        assert len(groups["springs"][0]) < 0.7 * len(bodies[0].springs)


def test_symmetry_is_found_wherever_and_however_large_a_body_is() -> None:
    body = bodies_of("square", 0)[0]
    usual = by_symmetry(Bodies.of([body]))["springs"]
    for factor, shift in ((1e-3, 0.0), (1e3, 0.0), (1.0, 17.3), (0.3, -2.7)):
        moved = Body(factor * body.positions + shift, body.springs, body.rest_lengths, body.stiffness, body.swings)
        np.testing.assert_array_equal(by_symmetry(Bodies.of([moved]))["springs"], usual)


@KIND
def test_parts_of_the_same_materials_learn_together(kind: str) -> None:
    bodies = bodies_of(kind)
    found = by_material(bodies)
    own = members(found["springs"], bodies.spring_start), members(found["masses"], bodies.mass_start)
    for index, body in enumerate(bodies):
        cells = [(set(cell), material) for cell, material in zip(body.cells.tolist(), body.materials, strict=True)]

        def alike(parts: list[set[int]], cells: list = cells) -> set[frozenset[int]]:
            sets = [frozenset(int(material) for cell, material in cells if part <= cell) for part in parts]
            return {frozenset(n for n, each in enumerate(sets) if each == one) for one in sets}

        assert own[0][index] == alike([set(ends) for ends in body.springs.tolist()])
        assert own[1][index] == alike([{mass} for mass in range(len(body.positions))])
    assert len(own[0][0]) == 1  # the full body is of one material
    assert kind == "triangle" or max(map(len, own[0])) > 2


def test_a_body_without_cells_has_no_materials() -> None:
    bodies = Bodies.concatenate([bodies_of("triangle", 0), Bodies.of([strip(3)])])
    with pytest.raises(BodyError, match="expected cells, whose materials say what is tied; got none in body 1"):
        by_material(bodies)
    assert len(by_symmetry(bodies)["springs"]) == len(bodies.springs)
