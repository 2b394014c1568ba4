import numpy as np
import pytest

from codesign.genome import VARIATIONS, Crossover, Genome, Lattice, Mutation, repair
from codesign.genome.genomes import Genomes, check_genomes
from codesign.genome.operators.operator import frontier, surface

from .lattices import KINDS, PLANAR, SETTINGS, draws, genomes_of, key_list, label, settings_of, sparse_genomes

NAMES = list(VARIATIONS)
LATTICE_CASES = [pytest.param(settings.build(), id=label(settings)) for settings in SETTINGS]
BIG = {kind: settings_of(kind, 6, 10 if kind in PLANAR else 5).build() for kind in KINDS}
LATTICE_OPERATORS = [
    pytest.param(settings.build(), name, id=f"{label(settings)}-{name}")
    for settings in SETTINGS
    for name in NAMES
    if VARIATIONS[name].applies(settings.build())
]
KIND_OPERATORS = [(kind, name) for kind in KINDS for name in NAMES if VARIATIONS[name].applies(BIG[kind])]


def children(lattice: Lattice, name: str, count: int, seed: int = 0) -> list[tuple[Genome, Genome, Genome]]:
    """Return (parent, mate, unrepaired child) triples."""
    parents, mates = sparse_genomes(lattice, count, seed), sparse_genomes(lattice, count, seed + 1)
    made = applied(lattice, name, parents, mates, seed)
    return [(parents[i], mates[i], made[i]) for i in range(count)]


def applied(lattice: Lattice, name: str, parents: Genomes, mates: Genomes | None = None, seed: int = 0) -> Genomes:
    """Return the unrepaired children of parents."""
    operator = VARIATIONS[name]
    return operator(lattice, parents, mates if operator.parents == 2 else None, draws(len(parents), seed))


def repeated_genome(genomes: Genomes, count: int) -> Genomes:
    return genomes[np.zeros(count, dtype=int)]


@pytest.mark.parametrize("name", NAMES)
def test_an_operator_is_registered_under_its_name(name):
    assert VARIATIONS[name].name == name
    assert VARIATIONS[name].parents in (1, 2)


def test_operators_apply_where_the_lattice_has_their_symmetry():
    assert {kind for kind, name in KIND_OPERATORS if name == "rotate"} == set(KINDS) - set(PLANAR)
    for kind in KINDS:
        assert {name for own, name in KIND_OPERATORS if own == kind} >= set(NAMES) - {"rotate"}


@pytest.mark.parametrize(("lattice", "name"), LATTICE_OPERATORS)
def test_children_fit_the_lattice_and_can_be_repaired(lattice, name):
    for _, _, child in children(lattice, name, 10):
        population = Genomes.stack([child])
        check_genomes(lattice, population, bodies=False)
        check_genomes(lattice, repair(lattice, population))


@pytest.mark.parametrize(("lattice", "name"), LATTICE_OPERATORS)
def test_an_operator_changes_neither_parent_and_shares_no_memory(lattice, name):
    parents, mates = sparse_genomes(lattice, 5, 3), sparse_genomes(lattice, 5, 4)
    given = [parents.cells, parents.muscles, mates.cells, mates.muscles]
    before = [array.copy() for array in given]
    made = applied(lattice, name, parents, mates)
    for array, kept in zip(given, before, strict=True):
        assert (array == kept).all()
        assert not np.shares_memory(array, made.cells)
        assert not np.shares_memory(array, made.muscles)


@pytest.mark.parametrize(("kind", "name"), KIND_OPERATORS)
def test_a_child_is_a_function_of_its_own_parents_and_numbers(kind, name):
    lattice, operator = BIG[kind], VARIATIONS[name]
    parents, mates = sparse_genomes(lattice, 40, 0), sparse_genomes(lattice, 40, 1)
    together = applied(lattice, name, parents, mates)
    for own in ([7], [39, 3, 17], list(range(40))[::-1]):
        some = mates[own] if operator.parents == 2 else None
        made = operator(lattice, parents[own], some, draws(40).of(own))
        assert (made.cells == together.cells[own]).all()
        assert (made.muscles == together.muscles[own]).all()


@pytest.mark.parametrize(("kind", "name"), KIND_OPERATORS)
def test_an_operator_changes_bodies(kind, name):
    changed = [
        (parent.cells != child.cells).any() or (parent.muscles != child.muscles).any()
        for parent, _, child in children(BIG[kind], name, 20)
    ]
    assert np.mean(changed) > 0.3


