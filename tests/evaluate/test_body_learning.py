"""Bodies that learn with their controllers: gradients, bounds, ties, and that nobody else's numbers change."""

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import warp as wp

from codesign.body import Bodies, Tissue, develop
from codesign.control import CONTROLLERS
from codesign.errors import BodyError, ConfigError
from codesign.evaluate import (
    EvaluationSpec,
    Request,
    Worlds,
    body_weights,
    bytes_needed,
    controller_weights,
    evaluate_designs,
    learn_together,
    learned_bodies,
)
from codesign.evaluate.body_learning import body_parameters, body_sizes
from codesign.genome import LATTICES, Genomes, LatticeSettings, random_genomes
from codesign.genome.lattices import CubeLattice
from codesign.sim import PARTS, PREFIX, ControllerAndBody, Execution, Physics, Simulator, simulator
from codesign.sim.kernels import Coulomb
from codesign.sim.launching.body_parameters import MODEL
from codesign.streams import Purpose, draws_of
from codesign.tasks import Flat, Walk
from codesign.testing.bodies import strip
from codesign.testing.weight_checks import check_weights
from codesign.train import BodyLearning, LearningStatus, Normalized, learn
from tests.evaluate.fakes import assert_same

SQUARES = LATTICES["square"](rows=2, columns=3, fill=0.8)
CUBES = CubeLattice(columns=2, rows=2, layers=1, fill=0.9)
SPRINGS = BodyLearning(rest_lengths=0.1, stiffness=0.3, swings=0.2, rate=1.5)
EVERYTHING = replace(SPRINGS, masses=0.4)
TIES = pytest.mark.parametrize("tie", ["none", "material", "symmetry"])
VARIED = Worlds(count=2, stiffness_spread=0.2, strength_spread=0.3, friction_spread=0.2)


def spec(body: BodyLearning = SPRINGS, **changes: Any) -> EvaluationSpec:
    """Return a spec with kernels that other tests have compiled too."""
    made = EvaluationSpec(
        lattice=SQUARES,
        tissue=Tissue(stiffness=1.5e4, swing=0.1),
        physics=Physics(steps=60, contact=Coulomb(friction=0.7)),
        execution=Execution(precision="float64", device="cpu", threads=1, memory_mib=64),
        controller=CONTROLLERS["mlp"](),
        task=Walk(),
        terrain=Flat(),
        learner=Normalized(iterations=3, body=body),
        seed=7,
    )
    return replace(made, **changes)


def designs(count: int, settings: LatticeSettings = SQUARES) -> tuple[Genomes, np.ndarray]:
    """Return genomes of a body that fills the lattice and of random ones, and their identities."""
    lattice = settings.build()
    drawn = random_genomes(lattice, settings, draws_of(2, 0, count - 1, Purpose.GENOME))
    return Genomes.concatenate([Genomes.full(lattice), drawn]), np.stack([np.full(count, 4), np.arange(count)], axis=1)


def bodies_of(made: EvaluationSpec, count: int = 3) -> Bodies:
    return develop(made.lattice.build(), designs(count, made.lattice)[0], made.tissue)


def split(made: EvaluationSpec, bodies: Bodies, flat: np.ndarray) -> list[np.ndarray]:
    """Return the weights of each design."""
    sizes = zip(np.diff(bodies.mass_start).tolist(), np.diff(bodies.spring_start).tolist(), strict=True)
    dimension, steps = bodies.positions.shape[1], made.physics.steps
    shapes = [made.weighted.weight_shapes(masses, springs, dimension, steps) for masses, springs in sizes]
    return np.split(flat, np.cumsum([sum(math.prod(shape) for shape in own.values()) for own in shapes])[:-1])


def somewhere(made: EvaluationSpec, bodies: Bodies, size: float = 0.3) -> list[np.ndarray]:
    """Return weights of designs whose bodies have moved from where they were drawn."""
    flat = made.first_weights(bodies, designs(len(bodies))[1])
    flat = flat + size * np.random.default_rng(5).normal(size=flat.shape)
    return split(made, bodies, flat)


