"""Measures of landscapes whose answers are known, and of a simulated one against values taken one by one."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

import codesign
from codesign.body import Bodies
from codesign.errors import ConfigError
from codesign.evaluate import DesignWeights, EvaluationSpec, Request, evaluate_bodies
from codesign.landscape import (
    LANDSCAPE_MEASURES,
    LandscapeSettings,
    SimulatedLandscape,
    Subject,
    first_design_weights,
    gradient_check_measures,
    gradient_checks,
    landscape_lines,
    landscape_measures,
    measures_of,
)
from codesign.sensitivity import parting
from tests.landscape.functions import Known, bowl, plane, stair

SETTINGS = LandscapeSettings(points=41, directions=3, starts=4)


def subject(first: Any, learned: Any, starts: Any = None, directions: Any = None) -> Subject:
    first, learned = np.asarray(first, float), np.asarray(learned, float)
    others = np.stack([first, 2.0 * first + 1.0, 10.0 * first + 1.0, first - 7.0]) if starts is None else starts
    along = np.eye(len(first))[:3] if directions is None else directions
    return Subject(first, learned, others, along)


def alone(function: Any, who: Subject, settings: LandscapeSettings = SETTINGS) -> dict[str, float]:
    return {name: float(values[0]) for name, values in measures_of(Known(function), [who], settings).items()}


def test_a_plane_is_as_smooth_as_can_be() -> None:
    slope = np.array([0.3, 0.0, -0.4])
    found = alone(plane(slope), subject([1.0, 2.0, 3.0], [0.4, 2.0, 3.8]))
    assert found["straight_drop"] == pytest.approx(0.5)
    assert found["straight_length"] == pytest.approx(1.0)
    for name in ("straight_barrier", "straight_variation", "straight_relative_variation"):
        assert found[name] == pytest.approx(0.0, abs=1e-12)
    for place in ("first", "learned"):
        assert found[f"{place}_gradient_norm"] == pytest.approx(0.5)
        for line in ("downhill", "random"):
            for measure in ("variation", "relative_roughness", "roughness"):
                assert found[f"{place}_{line}_{measure}"] == pytest.approx(0.0, abs=1e-12)
            for reach in ("near", "far"):
                assert found[f"{place}_{line}_{reach}_cosine"] == pytest.approx(1.0)
                assert found[f"{place}_{line}_{reach}_change"] == 0.0
        assert found[f"{place}_downhill_unexplained"] == pytest.approx(0.0, abs=1e-12)
        assert found[f"{place}_downhill_far_descends"] == 1.0
        assert found[f"{place}_downhill_far_descent"] == pytest.approx(1.0)
    assert found["starts_norm_spread"] == pytest.approx(0.0, abs=1e-12)


def test_a_bowl_has_one_curvature_everywhere() -> None:
    curvature, first = 2.0, np.array([0.3, -0.4, 1.2])  # of length 1.3
    found = alone(bowl(curvature, np.zeros(3)), subject(first, np.zeros(3)))
    spacing = SETTINGS.radius / (SETTINGS.points - 1)
    assert found["straight_drop"] == pytest.approx(1.69)
    assert found["first_gradient_norm"] == pytest.approx(2.6)
    # Down the gradient from 1.3 through the goal to 0.7 on its other side: 1.69 down and 0.49 up again.
    assert found["first_downhill_variation"] == pytest.approx(0.98, abs=1e-3)
    assert found["first_downhill_relative_variation"] == pytest.approx(0.98 / 1.69, abs=1e-3)
    assert found["first_downhill_roughness"] == pytest.approx(curvature * spacing**2)
    assert found["first_random_roughness"] == pytest.approx(curvature * (2.0 * spacing) ** 2)
    assert found["first_random_relative_roughness"] == pytest.approx(curvature * (2.0 * spacing) ** 2 / 1.69)
    assert found["first_downhill_unexplained"] < 1e-20
    for line in ("downhill", "random"):
        for reach, length in (("near", 0.02), ("far", 0.2)):
            assert found[f"first_{line}_{reach}_lipschitz"] == pytest.approx(curvature)
            assert found[f"first_{line}_{reach}_change"] == pytest.approx(curvature * length / 2.6)
    assert found["first_downhill_far_cosine"] == pytest.approx(1.0)
    expected = np.mean([(first + 0.2 * axis) @ first / np.linalg.norm(first + 0.2 * axis) / 1.3 for axis in np.eye(3)])
    assert found["first_random_far_cosine"] == pytest.approx(expected)
    # A step of 0.2 falls short of what the slope foretells by curvature / 2 * 0.2^2.
    assert found["first_downhill_far_descent"] == pytest.approx(1.0 - 0.04 / (0.2 * 2.6))
    # At the goal there is no gradient: nothing is said about it.
    assert found["learned_gradient_norm"] == 0.0
    for name in ("downhill_variation", "downhill_far_cosine", "random_far_change", "downhill_far_descends"):
        assert np.isnan(found[f"learned_{name}"])
    assert found["learned_random_far_lipschitz"] == pytest.approx(curvature)
    norms = 2.0 * np.linalg.norm([first, 2.0 * first + 1.0, 10.0 * first + 1.0, first - 7.0], axis=1)
    assert found["starts_norm_spread"] == pytest.approx(np.log10(norms).std(ddof=1))
    assert found["starts_norm_median"] == pytest.approx(np.median(norms))
    assert found["starts_norm_largest"] == pytest.approx(norms.max())
    assert found["starts_norm_large"] == pytest.approx((norms >= 10.0).mean())


def test_a_stair_is_rough_where_its_gradient_says_nothing() -> None:
    """Every step down the slope leads over rises that no gradient foretells."""
    slope = np.array([1.0, 0.0, 0.0])
    who = subject([0.3] * 3, [-1.7, 0.3, 0.3])
    smooth, rough = (alone(function, who) for function in (plane(slope), stair(slope, 0.5, 0.4)))
    assert rough["straight_drop"] == pytest.approx(2.0 - 4 * 0.4)
    # Of 2 down, 1.6 are climbed again: up 1.6 less what is walked down in those four intervals.
    assert rough["straight_variation"] == pytest.approx(2.0 * 4 * (0.4 - 2.0 / 40))
    assert rough["straight_barrier"] >= 0.0
    assert rough["first_downhill_roughness"] == pytest.approx(2 * 4 * 0.4 / 39, rel=0.3)
    assert rough["first_downhill_unexplained"] > 0.01 > smooth["first_downhill_unexplained"]
    assert rough["first_downhill_far_cosine"] == 1.0


def test_a_step_over_a_rise_does_not_descend() -> None:
    slope = np.array([1.0, 0.0, 0.0])
    found = alone(stair(slope, 1.0, 0.5), subject([0.1, 0.0, 0.0], [-3.0, 0.0, 0.0]))
    assert found["first_downhill_near_descends"] == 1.0
    assert found["first_downhill_far_descends"] == 0.0
    assert found["first_downhill_far_descent"] == pytest.approx((0.2 - 0.5) / 0.2)


def test_bodies_of_several_sizes_are_told_apart() -> None:
    functions = bowl(1.0, np.zeros(3)), plane(np.ones(5)), bowl(3.0, np.ones(4))
    who = [subject(np.full(size, 0.5), np.zeros(size)) for size in (3, 5, 4)]
    together = measures_of(Known(*functions), who, SETTINGS)
    for index, (function, own) in enumerate(zip(functions, who, strict=True)):
        by_itself = measures_of(Known(function), [own], SETTINGS)
        assert set(by_itself) == set(LANDSCAPE_MEASURES)
        for name, values in together.items():
            np.testing.assert_array_equal(values[index], by_itself[name][0], err_msg=name)


def test_losses_that_are_not_finite_leave_no_number() -> None:
    def broken(weights: np.ndarray) -> float:
        return float("nan") if weights[0] < 0.0 else float(weights[0])

    def gradient(weights: np.ndarray) -> np.ndarray:
        return np.array([1.0, 0.0, 0.0]) if weights[0] >= 0.0 else np.full(3, np.inf)

    found = alone((broken, gradient), subject([0.1, 0.0, 0.0], [0.05, 0.0, 0.0]))
    for name in ("downhill_variation", "downhill_unexplained", "downhill_far_cosine", "downhill_far_descends"):
        assert np.isnan(found[f"first_{name}"]), name
    assert found["first_downhill_near_cosine"] == 1.0


def test_settings_say_how_many_episodes_are_simulated() -> None:
    function = Known(bowl(1.0, np.zeros(3)))
    measures_of(function, [subject([1.0, 0.0, 0.0], [0.5, 0.0, 0.0])], SETTINGS)
    assert function.differentiated == SETTINGS.gradients
    assert function.asked == SETTINGS.episodes


@pytest.mark.parametrize(
    ("setting", "value"),
    [("radius", 0.0), ("points", 4), ("directions", 0), ("near", 0.3), ("starts", -1), ("large", 0.0), ("far", None)],
)
def test_settings_out_of_range(setting: str, value: object) -> None:
    with pytest.raises(ConfigError):
        LandscapeSettings(**{setting: value})  # type: ignore[arg-type]


@cache
def learned_designs() -> tuple[EvaluationSpec, Bodies, np.ndarray, DesignWeights, DesignWeights]:
    """Return three small designs, with their first and learned weights."""
    problem = codesign.Problem(body={"rows": 3, "columns": 4}, physics={"steps": 120})
    spec = replace(problem.spec, learner=replace(problem.spec.learner, iterations=6))
    bodies, identities = problem.bodies(problem.random(3)), np.array([[0, 0], [0, 1], [4, 2]])
    found = evaluate_bodies(spec, Request(bodies, identities))
    first = first_design_weights(spec, bodies, identities)
    return spec, bodies, identities, first, DesignWeights(found.weights, found.weight_start)


SMALL = LandscapeSettings(points=5, directions=2, starts=2)


def test_simulated_landscapes_against_values_taken_one_by_one() -> None:
    spec, bodies, identities, first, learned = learned_designs()
    found = landscape_measures(spec, bodies, identities, first, learned, SMALL)
    simulator = spec.simulator(bodies[1:2])

    def both(weights: np.ndarray) -> tuple[float, np.ndarray]:
        simulator.load(weights)
        simulator.forward()
        loss = float(simulator.loss.numpy()[0])
        simulator.reverse()
        return loss, simulator.weights(simulator.gradient)

    before, after = first.of(1).astype(np.float64), learned.of(1).astype(np.float64)
    (start, slope), (end, _) = both(before), both(after)
    row = {name: float(values[1]) for name, values in found.items()}
    assert row["straight_drop"] == start - end
    assert row["first_gradient_norm"] == pytest.approx(np.linalg.norm(slope))
    there = [both(before + share * (after - before))[0] for share in (0.25, 0.5, 0.75)]
    straight = np.array([start, *there, end])
    assert row["straight_variation"] == pytest.approx(np.abs(np.diff(straight)).sum() - abs(start - end), abs=1e-9)
    assert row["straight_barrier"] == pytest.approx(straight.max() - max(start, end), abs=1e-9)
    down = -slope / np.linalg.norm(slope)
    line = np.array([start, *(both(before + way * down)[0] for way in (0.5, 1.0, 1.5, 2.0))])
    assert row["first_downhill_roughness"] == pytest.approx(np.abs(np.diff(line, 2)).mean(), rel=1e-6)
    moved, turned = both(before + 0.2 * down)
    assert row["first_downhill_far_descends"] == float(moved < start)
    cosine = slope @ turned / np.linalg.norm(slope) / np.linalg.norm(turned)
    assert row["first_downhill_far_cosine"] == pytest.approx(cosine)
    others = [first_design_weights(spec, bodies, identities, attempts=np.full(3, each)).of(1) for each in (1, 2)]
    norms = [np.linalg.norm(both(each.astype(np.float64))[1]) for each in others]
    assert row["starts_norm_spread"] == pytest.approx(np.log10(norms).std(ddof=1))


def in_sevens(spec: EvaluationSpec, copies: Bodies) -> list[slice]:
    del spec
    return [slice(at, min(at + 7, len(copies))) for at in range(0, len(copies), 7)]


def test_neither_neighbours_nor_memory_change_a_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    spec, bodies, identities, first, learned = learned_designs()
    together = landscape_measures(spec, bodies, identities, first, learned, SMALL)
    chosen = np.array([2, 0])
    own = identities[chosen], first.take(chosen), learned.take(chosen)
    monkeypatch.setattr("codesign.landscape.landscapes.HELD_BYTES", 1)
    monkeypatch.setattr("codesign.landscape.landscapes.batches", in_sevens)
    apart = landscape_measures(spec, bodies.take(chosen), *own, SMALL)
    for name, values in together.items():
        np.testing.assert_array_equal(values[chosen], apart[name], err_msg=name)


def test_identities_address_random_directions_and_starts() -> None:
    spec, bodies, identities, first, learned = learned_designs()
    same, other = (
        landscape_measures(spec, bodies[:1], who, first.take(np.arange(1)), learned.take(np.arange(1)), SMALL)
        for who in (identities[:1], identities[:1] + 7)
    )
    changed = {name for name, values in same.items() if not np.array_equal(values, other[name], equal_nan=True)}
    assert {"first_random_roughness", "learned_random_far_cosine", "starts_norm_median"} <= changed
    assert not {name for name in changed if not any(word in name for word in ("random", "starts"))}


def test_lines_for_figures_are_those_that_are_measured() -> None:
    spec, bodies, identities, first, learned = learned_designs()
    lines = landscape_lines(spec, bodies, identities, first, learned, SMALL)
    measures = landscape_measures(spec, bodies, identities, first, learned, SMALL)
    drops = [own.at("first") - own.at("learned") for own in lines]
    np.testing.assert_array_equal(drops, measures["straight_drop"])
    assert lines[0].first.random.shape == (2, 5)
    # Both kinds of lines go through the weights: downhill ones begin there, random ones have them in the middle.
    for own in lines:
        assert own.first.downhill[0] == own.at("first") == own.first.random[0, 2]
        assert own.learned.downhill[0] == own.at("learned")


def test_weights_that_are_not_those_of_the_bodies() -> None:
    spec, bodies, identities, first, learned = learned_designs()
    with pytest.raises(ConfigError, match="learned weights"):
        landscape_measures(spec, bodies, identities, first, learned.take(np.array([1, 0, 2])), SMALL)


def test_weights_that_are_no_numbers_have_no_loss() -> None:
    spec, bodies, _, first, _ = learned_designs()
    points = [np.stack([first.of(index)] * 2).astype(np.float64) for index in range(3)]
    points[1][1, 3] = np.nan
    losses, gradients = SimulatedLandscape(spec, bodies).losses_and_gradients(points)
    assert np.isnan(losses[1][1])
    assert np.isnan(gradients[1][1]).all()
    assert np.isfinite([*losses[0], losses[1][0], *losses[2]]).all()
    assert losses[2][0] == losses[2][1]


def test_bodies_that_learn_have_landscapes_of_controller_and_body() -> None:
    problem = codesign.Problem(body={"rows": 3, "columns": 4}, physics={"steps": 120})
    learner = replace(problem.spec.learner, iterations=2)
    spec = replace(problem.spec, learner=replace(learner, body=replace(learner.body, rest_lengths=0.1)))
    bodies, identities = problem.bodies(problem.random(1)), np.array([[0, 0]])
    first = first_design_weights(spec, bodies, identities)
    found = evaluate_bodies(spec, Request(bodies, identities))
    learned = DesignWeights(found.weights, found.weight_start)
    measures = landscape_measures(spec, bodies, identities, first, learned, SMALL)
    np.testing.assert_allclose(measures["straight_drop"], found.fitness - found.curves[:, 0], rtol=1e-6)
    checks = gradient_checks(spec, bodies, learned, horizons=[20], sizes=[1e-6], directions=1)
    assert checks["cosine_float32_20"][0] > 0.99


def test_gradient_checks_are_those_of_sensitivity() -> None:
    spec, bodies, _, _, learned = learned_designs()
    found = gradient_checks(
        spec, bodies[:2], learned.take(np.arange(2)), horizons=[60, 20], sizes=[1e-6, 1e-2], directions=1
    )
    assert list(found) == list(gradient_check_measures([20, 60], [1e-6, 1e-2]))
    expected = parting(spec, bodies[1:2], learned.of(1).astype(np.float64), [60])
    assert found["cosine_float32_60"][1] == expected.cosines[0]
    assert (found["difference_error_1e-06_20"] < 1e-4).all()
    with pytest.raises(ConfigError, match="whole numbers"):
        gradient_checks(spec, bodies[:1], learned.take(np.arange(1)), horizons=[0])
    with pytest.raises(ConfigError, match="sizes"):
        gradient_checks(spec, bodies[:1], learned.take(np.arange(1)), sizes=[0.0])