@pytest.mark.parametrize("name", [name for name in NAMES if VARIATIONS[name].parents == 2])
def test_a_crossover_needs_a_mate(name):
    lattice = BIG["triangle"]
    with pytest.raises(ValueError, match="pass mates"):
        VARIATIONS[name](lattice, sparse_genomes(lattice, 1, 0), None, draws(1))


def mean_changes(triples: list[tuple[Genome, Genome, Genome]]) -> tuple[float, float]:
    cells = [np.count_nonzero(parent.cells != child.cells) for parent, _, child in triples]
    muscles = [np.count_nonzero(parent.muscles != child.muscles) for parent, _, child in triples]
    return float(np.mean(cells)), float(np.mean(muscles))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "muscles"), [("flip", 1), ("cell_flip", 0)])
def test_flips_change_one_cell_on_average_and_the_papers_one_muscle_too(kind, name, muscles):
    lattice = BIG[kind]
    cells_changed, muscles_changed = mean_changes(children(lattice, name, 3000))
    assert abs(cells_changed - 1) < 0.1
    assert abs(muscles_changed - (muscles if lattice.muscle_genes else 0)) < 0.1


def test_cell_flips_reach_every_other_material():
    lattice = BIG["square"]
    seen = {
        (int(before), int(after))
        for parent, _, child in children(lattice, "cell_flip", 2000)
        for before, after in zip(parent.cells, child.cells, strict=True)
        if before != after
    }
    assert seen == {(a, b) for a in range(5) for b in range(5) if a != b}


def test_muscle_flips_stay_inside_the_body():
    lattice = BIG["triangle"]
    triples = children(lattice, "muscle_flip", 3000)
    cells_changed, muscles_changed = mean_changes(triples)
    assert cells_changed == 0
    assert abs(muscles_changed - 1) < 0.1
    for parent, _, child in triples:
        flipped = np.flatnonzero(parent.muscles != child.muscles)
        assert set(flipped) <= set(lattice.cell_edges[parent.cells != 0].ravel())


def test_muscle_flips_exchange_materials_where_materials_decide():
    triples = children(BIG["square"], "muscle_flip", 3000)
    assert abs(mean_changes(triples)[0] - 1) < 0.1
    assert all(((parent.cells != 0) == (child.cells != 0)).all() for parent, _, child in triples)


@pytest.mark.parametrize("kind", KINDS)
def test_growing_adds_two_cells_on_average_that_touch_the_body(kind):
    lattice = BIG[kind]
    added = []
    for parent, _, child in children(lattice, "grow", 500):
        kept = parent.cells != 0
        assert (child.cells[kept] == parent.cells[kept]).all()
        assert (child.muscles == parent.muscles).all()
        added.append(np.count_nonzero(child.cells) - np.count_nonzero(kept))
        whole = repair(lattice, Genomes.stack([child])).cells[0]
        assert (whole[child.cells != 0] != 0).all()
    assert min(added) >= 1
    assert abs(np.mean(added) - 2) < 0.2


@pytest.mark.parametrize("kind", KINDS)
def test_trimming_takes_cells_away_but_never_all(kind):
    lattice = BIG[kind]
    for parent, _, child in children(lattice, "trim", 200):
        assert (child.cells[child.cells != 0] == parent.cells[child.cells != 0]).all()
        assert 0 < np.count_nonzero(child.cells) < np.count_nonzero(parent.cells)
    single = genomes_of(lattice, *[[7]] * 20)
    assert (applied(lattice, "trim", single).cells == single.cells).all()


def test_a_full_lattice_does_not_grow():
    lattice = BIG["square"]
    full = genomes_of(lattice, *[list(range(lattice.cells))] * 20)
    assert (applied(lattice, "grow", full).cells == full.cells).all()


@pytest.mark.parametrize("name", ["move_block", "copy_block"])
def test_blocks_go_onto_the_body_where_there_is_no_room_beside_it(name):
    lattice = BIG["square"]
    full = repeated_genome(sparse_genomes(lattice, 1, 0, 1.0), 20)
    changed = (applied(lattice, name, full).cells != full.cells).any(axis=1)
    assert np.mean(changed) > 0.5


