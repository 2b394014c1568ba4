"""What children have of the weights that their parents learned."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from codesign.control import CONTROLLERS, GivenActuation
from codesign.errors import ConfigError
from codesign.evaluate import Ancestors, DesignWeights, EvaluationSpec, WeightInheritance, require_heritable
from codesign.genome import LATTICES, Lattice, random_genomes
from codesign.sim import Physics
from codesign.streams import Purpose, draws_of
from codesign.train import BodyLearning
from tests.evaluate.fakes import spec as fake_spec

BODY = BodyLearning(rest_lengths=0.2, masses=0.1, inherit=True)
ALL: dict[str, Any] = {**CONTROLLERS, "given": GivenActuation, "held": lambda: GivenActuation(held=True)}


def spec_of(controller: str = "mlp", lattice: str = "triangle", body: BodyLearning | None = None) -> EvaluationSpec:
    kind: Any = LATTICES[lattice]
    settings = kind(rows=4, columns=5) if lattice == "triangle" else kind(**dict.fromkeys(kind.extents, 3))
    spec = replace(fake_spec(), lattice=settings, controller=ALL[controller](), physics=Physics(steps=3))
    return spec if body is None else replace(spec, learner=replace(spec.learner, body=body))


def cells_of(spec: EvaluationSpec, count: int) -> np.ndarray:
    return random_genomes(spec.lattice.build(), spec.lattice, draws_of(6, 0, count, Purpose.GENOME)).cells


def told(spec: EvaluationSpec, cells: np.ndarray, sign: float = 1.0) -> dict[str, np.ndarray]:
    """Return weights by name, each of which tells whose it is and the how manieth: place of the lattice + k / 4096."""
    nodes, edges = (np.flatnonzero(own[0]) for own in spec.lattice.build().span(cells[None] != 0))
    names = np.concatenate([[0], 1 + nodes, 10_000 + edges])
    parts = spec.weighted.weight_parts(len(nodes), len(edges), spec.dimension, spec.physics.steps)
    found = {}
    for name, part in parts.items():
        own = names[part + 1].astype(np.float64).ravel()
        seen: dict[float, int] = {}
        for index, value in enumerate(own.tolist()):
            seen[value] = seen.get(value, -1) + 1
            own[index] += seen[value] / 4096.0
        found[name] = sign * (own + 0.5).reshape(part.shape)
    return found


def flat(weights: dict[str, np.ndarray]) -> np.ndarray:
    return np.concatenate([own.ravel() for own in weights.values()])


def inherit(
    spec: EvaluationSpec, child: np.ndarray, parents: list[np.ndarray], weights: list[np.ndarray], **how: Any
) -> tuple[dict[str, np.ndarray], float]:
    """Return one child's weights by name, and the share that it inherited."""
    mapping = WeightInheritance(replace(spec, execution=replace(spec.execution, precision="float64")), controllers=True)
    places = np.arange(len(parents))[None]
    found, shares = mapping.inherited(child[None], places, Ancestors(np.stack(parents), weights), **how)
    own = told(spec, child)
    ends = np.cumsum([part.size for part in own.values()])[:-1]
    values = found.of(0) if len(found.values) else np.full(len(flat(own)), np.nan)
    return dict(zip(own, np.split(values, ends), strict=True)), float(shares[0])


@pytest.mark.parametrize("body", [None, BODY], ids=["controller", "body"])
@pytest.mark.parametrize("controller", ALL)
def test_what_both_bodies_have_keeps_its_weights_and_what_is_new_is_drawn(controller: str, body: Any) -> None:
    spec = spec_of(controller, body=body)
    parent, child = cells_of(spec, 2)
    theirs = {name: set(own.ravel().tolist()) for name, own in told(spec, parent).items()}
    found, share = inherit(spec, child, [parent], [flat(told(spec, parent))])
    for name, values in found.items():
        own = told(spec, child)[name].ravel()
        both = np.array([value in theirs[name] for value in own.tolist()])
        assert np.array_equal(values, np.where(both, own, np.nan), equal_nan=True), name
    values = flat(found)
    assert share == pytest.approx(np.mean(np.isfinite(values)))
    assert share == 1.0 if controller in ("shared", "wave") and body is None else 0.0 < share < 1.0


def test_a_child_that_is_its_parent_has_the_same_bits() -> None:
    spec = spec_of(body=BODY)
    (parent,) = cells_of(spec, 1)
    weights = np.random.default_rng(0).normal(size=len(flat(told(spec, parent)))).astype(np.float32)
    mapping = WeightInheritance(spec, controllers=True)
    again, shares = mapping.inherited(parent[None], np.array([[0, -1]]), Ancestors(parent[None], [weights]))
    assert again.values.dtype == weights.dtype
    assert again.of(0).tobytes() == weights.tobytes()
    assert shares.tolist() == [1.0]


