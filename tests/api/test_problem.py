"""Problems: what arguments mean, and that what one does with them is what the command line does."""

import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

import codesign
from codesign.api.problem import MATERIAL, PHYSICAL, Wrt
from codesign.control import CONTROLLERS
from codesign.errors import ConfigError
from codesign.evaluate import Worlds
from codesign.genome import LATTICES
from codesign.genome.lattices import CubeLattice
from codesign.sim import CONTACTS, FORCES, Execution, Physics, Simulator
from codesign.sim.kernels import Coulomb
from codesign.sim.kernels.wind import Wind
from codesign.tasks import TASKS, TERRAINS
from codesign.train import LEARNERS, BodyLearning
from tests.api.conftest import TINY


def test_what_is_left_out_is_what_the_command_line_does() -> None:
    spec = codesign.Problem().spec
    assert (spec.lattice.shape, spec.controller.name, spec.task.name, spec.terrain.name) == (
        (6, 10),
        "mlp",
        "walk",
        "flat",
    )
    assert spec.physics == Physics()
    assert spec.seed == 0


def test_names_are_those_of_the_choices_in_conf() -> None:
    spec = codesign.Problem(body="voxel_small", physics="voxel", controller="cpg", task="turn").spec
    assert spec.lattice == CubeLattice(rows=4, columns=4, layers=3)
    assert (spec.tissue.stiffness, spec.tissue.swing) == (15000.0, 0.2)
    assert (spec.physics.gravity, spec.physics.contact) == (-9.8, Coulomb(friction=0.9, grip=0.95))
    assert (spec.controller.name, spec.task.name) == ("cpg", "turn")


def test_registry_keys_without_a_file_are_names_too() -> None:
    assert codesign.Problem(body="cube").lattice == LATTICES["cube"]()


def test_mappings_change_what_is_chosen() -> None:
    spec = codesign.Problem(
        body={"name": "voxel", "layers": 2, "soft_stiffness": 0.5, "swing": 0.1},
        physics={"name": "voxel", "steps": 50, "contact": {"friction": 0.4}},
        controller={"name": "cpg", "frequency": np.float64(2.5)},
        forces={"wind": {"speed": 2.0}},
        conditions={"count": 2, "fitness": "worst"},
        learner={"name": "adam", "iterations": np.int64(4)},
    ).spec
    assert (spec.lattice.shape, spec.tissue.swing, spec.tissue.stiffness) == ((6, 6, 2), 0.1, 15000.0)
    assert (spec.physics.steps, spec.physics.gravity) == (50, -9.8)
    assert spec.physics.contact == Coulomb(friction=0.4, grip=0.95)
    assert spec.physics.forces == (Wind(speed=2.0),)
    assert spec.controller == CONTROLLERS["cpg"](frequency=2.5)
    assert (spec.worlds.count, spec.worlds.fitness, spec.learner.iterations) == (2, "worst", 4)


def test_settings_are_taken_as_they_are() -> None:
    chosen = {
        "body": LATTICES["square"](rows=2, columns=3),
        "controller": CONTROLLERS["wave"](),
        "task": TASKS["jump"](),
        "terrain": TERRAINS["hills"](),
        "physics": Physics(steps=40, contact=CONTACTS["smooth"](), forces=(FORCES["water"](),)),
        "conditions": Worlds(count=3),
        "learner": LEARNERS["adam"](iterations=2),
        "execution": Execution(precision="float64"),
    }
    spec = codesign.Problem(**chosen).spec
    found = spec.lattice, spec.controller, spec.task, spec.terrain, spec.physics, spec.worlds, spec.learner
    assert (*found, spec.execution) == tuple(chosen.values())