@pytest.mark.parametrize("lattice", LATTICE_CASES)
def test_shore_and_surface_face_each_other(lattice):
    genomes = sparse_genomes(lattice, 1, 5)
    cells = genomes.cells[0]
    beside = [set() for _ in range(lattice.cells)]
    for a, b in lattice.neighbours.tolist():
        beside[a].add(b)
        beside[b].add(a)
    filled = set(np.flatnonzero(cells).tolist())
    assert np.flatnonzero(frontier(lattice, genomes.cells)[0]).tolist() == [
        c for c in range(lattice.cells) if c not in filled and beside[c] & filled
    ]
    inner = {c for c in filled if len(beside[c] & filled) == lattice.cell_facets}
    assert np.flatnonzero(surface(lattice, genomes.cells)[0]).tolist() == sorted(filled - inner)


@pytest.mark.parametrize("kind", KINDS)
def test_a_copied_block_is_found_again_with_its_muscles(kind):
    lattice = BIG[kind]
    for parent, _, child in children(lattice, "copy_block", 100):
        assert ((child.cells != 0) >= (parent.cells != 0)).all()
        written = np.flatnonzero(child.cells != parent.cells)
        if not len(written):
            continue
        explained = False
        for shift in np.unique(lattice.cell_coordinates[written[0]] - lattice.cell_coordinates, axis=0):
            sources = lattice.cells_at(lattice.cell_coordinates[written] - shift)
            if (
                shift.any()
                and (sources >= 0).all()
                and (lattice.cell_kinds[sources] == lattice.cell_kinds[written]).all()
                and (parent.cells[sources] == child.cells[written]).all()
                and (parent.muscles[lattice.cell_edges[sources]] == child.muscles[lattice.cell_edges[written]]).all()
            ):
                explained = True
                break
        assert explained


@pytest.mark.parametrize("kind", KINDS)
def test_moving_a_block_adds_no_cells(kind):
    lattice = BIG[kind]
    moved = 0
    for parent, _, child in children(lattice, "move_block", 200):
        before, after = np.count_nonzero(parent.cells), np.count_nonzero(child.cells)
        assert 0 < after <= before
        moved += after == before and bool((child.cells != parent.cells).any())
    assert moved > 50


@pytest.mark.parametrize("kind", KINDS)
def test_mirroring_keeps_one_side_and_makes_the_other_its_image(kind):
    lattice = BIG[kind]
    changed, seen = 0, set()
    for parent, _, child in children(lattice, "mirror", 100):
        changed += bool((parent.cells != child.cells).any())
        found = [
            axis
            for axis in range(lattice.dim - 1)
            for total in range(-1, 2 * lattice.cell_grid.shape[axis])
            for kept in (2 * lattice.cell_coordinates[:, axis] <= total, 2 * lattice.cell_coordinates[:, axis] >= total)
            if child.cells[kept].any()
            and (child.cells[kept] == parent.cells[kept]).all()
            and not child.cells[~kept & (reflection(lattice, axis, total) < 0)].any()
            and is_symmetric(lattice, child, axis, total)
        ]
        assert found
        seen |= set(found)
    assert changed > 80
    assert seen == set(range(lattice.dim - 1))


def reflection(lattice: Lattice, axis: int, total: int) -> np.ndarray:
    """Return the cell that x -> total - x along an axis exchanges each cell with, -1 where that is outside."""
    image = lattice.cell_coordinates.copy()
    image[:, axis] = total - image[:, axis]
    return lattice.cells_at(image)


def is_symmetric(lattice: Lattice, genome: Genome, axis: int, total: int) -> bool:
    """Whether the genome equals its reflection x -> total - x along an axis as far as the lattice reaches."""
    images = reflection(lattice, axis, total)
    inside = np.flatnonzero(images >= 0)
    if (lattice.cell_kinds[inside] != lattice.cell_kinds[images[inside]]).any():
        return False
    if (genome.cells[inside] != genome.cells[images[inside]]).any():
        return False
    off_axis = inside[images[inside] != inside]
    for cell in off_axis:
        nodes = lattice.node_coordinates[lattice.cell_nodes[[cell, images[cell]]], axis]
        reflect = np.eye(lattice.dim, dtype=int)
        reflect[axis, axis] = -1
        shift = np.zeros(lattice.dim, dtype=int)
        shift[axis] = nodes.min() + nodes.max()
        muscle_at = {ends(lattice, edge): genome.muscles[edge] for edge in lattice.cell_edges[cell]}
        for edge in lattice.cell_edges[images[cell]]:
            if muscle_at[ends(lattice, edge, reflect, shift)] != genome.muscles[edge]:
                return False
    return True


