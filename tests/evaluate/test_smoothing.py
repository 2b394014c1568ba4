"""Smoothed gradients of real robots: the same bits in any company and on any device threads, and what they cost."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from codesign.body import develop
from codesign.control import CONTROLLERS
from codesign.errors import MemoryBudgetError
from codesign.evaluate import EvaluationSpec, MemoryEstimate, Request, Worlds, batches, evaluate_designs, learn_together
from codesign.evaluate.batches import bytes_needed
from codesign.evaluate.local import Local
from codesign.sim import Execution, Physics
from codesign.train import repetition
from tests.evaluate.fakes import ITERATIONS, LATTICE, assert_same, designs, spec

STEPS, SAMPLES = 60, 4
SMOOTHING = {"estimator": "blended", "samples": SAMPLES}


def smooth(**learner: Any) -> EvaluationSpec:
    settings = SMOOTHING | learner
    return replace(spec(), physics=Physics(steps=STEPS), learner=replace(spec().learner, **settings))


@pytest.fixture(scope="module")
def expected():
    return evaluate_designs(smooth(), Request(*designs(6)))


def test_designs_learn_and_are_counted(expected) -> None:
    exact = evaluate_designs(smooth(estimator="exact"), Request(*designs(6)))
    # The first loss is that of the weights themselves, before anything was perturbed.
    assert np.array_equal(expected.curves[:, 0], exact.curves[:, 0])
    assert (expected.curves[:, 1:] != exact.curves[:, 1:]).any(axis=1).all()
    assert (expected.fitness > expected.curves[:, 0]).sum() >= 4
    assert exact.robot_steps == 6 * (ITERATIONS + 3) * STEPS
    assert expected.robot_steps == 6 * ((1 + SAMPLES) * ITERATIONS + 3) * STEPS
    # The reported fitness is reached by the reported weights.
    again = replace(smooth(iterations=0), seed=99)
    bodies = develop(LATTICE.build(), designs(6)[0], again.tissue)
    simulator = again.simulator(bodies)
    simulator.load(expected.weights.astype(np.float64))
    simulator.forward()
    assert np.array_equal(-simulator.loss.numpy(), expected.fitness)


@pytest.mark.parametrize("settings", [{}, {"estimator": "smoothed"}, {"patience": 1}])
def test_a_design_does_not_feel_its_company_nor_the_threads(settings: dict[str, Any]) -> None:
    wanted = smooth(**settings)
    genomes, identities = designs(6)
    found = evaluate_designs(wanted, Request(genomes, identities))
    order = np.array([5, 1, 3])
    few = evaluate_designs(wanted, Request(genomes[order], identities[order]))
    chosen = found.take(order)
    for field in ("fitness", "curves", "weights", "status"):
        assert np.array_equal(getattr(few, field), getattr(chosen, field)), field
    threads = replace(wanted, execution=replace(wanted.execution, threads=3))
    assert_same(evaluate_designs(threads, Request(genomes, identities)), found)


def test_batches_change_nothing_and_know_the_copies(expected) -> None:
    genomes, _ = designs(6)
    bodies = develop(LATTICE.build(), genomes, spec().tissue)
    exact = smooth(estimator="exact")
    assert np.array_equal(bytes_needed(smooth(), bodies), (1 + SAMPLES) * bytes_needed(exact, bodies))
    little = replace(smooth(), execution=Execution(device="cpu", memory_mib=2))
    assert len(batches(little, bodies)) > len(batches(replace(exact, execution=little.execution), bodies))
    assert_same(evaluate_designs(little, Request(*designs(6))), expected)


def test_copies_that_do_not_fit_are_refused_before_anything_is_computed() -> None:
    small = replace(smooth(samples=400), execution=Execution(device="cpu", memory_mib=8))
    with pytest.raises(MemoryBudgetError, match=r"got 8 MiB; raise memory_mib, lower samples, or lower"):
        MemoryEstimate.of_search(small, Local())


def test_perturbations_follow_from_seed_and_identity(expected) -> None:
    genomes, identities = designs(6)
    start = [np.full(count, 0.1) for count in np.diff(expected.weight_start)]
    bodies = develop(LATTICE.build(), genomes, spec().tissue)

    def curves(seed: int, born: int) -> np.ndarray:
        problem = replace(smooth(), seed=seed).learning_problem(bodies, identities + np.array([born, 0]))
        problem.load(np.concatenate(start))
        problem.forward()
        problem.reverse()
        return problem.weights(problem.gradient)

    assert np.array_equal(curves(7, 0), curves(7, 0))
    assert not np.array_equal(curves(7, 0), curves(8, 0))
    assert not np.array_equal(curves(7, 0), curves(7, 1))


def test_several_worlds_of_a_design_have_the_same_weights() -> None:
    worlds = Worlds(count=3, fitness="worst", vary_task=False, push_speed=0.5)
    wanted = replace(smooth(estimator="smoothed"), worlds=worlds)
    genomes, identities = designs(3)
    found = evaluate_designs(wanted, Request(genomes, identities))
    assert found.robot_steps == 3 * 3 * ((1 + SAMPLES) * ITERATIONS + 3) * STEPS
    assert np.array_equal(found.fitness, found.world_fitness.min(axis=1))
    # Judged by the worst of the worlds, they learn by the mean of all, as exact gradients do.
    bodies = develop(LATTICE.build(), genomes, wanted.tissue)
    problem: Any = wanted.learning_problem(bodies, identities)
    wanted.begin(problem, identities)
    problem.forward()
    copies = problem._copies
    worst, mean = copies.loss.numpy().copy(), copies.learned_losses().numpy()
    per_world = copies.world_losses.numpy().reshape(-1, 3)
    assert np.array_equal(worst, per_world.max(axis=1))
    assert np.allclose(mean, per_world.mean(axis=1), rtol=1e-6)
    assert np.array_equal(copies.loss.numpy(), worst)


def test_one_controller_for_many_bodies_is_smoothed_as_one() -> None:
    together = replace(smooth(iterations=4), controller=CONTROLLERS["shared"](hidden=4))
    genomes, _ = designs(6)
    bodies = develop(LATTICE.build(), genomes, together.tissue)
    found = learn_together(together, bodies.take(np.arange(4)), bodies.take(np.arange(4, 6)))
    assert found.after["seen"].mean() == pytest.approx(found.curve.max(), rel=1e-5)
    assert found.curve.max() > found.curve[0]


@pytest.mark.parametrize("settings", [{}, {"estimator": "smoothed"}, {"patience": 1}])
def test_replayed_launches_give_the_same_bits(settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = replace(smooth(iterations=6, **settings), execution=Execution(device="cpu", threads=1))
    plain = evaluate_designs(wanted, Request(*designs(3)))
    monkeypatch.setattr(repetition, "replays", lambda _device: True)
    assert_same(evaluate_designs(wanted, Request(*designs(3))), plain)