def halves(lattice: Lattice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return cells that fill the left and the right of a lattice with a column in common, and all of it."""
    column = lattice.cell_coordinates[:, 0]
    middle = column.max() // 2
    left, right = (column <= middle).astype(np.uint8), (column >= middle).astype(np.uint8)
    return left, right, np.ones_like(left)


def test_a_part_comes_from_the_parent_that_has_its_cells_and_the_whole_from_the_first() -> None:
    spec = spec_of()
    lattice = spec.lattice.build()
    left, right, both = halves(lattice)
    weights = [flat(told(spec, left)), flat(told(spec, right, -1.0))]
    found, share = inherit(spec, both, [left, right], weights)
    assert share == 1.0
    assert (found["b1"] > 0).all()
    (nodes, edges), of_left, of_right = (lattice.span(cells[None] != 0) for cells in (both, left, right))
    mine, theirs = of_left[1][0][edges[0]], of_right[1][0][edges[0]]
    assert (found["b2"][mine & ~theirs] > 0).all()
    assert (found["b2"][theirs & ~mine] < 0).all()
    columns = found["w1"].reshape(spec.weighted.weight_shapes(1, 1, 2, 1)["b1"][0], -1)[:, 10:-2]
    only_right = np.repeat((of_right[0] & ~of_left[0])[0][nodes[0]], 4)
    assert (columns[:, only_right] < 0).all()
    # What both parents have is the mate's where more of the cells around it are, and else the first parent's.
    values = inherit(spec, right, [left, right], weights)[0]["b2"]
    own = np.flatnonzero(of_right[1][0])
    around = lattice.edge_cells[own]
    in_left, in_right = (np.append(each, 0)[around].sum(axis=1) for each in (left, right))
    assert (values[in_right > in_left] < 0).all()
    tied = of_left[1][0][own] & (in_right == in_left)
    assert tied.any()
    assert (values[tied] > 0).all()


def test_children_do_not_depend_on_who_is_looked_at_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = spec_of()
    cells = cells_of(spec, 12)
    weights = [flat(told(spec, own)) for own in cells[:5]]
    weights[3] = np.zeros(0)
    parents = np.array([[0, -1], [1, 2], [-1, -1], [3, -1], [3, 4], [4, 0], [2, 1]])
    mapping = WeightInheritance(spec, controllers=True)
    together, shares = mapping.inherited(cells[5:], parents, Ancestors(cells[:5], weights))
    monkeypatch.setattr("codesign.evaluate.inheritance._AT_A_TIME", 2)
    apart, same = mapping.inherited(cells[5:], parents, Ancestors(cells[:5], weights))
    assert together.values.tobytes() == apart.values.tobytes()
    assert together.start.tolist() == apart.start.tolist()
    assert shares.tolist() == same.tolist()
    # No parent, and one that learned nothing sound, pass nothing on; beside that one the mate does.
    assert [len(together.of(index)) > 0 for index in range(7)] == [True, True, False, False, True, True, True]


def test_bodies_and_controllers_are_inherited_apart() -> None:
    parent, child = cells_of(spec_of(), 2)
    drawn_bodies = spec_of(body=replace(BODY, inherit=False))
    found, _ = inherit(drawn_bodies, child, [parent], [flat(told(drawn_bodies, parent))])
    assert np.isfinite(found["b1"]).all()
    assert np.isnan(found["body.rest_lengths"]).all()
    both = spec_of(body=BODY)
    found, share = inherit(both, child, [parent], [flat(told(both, parent))], allowed=np.array([False]))
    assert np.isnan(found["b1"]).all()
    assert np.isfinite(found["body.rest_lengths"]).any()
    assert 0.0 < share < 0.5
    # Without controllers, parents have weights of bodies alone.
    own = {name: values for name, values in told(both, parent).items() if name.startswith("body.")}
    mapping = WeightInheritance(both, controllers=False)
    alone, _ = mapping.inherited(child[None], np.array([[0]]), Ancestors(parent[None], [flat(own)]))
    bodies = np.concatenate([found[name] for name in own]).astype(np.float32)
    assert np.array_equal(alone.of(0), bodies, equal_nan=True)
    nothing, share = inherit(spec_of(), child, [parent], [flat(told(spec_of(), parent))], allowed=np.array([False]))
    assert np.isnan(flat(nothing)).all()
    assert share == 0.0


@pytest.mark.parametrize("name", ["square", "cube"])
def test_every_lattice_has_places(name: str) -> None:
    spec = spec_of("cpg", name)
    parent, child = cells_of(spec, 2)
    found, _ = inherit(spec, child, [parent], [flat(told(spec, parent))])
    own = told(spec, child)
    there = np.isin(own["phase"], told(spec, parent)["phase"])
    assert np.array_equal(found["phase"], np.where(there, own["phase"], np.nan), equal_nan=True)


def test_weights_are_taken_and_joined_design_by_design() -> None:
    parts = [np.arange(3.0), np.zeros(0), np.arange(2.0) + 10]
    weights = DesignWeights.joined(parts)
    turned = weights.take(np.array([2, 1, 0]))
    assert [turned.of(place).tolist() for place in range(3)] == [parts[2].tolist(), [], parts[0].tolist()]
    twice = DesignWeights.concatenate([weights, turned])
    assert len(twice) == 6
    assert [twice.of(place).tolist() for place in (0, 3)] == [parts[0].tolist(), parts[2].tolist()]


def test_a_controller_that_does_not_say_whose_its_weights_are_is_refused() -> None:
    @dataclass(frozen=True)
    class Silent:
        name: str = "silent"

    silent: Any = Silent()
    with pytest.raises(ConfigError, match="silent, which has no `weight_parts`"):
        require_heritable(silent)
    for make in ALL.values():
        require_heritable(make())