def ends(
    lattice: Lattice, edge: int, matrix: np.ndarray | None = None, shift: np.ndarray | int = 0
) -> frozenset[tuple[int, ...]]:
    """Return the ends of an edge x as matrix @ x + shift."""
    places = lattice.node_coordinates[lattice.edges[edge]]
    return frozenset(map(tuple, ((places if matrix is None else places @ matrix.T) + shift).tolist()))


QUARTER = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]])


def possible_shifts(lattice: Lattice, parent: Genome, child: Genome, matrix: np.ndarray) -> np.ndarray:
    """Return the shifts that take some cell of the parent, turned, to the first cell of the child that is not its."""
    written = np.flatnonzero((child.cells != parent.cells) & (child.cells != 0))
    corners = lattice.node_coordinates[lattice.cell_nodes]
    turned = (corners[parent.cells != 0] @ matrix.T).min(axis=1)
    return corners[written[0]].min(axis=0) - turned if len(written) else np.zeros((1, lattice.dim), dtype=int)


def is_turned(lattice: Lattice, parent: Genome, child: Genome, matrix: np.ndarray, shift: np.ndarray) -> bool:
    """Whether all cells of the child that are not the parent's are the parent's at matrix @ node + shift."""
    written = np.flatnonzero((child.cells != parent.cells) & (child.cells != 0))
    source_of = {
        frozenset(map(tuple, (lattice.node_coordinates[lattice.cell_nodes[cell]] @ matrix.T + shift).tolist())): cell
        for cell in np.flatnonzero(parent.cells)
    }
    for cell in written:
        source = source_of.get(frozenset(map(tuple, lattice.node_coordinates[lattice.cell_nodes[cell]].tolist())))
        if source is None or parent.cells[source] != child.cells[cell]:
            return False
        bits = {ends(lattice, edge, matrix, shift): parent.muscles[edge] for edge in lattice.cell_edges[source]}
        if any(bits[ends(lattice, edge)] != child.muscles[edge] for edge in lattice.cell_edges[cell]):
            return False
    return True


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in PLANAR])
def test_a_rotation_turns_the_body_or_a_block_with_its_materials_and_muscles(kind):
    lattice = settings_of(kind, 5, 5, 3).build()
    turns, whole = set(), 0
    for parent, _, child in children(lattice, "rotate", 60):
        assert 0 < np.count_nonzero(child.cells) <= np.count_nonzero(parent.cells)
        if (child.cells == parent.cells).all():
            continue
        found = [
            quarters
            for quarters in (1, 2, 3)
            for matrix in [np.linalg.matrix_power(QUARTER, quarters)]
            for shift in possible_shifts(lattice, parent, child, matrix)
            if is_turned(lattice, parent, child, matrix, shift)
        ]
        assert found
        turns |= {found[0]} if len(found) == 1 else set()
        whole += key_list(lattice, Genomes.stack([parent]), symmetric=True) == key_list(
            lattice, Genomes.stack([child]), symmetric=True
        )
    assert turns == {1, 2, 3}
    assert 20 < whole < 50


def test_a_rotated_body_stays_whole_where_there_is_room_and_loses_what_has_none():
    roomy, narrow = settings_of("cube", 4, 4, 1).build(), settings_of("cube", 1, 4, 1).build()
    bars = genomes_of(roomy, *[[0, 4, 8, 12]] * 20)
    assert set(np.count_nonzero(applied(roomy, "rotate", bars).cells, axis=1).tolist()) <= {1, 2, 3, 4}
    full = genomes_of(narrow, *[[0, 1, 2, 3]] * 40)
    assert set(np.count_nonzero(applied(narrow, "rotate", full).cells, axis=1).tolist()) >= {1, 4}


@pytest.mark.parametrize("kind", KINDS)
def test_a_graft_is_the_parent_up_to_a_cut_and_the_moved_mate_beyond(kind):
    lattice = settings_of(kind, 4, 5 if kind in PLANAR else 3).build()
    differences = lattice.cell_coordinates[:, None] - lattice.cell_coordinates[None]
    shifts = np.unique(differences.reshape(-1, lattice.dim), axis=0)
    sides = [
        side
        for axis in range(lattice.dim)
        for cut in range(lattice.cell_grid.shape[axis])
        for side in (lattice.cell_coordinates[:, axis] >= cut, lattice.cell_coordinates[:, axis] <= cut)
    ]
    mixed = 0
    for parent, mate, child in children(lattice, "graft", 30):
        mixed += bool((child.cells != parent.cells).any() and (child.cells != mate.cells).any())
        assert any(is_graft(lattice, (parent, mate, child), side, shift) for side in sides for shift in shifts)
    assert mixed > 20