def losses(made: EvaluationSpec, bodies: Bodies, weights: list[np.ndarray]) -> tuple[np.ndarray, Simulator]:
    found = made.simulator(bodies)
    found.load(np.concatenate(weights))
    found.forward()
    return found.loss.numpy().astype(np.float64), found


@TIES
@pytest.mark.parametrize(
    ("lattice", "worlds", "learned"),
    [
        pytest.param(SQUARES, Worlds(), EVERYTHING, id="2D"),
        pytest.param(SQUARES, VARIED, EVERYTHING, id="2D-worlds"),
        pytest.param(CUBES, Worlds(), SPRINGS, id="3D-springs"),
        pytest.param(CUBES, replace(VARIED, mass_spread=0.2), EVERYTHING, id="3D-worlds", marks=pytest.mark.slow),
    ],
)
def test_gradients_are_central_differences(
    tie: str, lattice: LatticeSettings, worlds: Worlds, learned: BodyLearning
) -> None:
    made = spec(replace(learned, tie=tie), lattice=lattice, worlds=worlds)
    bodies = bodies_of(made)
    weights = somewhere(made, bodies)
    _, simulated = losses(made, bodies, weights)
    simulated.reverse()
    gradient = np.split(simulated.weights(simulated.gradient), simulated.weight_start[1:-1])
    generator = np.random.default_rng(1)
    starts = [len(each) for each in controller_weights(made, bodies, weights)]
    for name in made.learner.body.learned:
        counts = np.diff(bodies.spring_start if PARTS[name] == "springs" else bodies.mass_start).tolist()
        blocks = [slice(start, start + count) for start, count in zip(starts, counts, strict=True)]
        along = [np.zeros_like(each) for each in weights]
        for own, block, count in zip(along, blocks, counts, strict=True):
            own[block] = generator.normal(size=count)
        up, down = (
            losses(made, bodies, [one + sign * other for one, other in zip(weights, along, strict=True)])[0]
            for sign in (1e-6, -1e-6)
        )
        expected = np.array([own @ other for own, other in zip(gradient, along, strict=True)])
        np.testing.assert_allclose((up - down) / 2e-6, expected, rtol=1e-5, atol=1e-9)
        assert expected.any(), name
        starts = [block.stop for block in blocks]


@pytest.mark.parametrize("fitness", ["worst", "quantile"])
def test_gradients_of_the_worst_world_and_of_a_quantile(fitness: str) -> None:
    made = spec(worlds=replace(VARIED, fitness=fitness, gradient="fitness"))
    bodies = bodies_of(made)
    weights = somewhere(made, bodies)
    _, simulated = losses(made, bodies, weights)
    simulated.reverse()
    gradient = np.split(simulated.weights(simulated.gradient), simulated.weight_start[1:-1])
    sizes = body_sizes(made.learner.body, bodies)
    along = [
        np.concatenate([np.zeros(len(own) - size), np.ones(size)]) for own, size in zip(weights, sizes, strict=True)
    ]
    up, down = (
        losses(made, bodies, [one + sign * other for one, other in zip(weights, along, strict=True)])[0]
        for sign in (1e-6, -1e-6)
    )
    expected = [own @ other for own, other in zip(gradient, along, strict=True)]
    np.testing.assert_allclose((up - down) / 2e-6, expected, rtol=1e-5, atol=1e-9)