def test_bodies_learn_with_their_controllers() -> None:
    learner = {"iterations": 3, "body": {"rest_lengths": 0.1, "swings": 0.2, "tie": "symmetry"}}
    problem = codesign.Problem(**{**TINY, "learner": learner})
    assert problem.spec.learner.body == BodyLearning(rest_lengths=0.1, swings=0.2, tie="symmetry")
    bodies = problem.develop(problem.random(2))
    weights = problem.initial_weights(bodies)
    springs = len(bodies[1].springs)
    shapes = {name: array.shape for name, array in weights[1].items() if name.startswith("body.")}
    assert shapes == {"body.rest_lengths": (springs,), "body.swings": (springs,)}
    _, gradient = problem.value_and_gradient(bodies, weights)
    assert gradient[1]["body.rest_lengths"].any()
    found = problem.learn(bodies, weights)
    assert found.weights[1]["body.rest_lengths"].any()
    np.testing.assert_array_equal(problem.learn(bodies, found.weights, iterations=0).fitness, found.fitness)
    given = codesign.Problem(
        **{**TINY, "learner": LEARNERS["normalized"](iterations=3, body=problem.spec.learner.body)}
    )
    np.testing.assert_array_equal(given.learn(bodies, weights).fitness, found.fitness)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({"tie": "side"}, r'learner\["body"\]\["tie"\] to be one of none, material, symmetry'),
        ({"rest_length": 0.1}, "did you mean 'rest_lengths'"),
        (0.1, r'learner\["body"\] as a mapping or settings; got 0\.1'),
    ],
)
def test_what_bodies_cannot_learn_by(body: Any, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        codesign.Problem(learner={"body": body})


@dataclass(frozen=True)
class Stroll(TASKS["walk"]):
    """A task that no registry has."""

    name: str = "stroll"


def test_a_class_of_ones_own_needs_no_registry_but_a_run_does(problem: codesign.Problem, tmp_path) -> None:
    own = codesign.Problem(**TINY, task=Stroll())
    genomes = own.random(2)
    np.testing.assert_array_equal(own.evaluate(genomes).fitness, problem.evaluate(genomes).fitness)
    with pytest.raises(ConfigError, match="Stroll"):
        codesign.evolve(own, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_an_experiment_stands_before_arguments() -> None:
    problem = codesign.Problem(experiment="voxel_walk", learner={"iterations": 7})
    assert (problem.lattice.name, problem.spec.controller.name, problem.spec.learner.iterations) == ("cube", "cpg", 7)
    assert problem.config["search"]["population_size"] == 48
    assert problem.config["title"] == "Voxel walkers"


def test_what_a_caller_has_of_hydra_stays(tmp_path) -> None:
    from hydra import initialize_config_dir  # noqa: PLC0415
    from hydra.core.global_hydra import GlobalHydra  # noqa: PLC0415

    with initialize_config_dir(str(tmp_path), version_base="1.3"):
        before = GlobalHydra.instance().hydra
        codesign.Problem()
        assert GlobalHydra.instance().hydra is before


def test_evaluation_is_that_of_a_runs_first_generation(problem: codesign.Problem, kept_run) -> None:
    results = problem.evaluate(problem.random(6))
    designs = codesign.open_run(kept_run).select("generation:0")
    assert {design.identity[1]: design.fitness for design in designs} == dict(enumerate(results.fitness.tolist()))
    np.testing.assert_array_equal(designs[0].curve, results.curves[designs[0].identity[1]])


def test_everything_that_stands_for_bodies_gives_the_same(problem: codesign.Problem) -> None:
    genomes = problem.random(3)
    bodies = problem.develop(genomes)
    whole = problem.evaluate(genomes).fitness
    for given in (bodies, [bodies[0], bodies[1], bodies[2]], [genomes[0], genomes[1], genomes[2]], genomes[:3]):
        np.testing.assert_array_equal(problem.evaluate(given).fitness, whole)
    for given in (genomes[0], bodies[0]):
        np.testing.assert_array_equal(problem.evaluate(given).fitness, whole[:1])
    plain = codesign.Genomes(genomes.cells, genomes.muscles)
    np.testing.assert_array_equal(problem.evaluate(plain).fitness, whole)


def test_batches_change_nothing(problem: codesign.Problem) -> None:
    genomes = problem.random(40)
    bodies, weights = problem.develop(genomes), problem.initial_weights(genomes)
    small = codesign.Problem(**TINY, execution={"memory_mib": 1})
    whole, parts = (each.value_and_gradient(bodies, weights) for each in (problem, small))
    assert small._differentiation._kept is None  # several batches, none of which is kept
    np.testing.assert_array_equal(whole[0], parts[0])
    np.testing.assert_array_equal(whole[1].flat, parts[1].flat)
    np.testing.assert_array_equal(problem.evaluate(genomes).fitness, small.evaluate(bodies).fitness)


def test_learning_starts_from_given_weights_and_is_what_evaluation_does(problem: codesign.Problem) -> None:
    genomes = problem.random(3)
    results = problem.evaluate(genomes)
    again = problem.learn(genomes, problem.initial_weights(genomes))
    np.testing.assert_array_equal(again.curves, results.curves)
    loss, _ = problem.value_and_gradient(genomes, results.weights)
    np.testing.assert_array_equal(-loss, results.fitness)
    further = problem.learn(genomes, results.weights, iterations=0)
    np.testing.assert_array_equal(further.fitness, results.fitness)
    assert further.curves.shape == (3, 1)


def test_first_weights_have_a_seed(problem: codesign.Problem) -> None:
    genomes = problem.random(2)
    first, same, other = (problem.initial_weights(genomes, seed=seed).flat for seed in (None, 0, 1))
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()


@pytest.mark.parametrize("form", ["weights", "flat", "list", "mappings"])
def test_a_gradient_has_the_form_of_the_weights(problem: codesign.Problem, form: str) -> None:
    genomes = problem.random(2)
    weights = problem.initial_weights(genomes)
    forms = {"weights": weights, "flat": weights.flat, "list": weights.flat.tolist(), "mappings": list(weights)}
    loss, gradient = problem.value_and_gradient(genomes, forms[form])
    _, expected = problem.value_and_gradient(genomes, weights)
    assert loss.shape == (2,)
    if form == "mappings":
        assert [mapping.keys() for mapping in gradient] == [mapping.keys() for mapping in weights]
        np.testing.assert_array_equal(gradient[1]["w2"], expected[1]["w2"])
    else:
        assert isinstance(gradient, codesign.Weights if form == "weights" else np.ndarray)
        np.testing.assert_array_equal(np.asarray(gradient), expected.flat)


def test_the_mapping_of_a_single_body_gives_a_mapping(problem: codesign.Problem) -> None:
    body = problem.develop(problem.random(1))[0]
    weights = problem.initial_weights(body)
    _, gradient = problem.value_and_gradient(body, weights[0])
    assert {name: array.shape for name, array in gradient.items()} == weights.shapes[0]


@pytest.mark.parametrize(
    "conditions",
    [
        {},
        {"count": 2, "motor_noise": 0.1, "fitness": "worst", "gradient": "fitness"},
        {
            **{"count": 3, "stiffness_spread": 0.2, "mass_spread": 0.2, "strength_spread": 0.2},
            **{"latency": 0.01, "latency_spread": 0.02, "motor_noise": 0.1},
        },
    ],
)
def test_gradients_agree_with_differences(conditions: dict) -> None:
    settings = {"physics": {"name": "coulomb", "steps": 60}, "execution": {"precision": "float64"}}
    problem = codesign.Problem(body=TINY["body"], **settings, conditions=conditions)
    bodies = problem.develop(problem.random(2))
    weights = problem.initial_weights(bodies)
    loss, found = problem.value_and_gradient(bodies, weights, wrt=["weights", *PHYSICAL])
    assert list(found) == ["weights", *PHYSICAL]
    muscle = int(np.flatnonzero(bodies.swings)[-1])
    for name, size in (("rest_lengths", 1e-7), ("stiffness", 1e-2), ("swings", 1e-6)):
        assert found[name].shape == getattr(bodies, name).shape
        sides = []
        for sign in (1, -1):
            values = getattr(bodies, name).copy()
            values[muscle] += sign * size
            sides.append(problem.value_and_gradient(replace(bodies, **{name: values}), weights)[0].sum())
        assert found[name][muscle] == pytest.approx((sides[0] - sides[1]) / (2 * size), rel=1e-4)
    assert found["positions"].shape == bodies.positions.shape
    assert (found["swings"][bodies.swings == 0] == 0).all()
    step = found["weights"].scaled(1e-6 / found["weights"].norms())
    ahead, behind = (problem.value_and_gradient(bodies, each)[0] for each in (weights + step, weights - step))
    np.testing.assert_allclose((ahead - behind) / 2e-6, found["weights"].norms(), rtol=1e-5)
    np.testing.assert_array_equal(loss, problem.value_and_gradient(bodies, weights)[0])


@pytest.mark.slow
@pytest.mark.parametrize("tissue", [{}, {"density": 2000.0, "damping": 5.0, "force_limit": 60.0}])
def test_gradients_in_masses_damping_and_force_limits(tissue: dict) -> None:
    problem = codesign.Problem(
        body={**TINY["body"], **tissue},
        physics={"name": "coulomb", "steps": 60},
        execution={"precision": "float64"},
        conditions={"count": 2, "mass_spread": 0.2},
    )
    bodies = problem.develop(problem.random(2))
    assert bodies.has_material_properties == bool(tissue)
    weights = problem.initial_weights(bodies)
    loss, found = problem.value_and_gradient(bodies, weights, wrt=["weights", *MATERIAL, *PHYSICAL])
    np.testing.assert_allclose(problem.value_and_gradient(bodies, weights)[0], loss, rtol=0, atol=1e-10)
    muscle = int(np.flatnonzero(bodies.swings)[-1])
    for name, place, size in (("masses", 0, 1e-6), ("damping", 0, 1e-4), ("force_limits", muscle, 1e-2)):
        assert found[name].shape == getattr(bodies, name).shape
        sides = []
        for sign in (1, -1):
            values = getattr(bodies, name).copy()
            values[place] += sign * size if tissue or name != "damping" else (1 + sign) * size / 2
            moved = replace(bodies, **{name: values})
            sides.append(problem.value_and_gradient(moved, weights, wrt=MATERIAL)[0].sum())
        expected = (sides[0] - sides[1]) / (2 * size if tissue or name != "damping" else size)
        assert found[name][place] == pytest.approx(expected, rel=1e-3 if not tissue else 1e-4, abs=1e-9)


def test_a_problem_that_has_simulated_can_be_copied(problem: codesign.Problem) -> None:
    bodies = problem.develop(problem.random(2))
    weights = problem.initial_weights(bodies)
    loss, _ = problem.value_and_gradient(bodies, weights)
    other = copy.deepcopy(problem)
    assert other.config == problem.config
    np.testing.assert_array_equal(other.value_and_gradient(bodies, weights)[0], loss)


def test_one_quantity_gives_an_array_and_several_a_mapping(problem: codesign.Problem) -> None:
    bodies = problem.develop(problem.random(2))
    weights = problem.initial_weights(bodies)
    one: Wrt = "stiffness"
    _, gradient = problem.value_and_gradient(bodies, weights, wrt=one)
    assert gradient.shape == bodies.stiffness.shape
    assert list(problem.value_and_gradient(bodies, weights, wrt=[one])[1]) == [one]


def test_a_simulator_is_made_once_for_equal_bodies(problem: codesign.Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    before = Simulator.__init__

    def count(self, *arguments, **settings):
        made.append(1)
        before(self, *arguments, **settings)

    monkeypatch.setattr(Simulator, "__init__", count)
    genomes = problem.random(2, seed=5)
    weights = problem.initial_weights(genomes)
    losses = []
    for _ in range(5):
        loss, gradient = problem.value_and_gradient(genomes, weights)
        losses.append(loss)
        weights = weights - gradient.scaled(0.05 / gradient.norms())
    assert len(made) == 1
    assert (losses[-1] < losses[0]).all()
    bodies = problem.develop(genomes)
    loss, _ = problem.value_and_gradient(bodies, weights)
    bodies.rest_lengths[:] *= 1.01  # in place, which must be seen
    assert (problem.value_and_gradient(bodies, weights)[0] != loss).any()
    assert len(made) == 2


def test_a_rollout_ends_where_the_loss_says(problem: codesign.Problem) -> None:
    genomes = problem.random(2)
    results = problem.evaluate(genomes)
    recordings = problem.rollout(genomes, results.weights, before=problem.initial_weights(genomes))
    assert [recording.design for recording in recordings] == ["random-0", "random-1"]
    for recording, fitness in zip(recordings, results.fitness, strict=True):
        assert recording.fitness == pytest.approx(fitness)
        assert recording.measures["displacement"] == pytest.approx(fitness)
        moved = recording.after.positions.mean(axis=1)[:, 0]
        assert moved[-1] - moved[0] == pytest.approx(fitness, abs=1e-5)
        assert recording.before is not None
    first = problem.rollout(genomes[0])[0]
    earlier = recordings[0].before
    assert earlier is not None
    np.testing.assert_array_equal(first.after.positions, earlier.positions)


def test_bodies_of_another_dimension_are_simulated_where_that_makes_sense(problem: codesign.Problem) -> None:
    flat = problem.develop(problem.random(1))
    cubes = codesign.Problem(body="voxel_small", physics={"steps": 60}, learner={"iterations": 1})
    assert np.isfinite(cubes.evaluate(flat).fitness).all()
    assert cubes.rollout(flat)[0].dim == 2


def test_genomes_develop_on_their_own_grid(problem: codesign.Problem) -> None:
    other = codesign.Problem(**{**TINY, "body": {"rows": 4, "columns": 6, "stiffness": 1e4}})
    genomes = problem.random(3)
    bodies = other.develop(genomes)
    np.testing.assert_array_equal(bodies.positions, problem.develop(genomes).positions)
    assert set(bodies.stiffness.tolist()) == {1e4}  # the tissue is the problem's


def test_weights_take_part_in_arithmetic(problem: codesign.Problem) -> None:
    weights = problem.initial_weights(problem.random(3))
    for made in (2 * weights - weights, weights / 1.0, -(0 - weights), weights + np.zeros(len(weights.flat))):
        np.testing.assert_array_equal(made.flat, weights.flat)
    assert isinstance(np.ones(len(weights.flat)) * weights, codesign.Weights)
    np.testing.assert_array_equal(weights[1:].flat, np.concatenate([weights.of(1), weights.of(2)]))
    assert len(weights[1:]) == 2
    with pytest.raises(IndexError):
        weights[3]