def is_graft(lattice: Lattice, family: tuple[Genome, Genome, Genome], side: np.ndarray, shift: np.ndarray) -> bool:
    """Whether the child is the parent outside `side` and the shifted mate inside."""
    parent, mate, child = family
    if (child.cells[~side] != parent.cells[~side]).any():
        return False
    sources = lattice.cells_at(lattice.cell_coordinates - shift)
    found = (sources >= 0) & (lattice.cell_kinds[sources] == lattice.cell_kinds)
    moved = np.where(found, mate.cells[sources], 0)
    if (child.cells[side] != moved[side]).any():
        return False
    taken = np.flatnonzero(side & (moved != 0))
    return bool((child.muscles[lattice.cell_edges[taken]] == mate.muscles[lattice.cell_edges[sources[taken]]]).all())


@pytest.mark.parametrize("kind", KINDS)
def test_uniform_crossover_takes_each_gene_from_either_parent_evenly(kind):
    shares = []
    for parent, mate, child in children(BIG[kind], "uniform_crossover", 200):
        assert ((child.cells == parent.cells) | (child.cells == mate.cells)).all()
        assert ((child.muscles == parent.muscles) | (child.muscles == mate.muscles)).all()
        differing = parent.cells != mate.cells
        shares.append((child.cells == parent.cells)[differing].mean())
    assert abs(np.mean(shares) - 0.5) < 0.05


@pytest.mark.parametrize("kind", KINDS)
def test_xor_crossover_fills_what_exactly_one_parent_fills(kind):
    for parent, mate, child in children(BIG[kind], "xor_crossover", 50):
        assert ((child.cells != 0) == ((parent.cells != 0) ^ (mate.cells != 0))).all()
        source = np.where(parent.cells != 0, parent.cells, mate.cells)
        assert (child.cells[child.cells != 0] == source[child.cells != 0]).all()
        assert (child.muscles == parent.muscles ^ mate.muscles).all()


def test_xor_of_equal_parents_is_the_parent():
    lattice = BIG["triangle"]
    parents = sparse_genomes(lattice, 3, 0)
    made = applied(lattice, "xor_crossover", parents, parents)
    assert (made.cells == parents.cells).all()
    assert (made.muscles == parents.muscles).all()


def thinned(lattice: Lattice, genome: Genome, rng: np.random.Generator) -> Genome:
    return Genome(genome.cells * (rng.random(lattice.cells) < 0.5), genome.muscles.copy())


def exchanged(lattice: Lattice, genome: Genome, mate: Genome, rng: np.random.Generator) -> Genome:
    kept = rng.random(lattice.cells) < 0.5
    return Genome(np.where(kept, genome.cells, mate.cells), mate.muscles.copy())


@pytest.mark.parametrize("operator", [Mutation.each("thinned", thinned), Crossover.each("exchanged", exchanged)])
def test_functions_of_one_genome_make_operators(operator):
    lattice = BIG["square"]
    parents, mates = sparse_genomes(lattice, 12, 0), sparse_genomes(lattice, 12, 1)
    given = mates if operator.parents == 2 else None
    made = operator(lattice, parents, given, draws(12))
    assert len(np.unique(made.cells, axis=0)) == 12
    assert ((made.cells == parents.cells) | (made.cells == (0 if given is None else mates.cells))).all()
    alone = operator(lattice, parents[[7]], None if given is None else mates[[7]], draws(12).of([7]))
    assert (alone.cells[0] == made.cells[7]).all()
    assert len(operator(lattice, parents[[]], None if given is None else mates[[]], draws(0))) == 0
    several = draws(12)
    first, second = (operator(lattice, parents, given, several) for _ in range(2))
    assert (first.cells != second.cells).any()


def test_operators_of_single_genomes_say_what_they_are_for():
    operator = Mutation.each("thinned", thinned, reshapes=True, applies=lambda lattice: lattice.dim == 3)
    assert operator.reshapes
    assert [kind for kind in KINDS if operator.applies(BIG[kind])] == [kind for kind in KINDS if kind not in PLANAR]