@TIES
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_bodies_stay_within_bounds_and_are_those_of_the_simulator(tie: str, precision: str) -> None:
    execution = Execution(precision=precision, device="cpu", threads=1)
    learning = EVERYTHING if precision == "float64" else SPRINGS
    made = spec(replace(learning, tie=tie), execution=execution)
    bodies = bodies_of(made, 4)
    strong = replace(bodies, swings=np.where(bodies.swings > 0.0, 0.97, 0.0))
    for size in (0.0, 0.3, 1e3, 1e20):
        weights = [each.astype(precision) for each in somewhere(made, strong, size)]
        learned = learned_bodies(made, strong, weights)
        for name in made.learner.body.learned:
            bound, drawn, found = getattr(made.learner.body, name), getattr(strong, name), getattr(learned, name)
            assert (np.abs(found - drawn) <= drawn * bound * (1.0 + 1e-14)).all()
            assert (found == drawn).all() == (size == 0.0)
        assert learned.swings.max() < 1.0
        assert (learned.swings[strong.swings == 0.0] == 0.0).all()
        np.testing.assert_array_equal(learned.positions, bodies.positions)
        _, simulated = losses(made, strong, [each.astype(np.float64) for each in weights])
        packed, model = simulated._packed, simulated._model
        for name in made.learner.body.learned:
            slots = packed.mass_slots if name == "masses" else packed.spring_slots
            held = getattr(model, MODEL[name]).numpy().ravel()[slots]
            np.testing.assert_array_equal(held, getattr(learned, name).astype(precision))
        if "masses" in made.learner.body.learned:
            whole = np.add.reduceat(learned.masses, learned.mass_start[:-1])
            shares = learned.masses / np.repeat(whole, np.diff(learned.mass_start))
            np.testing.assert_allclose(model.mass_share.numpy().ravel()[packed.mass_slots], shares, rtol=1e-14)


def test_a_body_as_drawn_moves_as_one_that_does_not_learn() -> None:
    made, plain = spec(EVERYTHING), spec(BodyLearning())
    bodies = bodies_of(made)
    identities = designs(3)[1]
    own, other = (split(each, bodies, each.first_weights(bodies, identities)) for each in (made, plain))
    for one, two in zip(controller_weights(made, bodies, own), other, strict=True):
        np.testing.assert_array_equal(one, two)
    assert not np.concatenate(body_weights(made, bodies, own)).any()
    alone = plain.simulator(bodies, physical_gradients=True, material_properties=True)
    alone.load(np.concatenate(other))
    alone.forward()
    np.testing.assert_array_equal(losses(made, bodies, own)[0], alone.loss.numpy())


@TIES
def test_learned_bodies_are_tied_to_the_bit(tie: str) -> None:
    made = spec(replace(EVERYTHING, tie=tie))
    genomes, identities = designs(4)
    bodies = develop(SQUARES.build(), genomes, made.tissue)
    found = evaluate_designs(made, Request(genomes, identities))
    weights = [found.weights_of(index) for index in range(4)]
    own = body_weights(made, bodies, weights)
    assert any(each.any() for each in own)
    parameters = body_parameters(made.learner.body, bodies)
    assert parameters is not None
    at, parts, groups = np.zeros(4, int), 0, 0
    for name, field in parameters.fields.items():
        counts = np.diff(bodies.mass_start if PARTS[name] == "masses" else bodies.spring_start)
        block = np.concatenate(
            [each[start : start + count] for each, start, count in zip(own, at, counts, strict=True)]
        )
        first = np.unique(field.group, return_index=True)[1]
        np.testing.assert_array_equal(block, block[first][field.group], err_msg=name)
        at, parts, groups = at + counts, parts + len(block), groups + len(first)
    assert (groups < parts) == (tie != "none")
    learned = learned_bodies(made, bodies, weights)
    again = made.with_bodies_as_given.simulator(learned, physical_gradients=True, material_properties=True)
    again.load(np.concatenate(controller_weights(made, bodies, weights)))
    again.forward()
    best = [index for index in range(4) if np.isfinite(found.fitness[index])]
    np.testing.assert_array_equal(-again.loss.numpy()[best], found.fitness[best])


@pytest.mark.parametrize("tie", ["none", "symmetry"])
def test_neighbours_threads_and_batches_change_no_bit(tie: str) -> None:
    execution = Execution(device="cpu", threads=1, memory_mib=64)
    made = spec(replace(SPRINGS, tie=tie), execution=execution, worlds=VARIED)
    genomes, identities = designs(5)
    expected = evaluate_designs(made, Request(genomes, identities))
    order = np.array([3, 1])
    for changed in (made, replace(made, execution=replace(execution, threads=3))):
        alone = evaluate_designs(changed, Request(genomes[order], identities[order]))
        assert_same(replace(alone, robot_steps=0), replace(expected.take(order), robot_steps=0))


