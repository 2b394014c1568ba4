"""Measures that searches look at: bodies at rest, and how often they repeat a movement."""

from dataclasses import replace

import numpy as np
import pytest

from codesign.body import develop
from codesign.errors import ConfigError
from codesign.evaluate import FURTHER_MEASURES, EvaluationSpec, Local, Request, evaluate_designs
from codesign.evaluate.body_measures import BODY_MEASURES, gait_frequency
from codesign.genome import VariationSettings
from codesign.run import Experiment
from codesign.search import MapElites, Novelty, Nsga2, SearchSettings
from codesign.sim import Physics
from codesign.tasks import TASKS
from tests.evaluate.fakes import assert_same, designs, spec


def short(**changes: object) -> EvaluationSpec:
    return replace(spec(), physics=Physics(steps=60), **changes)


def test_bodies_are_measured_as_they_were_drawn() -> None:
    made = spec()
    genomes, _ = designs(5)
    bodies = develop(made.lattice.build(), genomes, made.tissue)
    for index, body in enumerate(bodies):
        found = {name: float(measure(bodies)[index]) for name, measure in BODY_MEASURES.items()}
        width, height = np.ptp(body.positions, axis=0)
        share = np.count_nonzero(body.swings) / len(body.springs)
        assert found == pytest.approx(
            {"size": len(body.positions), "muscle_share": share, "body_height": height, "body_width": width}
        )


def moving(frequency: float, steps: int = 400, dt: float = 0.005) -> np.ndarray:
    """Return a body of three masses that drifts, turns slowly and swings one mass against the others."""
    times = np.arange(steps + 1) * dt
    rest = np.array([[0.0, 0.0], [0.1, 0.0], [0.0, 0.1]])
    positions = rest[None] + np.stack([0.4 * times, 0.01 * times], axis=1)[:, None]
    positions[:, 2, 0] += 0.02 * times + 0.01 * np.sin(2.0 * np.pi * frequency * times)
    return positions


@pytest.mark.parametrize("frequency", [1.5, 3.3, 9.0, 42.0])
def test_the_frequency_of_a_known_movement_is_found_to_a_tenth(frequency: float) -> None:
    assert gait_frequency(moving(frequency), 0.005) == pytest.approx(frequency, abs=0.1)


def test_what_moves_as_a_whole_stands_still_and_what_is_not_finite_has_no_frequency() -> None:
    rigid = moving(3.0)
    rigid[:] = rigid[:, :1] + np.array([[0.0, 0.0], [0.1, 0.0], [0.0, 0.1]])
    assert gait_frequency(rigid, 0.005) == 0.0
    rigid[7, 1, 0] = np.inf
    assert np.isnan(gait_frequency(rigid, 0.005))


def test_measures_are_taken_where_they_are_asked_for_are_counted_and_change_nothing_else() -> None:
    genomes, identities = designs(6)
    request = Request(genomes, identities)
    plain = evaluate_designs(short(), request)
    found = evaluate_designs(short(measured=FURTHER_MEASURES), request)
    assert set(found.measures) - set(plain.measures) == set(FURTHER_MEASURES)
    assert found.robot_steps - plain.robot_steps == 6 * 60
    rest = {name: values for name, values in found.measures.items() if name in plain.measures}
    assert_same(replace(found, measures=rest, robot_steps=plain.robot_steps), plain)
    assert evaluate_designs(short(measured=("size",)), request).robot_steps == plain.robot_steps
    few = evaluate_designs(short(measured=FURTHER_MEASURES), request.take(np.array([4, 1])))
    for name in FURTHER_MEASURES:
        np.testing.assert_array_equal(few.measures[name], found.measures[name][[4, 1]])
    moved = np.isfinite(found.fitness)
    assert (found.measures["gait_frequency"][moved] > 0.0).all()


def with_search(search: SearchSettings, task: str = "walk") -> Experiment:
    trial = replace(spec(), task=TASKS[task]())
    return Experiment(trial, VariationSettings(), search, Local())


def test_a_search_has_designs_measured_by_what_it_looks_at() -> None:
    looking = with_search(MapElites(measures=("gait_frequency", "energy")))
    assert looking.trial.measured == ("gait_frequency",)
    assert with_search(Nsga2(maximise=("fitness", "height"), minimise=()), task="jump").trial.measured == ()
    assert looking.trial.units["gait_frequency"] == "Hz"


@pytest.mark.parametrize(
    ("search", "message"),
    [
        (MapElites(measures=("size", "weight")), r"search\.measures to be any of fitness, displacement, distance, "),
        (Nsga2(minimise=("height",)), r"search\.minimise to be any of fitness.*gait_frequency; got height"),
        (MapElites(measures=()), r"search\.measures to be any of fitness.*gait_frequency; got none"),
        (Novelty(measures=()), r"search\.measures to be any of fitness"),
    ],
)
def test_measures_that_there_are_not_are_refused_with_those_that_there_are(
    search: SearchSettings, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        with_search(search)


def test_every_task_has_measures_that_can_be_looked_at() -> None:
    for name, task in TASKS.items():
        known = replace(spec(), task=task.example()).measures if 2 in task.dimensions else ()
        assert len(set(known)) == len(known), name
