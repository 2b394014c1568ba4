"""The numbers of a generation."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest

from codesign.evaluate import Request
from codesign.genome import Genomes
from codesign.run.metrics import diversity, summarise
from codesign.search import SEARCHES
from codesign.train import LearningStatus
from tests.evaluate.fakes import designs, quick, spec, told
from tests.run.fakes import experiment


def generation(**sizes):
    settings = SEARCHES["genetic"](**{"population_size": 30, **sizes})
    search = settings.start(experiment().space, 7)
    told(search, spec())
    _, evaluations = told(search, spec())
    return search.population, evaluations


def test_diversity_is_the_mean_difference_of_pairs():
    genomes, _ = designs(9)
    pairs = [np.mean(genomes.cells[one] != genomes.cells[other]) for one, other in itertools.combinations(range(9), 2)]
    assert diversity(genomes) == pytest.approx(np.mean(pairs))


def test_copies_have_no_diversity():
    genomes, _ = designs(1)
    assert diversity(genomes) == 0.0
    assert diversity(Genomes.concatenate([genomes, genomes])) == 0.0


def test_what_is_invalid_counts_in_the_share_and_nowhere_else():
    population, evaluations = generation()
    metrics = summarise(1, population, evaluations, 2.0, 5.0)
    valid = np.isfinite(evaluations.fitness)
    assert 0 < valid.sum() < len(valid)
    assert metrics.valid_share == valid.mean()
    assert metrics.offspring_mean == pytest.approx(evaluations.fitness[valid].mean())
    assert metrics.offspring_best == evaluations.fitness[valid].max()
    assert metrics.offspring_before_learning == pytest.approx(evaluations.curves[valid, 0].mean(), rel=1e-6)
    living = population.fitness[np.isfinite(population.fitness)]
    assert metrics.mean_fitness == pytest.approx(living.mean())
    assert metrics.best_fitness == living.max()


def test_what_racing_stopped_counts_in_its_share():
    search = SEARCHES["genetic"](population_size=30).start(experiment().space, 7)
    asked = search.ask()
    evaluations = quick(spec(), Request(asked.genomes, asked.identities, np.array([-np.inf, 0.5, -np.inf])))
    search.tell(evaluations.fitness)
    stopped = np.count_nonzero(evaluations.status == LearningStatus.STOPPED)
    metrics = summarise(0, search.population, evaluations, 2.0, 5.0)
    assert 0 < stopped < 30
    assert metrics.status_shares["stopped"] == stopped / 30
    assert metrics.valid_share == np.isfinite(evaluations.fitness).mean()
    assert "stopped" not in summarise(1, *generation(), 2.0, 5.0).status_shares


def test_survivors_are_the_newcomers_of_the_population():
    population, evaluations = generation()
    metrics = summarise(1, population, evaluations, 2.0, 5.0)
    assert metrics.survivors == sum(born == 1 for born, _ in population.identities.tolist())
    assert 0 < metrics.survivors < len(population)


def test_speed_is_work_by_time():
    population, evaluations = generation()
    metrics = summarise(1, population, evaluations, 2.0, 5.0)
    assert (metrics.robots, metrics.robots_per_second) == (30, 15.0)
    assert metrics.robot_steps_per_second == evaluations.robot_steps / 2
    assert (metrics.generation_seconds, metrics.wall_seconds) == (2.0, 5.0)


def test_every_status_counts_in_its_share_whether_the_design_improved_or_not():
    population, evaluations = generation()
    status, curves = evaluations.status.copy(), evaluations.curves.copy()
    status[:] = LearningStatus.OK
    status[:6] = 2 * [LearningStatus.ZERO_GRADIENT] + 3 * [LearningStatus.NON_FINITE_GRADIENT] + [LearningStatus.JUMPED]
    curves[:6] = 0.25
    # Some got better until there was nothing more to learn.
    fitness = evaluations.fitness.copy()
    fitness[:6] = (0.5, 0.25, 0.5, 0.25, 0.25, 0.5)
    shares = summarise(
        1, population, replace(evaluations, status=status, curves=curves, fitness=fitness), 2.0, 5.0
    ).status_shares
    assert shares == {
        "ok": pytest.approx(24 / 30),
        "jumped": 1 / 30,
        "zero_gradient": 2 / 30,
        "non_finite_gradient": 3 / 30,
    }
    assert json.loads(json.dumps(shares)) == shares