def test_who_stops_early_has_no_gradient_of_its_body() -> None:
    made = spec()
    bodies = bodies_of(made)
    _, simulated = losses(made, bodies, somewhere(made, bodies))
    simulated.reverse()
    before = np.split(simulated.weights(simulated.gradient), simulated.weight_start[1:-1])
    simulated.set_active(np.array([0, 2]))
    simulated.forward()
    simulated.reverse()
    after = np.split(simulated.weights(simulated.gradient), simulated.weight_start[1:-1])
    assert before[1].any()
    assert not after[1].any()
    for index in (0, 2):
        np.testing.assert_array_equal(before[index], after[index])


@pytest.mark.slow
def test_lanes_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wp.config, "enable_cpu_blocks", True)
    monkeypatch.setattr(simulator, "row_of", lambda _device, _precision: 1)
    made = spec(replace(EVERYTHING, tie="symmetry"), worlds=VARIED)
    bodies = bodies_of(made)
    weights = somewhere(made, bodies)
    found = []
    for lanes, claimed in ((1, 0), (16, 0), (16, 64 * 1024)):
        monkeypatch.setattr(simulator, "lanes_of", lambda _device, lanes=lanes: lanes)
        monkeypatch.setattr(simulator, "shared_of", lambda _device, claimed=claimed: claimed)
        loss, simulated = losses(made, bodies, weights)
        simulated.reverse()
        found.append((loss, simulated.weights(simulated.gradient)))
    for other in found[1:]:
        np.testing.assert_array_equal(found[0][0], other[0])
        np.testing.assert_array_equal(found[0][1], other[1])


def test_weights_lie_where_they_are_said_to() -> None:
    bodies = bodies_of(spec())
    for name, controller in CONTROLLERS.items():
        whole = ControllerAndBody(controller(), EVERYTHING.learned)
        check_weights(whole, bodies, 20)
        shapes = whole.weight_shapes(5, 9, 2, 20)
        assert list(shapes)[-len(EVERYTHING.learned) :] == [f"{PREFIX}{field}" for field in EVERYTHING.learned], name
        assert (shapes[f"{PREFIX}rest_lengths"], shapes[f"{PREFIX}masses"]) == ((9,), (5,))


def test_learned_bodies_need_more_memory() -> None:
    bodies = bodies_of(spec())
    needed = [bytes_needed(spec(learning), bodies) for learning in (BodyLearning(), SPRINGS, EVERYTHING)]
    assert (np.diff(needed, axis=0) > 0).all()


def test_designs_without_weights_are_as_drawn() -> None:
    made = spec()
    bodies = bodies_of(made)
    weights = somewhere(made, bodies)
    learned = learned_bodies(made, bodies, [weights[0], weights[1][:0], weights[2]])
    np.testing.assert_array_equal(learned[1].rest_lengths, bodies[1].rest_lengths)
    assert (learned[2].rest_lengths != bodies[2].rest_lengths).all()
    assert learned_bodies(spec(BodyLearning()), bodies, weights) is bodies
    with pytest.raises(ValueError, match="weights of body 1; got 3"):
        learned_bodies(made, bodies, [weights[0], np.zeros(3), weights[2]])


def test_given_first_weights_are_the_controllers_alone() -> None:
    made = spec(controller=CONTROLLERS["wave"]())
    count = made.require_any_body()
    begun = replace(made, start=tuple(np.linspace(-1.0, 1.0, count).tolist()))
    bodies = bodies_of(begun)
    flat = begun.first_weights(bodies, designs(3)[1])
    found = split(begun, bodies, flat)
    for own in controller_weights(begun, bodies, found):
        np.testing.assert_array_equal(own, begun.start)
    assert not np.concatenate(body_weights(begun, bodies, found)).any()
    loaded: list[np.ndarray] = []
    begun.begin(cast(Simulator, SimpleNamespace(bodies=bodies, load=loaded.append)), designs(3)[1])
    np.testing.assert_array_equal(loaded[0], flat)


def test_bodies_that_learn_have_controllers_of_their_own() -> None:
    made = spec(controller=CONTROLLERS["wave"]())
    bodies = bodies_of(made)
    with pytest.raises(ConfigError, match="bodies as drawn for one controller of all; got bodies whose rest_lengths"):
        learn_together(made, bodies, bodies)
    with pytest.raises(ValueError, match="expected a controller for each body that is learned"):
        made.simulator(bodies, together=True)


def test_forward_mode_is_for_bodies_that_do_not_learn() -> None:
    made = spec(execution=Execution(precision="float64", device="cpu", threads=1, segment_steps=60))
    simulated = made.simulator(bodies_of(made))
    with pytest.raises(ValueError, match="expected bodies that do not learn"):
        simulated.tangents()


def test_parts_of_a_body_without_cells_cannot_be_tied_by_material() -> None:
    made = spec(replace(EVERYTHING, tie="material"))
    with pytest.raises(BodyError, match="expected cells, whose materials say what is tied; got none in body 0"):
        made.simulator(Bodies.of([strip(3)]))


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"rest_lengths": 1.0}, "rest_lengths to be a number of at least 0 and below 1; got 1.0"),
        ({"stiffness": -0.1}, "stiffness to be a number of at least 0 and below 1; got -0.1"),
        ({"swings": float("nan")}, "swings to be a number of at least 0 and below 1; got nan"),
        ({"rate": 0.0}, "rate to be a number above 0; got 0.0"),
        ({"tie": "springs"}, "tie to be one of none, material, symmetry; got 'springs'"),
        ({"inherit": 1}, "inherit to be true or false; got 1"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        BodyLearning(**settings)
    with pytest.raises(ConfigError, match=r"body to be settings of BodyLearning; got 0\.2"):
        Normalized(body=0.2)  # type: ignore[arg-type]


def test_a_gradient_that_is_not_finite_ends_learning_as_ever() -> None:
    made = spec(physics=Physics(steps=60, dt=0.05, contact=Coulomb(friction=0.7)))
    bodies = bodies_of(made)
    simulated = made.simulator(bodies)
    made.begin(simulated, designs(3)[1])
    found = learn(simulated, made.learner)
    assert {LearningStatus(int(each)) for each in found.status} <= {
        LearningStatus.NOT_FINITE,
        LearningStatus.BEYOND_LIMIT,
    }
    assert np.isfinite(found.best_weights).all()


@pytest.mark.slow
def test_learning_the_body_as_well_is_no_worse_on_average() -> None:
    execution, physics = Execution(device="cpu"), Physics(steps=500, contact=Coulomb(friction=0.7))
    genomes, identities = designs(12, LATTICES["square"](rows=3, columns=4))
    settings = {"execution": execution, "physics": physics, "lattice": LATTICES["square"](rows=3, columns=4)}
    found = [
        evaluate_designs(
            spec(**settings, learner=Normalized(iterations=15, body=body)), Request(genomes, identities)
        ).fitness
        for body in (BodyLearning(), BodyLearning(rest_lengths=0.1))
    ]
    assert np.isfinite(found).all()
    assert found[1].mean() > found[0].mean()


@TIES
@pytest.mark.parametrize("estimator", ["smoothed", "blended"])
def test_bodies_learn_by_smoothed_gradients(estimator: str, tie: str) -> None:
    learner = Normalized(iterations=3, body=replace(EVERYTHING, tie=tie), estimator=estimator, samples=4)
    made = spec(learner=learner)
    found = evaluate_designs(made, Request(*designs(3)))
    bodies = bodies_of(made)
    weights = np.split(found.weights, found.weight_start[1:-1])
    own = np.concatenate(body_weights(made, bodies, weights))
    assert (found.best_iteration > 0).any()
    assert np.any(own != 0.0)
    # What is reported is what the learned bodies do with the learned controllers, without a perturbation.
    plain = replace(made, learner=Normalized(iterations=0)).simulator(learned_bodies(made, bodies, weights))
    plain.load(np.concatenate(controller_weights(made, bodies, weights)))
    plain.forward()
    np.testing.assert_allclose(-plain.loss.numpy(), found.fitness, rtol=1e-9)
    needed = bytes_needed(made, bodies)
    exact = bytes_needed(replace(made, learner=replace(learner, estimator="exact")), bodies)
    np.testing.assert_array_equal(needed, 5 * exact)
