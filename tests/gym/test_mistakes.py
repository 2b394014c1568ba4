"""What users may give, and what they are told of what they may not: in Gymnasium's kinds of errors, in one line."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

import codesign
import codesign.gym
from codesign.gym import Environment, VectorEnvironment

EXAMPLES = Path(__file__).parent.parent.parent / "examples" / "bodies"
CUBES: dict[str, Any] = {"body": {"name": "voxel", "rows": 2, "columns": 2, "layers": 2}}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, problem: codesign.Problem) -> codesign.Run:
    folder = tmp_path_factory.mktemp("runs") / "small"
    return codesign.evolve(problem, folder, generations=1, search={"population_size": 4})


def test_a_run_gives_its_problem_and_its_design(run: codesign.Run) -> None:
    best = gymnasium.make("codesign.gym:codesign/Walker-v0", run=run.folder, design="best").unwrapped
    assert isinstance(best, Environment)
    assert best.problem.config == run.problem.config
    np.testing.assert_array_equal(best.bodies.springs, run.problem.develop(run.best).springs)
    assert VectorEnvironment(run=str(run.folder), design="top2").num_envs == 2


def test_files_and_mappings_are_taken_as_they_are_elsewhere() -> None:
    files = [str(EXAMPLES / "roller.txt"), EXAMPLES / "roller.txt"]
    made = VectorEnvironment(problem={"body": "triangle", "physics": {"steps": 60}}, bodies=files, control_steps=20)
    expected = codesign.Problem(body="triangle").bodies(codesign.load(files[0]))
    np.testing.assert_array_equal(made.bodies[1].springs, expected.springs)
    assert made.num_envs == 2


def test_a_robot_that_comes_along_is_used_for_what_is_left_open() -> None:
    made = Environment("walker", problem={"physics": {"steps": 60}})
    assert (made.problem.spec.physics.steps, len(made.bodies.springs)) == (60, 55)


@pytest.mark.parametrize("name", codesign.gym.arguments.ROBOTS)
def test_each_robot_goes_with_its_experiment(name: str) -> None:
    problem, bodies = codesign.gym.arguments.chosen(name, None, None, None, None, None)
    assert problem.spec.dimension == bodies.positions.shape[1]


WRONG: Mapping[str, tuple[Mapping[str, Any], type[Exception], str]] = {
    "two sources": ({"problem": {}, "experiment": "demo"}, ValueError, "got problem and experiment"),
    "no such experiment": ({"experiment": "walk"}, ValueError, "experiment"),
    "no such robot": ({"robot": "dog"}, ValueError, "'dog'"),
    "no such folder": ({"run": "nowhere"}, ValueError, "nowhere"),
    "design without run": ({"design": "best"}, ValueError, "no run"),
    "no such file": ({"bodies": "nothing.txt"}, ValueError, "nothing.txt"),
    "no bodies": ({"bodies": []}, ValueError, "empty"),
    "no problem": ({"problem": 3}, TypeError, "codesign.Problem"),
    "unknown field": ({"problem": {"task": "wlak"}}, ValueError, "did you mean 'walk'"),
    "no whole control steps": ({"control_steps": 2.5}, TypeError, "2.5"),
    "no control steps": ({"control_steps": 0}, ValueError, "at least 1"),
    "another division": ({"control_steps": 7}, ValueError, "divide"),
    "noise of another type": ({"velocity_noise": "much"}, TypeError, "'much'"),
    "noise below zero": ({"velocity_noise": -1.0}, ValueError, "at least 0"),
    "endless penalty": ({"divergence_reward": float("nan")}, ValueError, "finite"),
    "unknown picture": ({"render_mode": "ansi"}, ValueError, "rgb_array"),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("kind", [Environment, VectorEnvironment])
def test_a_wrong_argument_is_told_in_one_line(kind: Any, case: str) -> None:
    arguments, error, words = WRONG[case]
    with pytest.raises(error) as caught:
        kind(**arguments)
    told = str(caught.value)
    assert words in told
    assert told.startswith("expected")
    assert "\n" not in told
    assert caught.value.__cause__ is None


def test_bodies_have_to_be_one_of_them_and_have_muscles(problem: codesign.Problem, bodies: codesign.Bodies) -> None:
    with pytest.raises(ValueError, match="expected one body; got 3"):
        Environment(problem=problem, bodies=bodies)
    with pytest.raises(ValueError, match="at least 3, the bodies; got 2"):
        VectorEnvironment(2, problem=problem, bodies=bodies)
    with pytest.raises(ValueError, match="muscles; got none in number 1"):
        VectorEnvironment(problem=problem, bodies=[bodies[0], replace(bodies[1], swings=0.0 * bodies[1].swings)])
    cubes = codesign.Problem(**CUBES)
    with pytest.raises(ValueError, match="dimension"):
        VectorEnvironment(problem=problem, bodies=[bodies[0], cubes.bodies(cubes.random(1))[0]])
    with pytest.raises(ValueError, match="autoreset_mode"):
        VectorEnvironment(problem=problem, bodies=bodies, autoreset_mode="never")


@pytest.fixture(scope="module")
def environment(problem: codesign.Problem, bodies: codesign.Bodies) -> Environment:
    return Environment(problem=problem, bodies=bodies[0])


@pytest.mark.parametrize("action", [np.zeros(3), np.zeros((1, 2)), "left", None, [1.0, "a"]])
def test_an_action_of_another_form_is_invalid(environment: Environment, action: Any) -> None:
    environment.reset(seed=0)
    with pytest.raises(gymnasium.error.InvalidAction, match=r"expected actions of shape \(\d+,\); got .*; give"):
        environment.step(action)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_action_that_is_not_finite_is_invalid(
    environment: Environment, problem: codesign.Problem, bodies: codesign.Bodies, value: float
) -> None:
    environment.reset(seed=0)
    action = np.zeros(environment.action_space.shape)  # type: ignore[arg-type]
    action[-1] = value
    with pytest.raises(gymnasium.error.InvalidAction, match="finite numbers; got 1 of"):
        environment.step(action)
    environment.step(np.nan_to_num(action, posinf=0.0))
    together = VectorEnvironment(problem=problem, bodies=bodies)
    together.reset(seed=0)
    together.step(np.where(together.action_masks, 0.0, value))
    with pytest.raises(gymnasium.error.InvalidAction):
        together.step(np.full(together.action_space.shape, value))  # type: ignore[arg-type]


def test_a_step_needs_an_episode(problem: codesign.Problem, bodies: codesign.Bodies) -> None:
    made = VectorEnvironment(problem=problem, bodies=bodies[:2], autoreset_mode="Disabled", control_steps=60)
    actions = np.zeros(made.action_space.shape)  # type: ignore[arg-type]
    with pytest.raises(gymnasium.error.ResetNeeded, match="environment 0"):
        made.step(actions)
    made.reset(options={"reset_mask": np.array([True, False])})
    with pytest.raises(gymnasium.error.ResetNeeded, match="environment 1"):
        made.step(actions)
    made.reset(seed=[1, None])
    made.step(actions)
    with pytest.raises(gymnasium.error.ResetNeeded, match="environment 0"):
        made.step(actions)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"seed": "x"}, TypeError, "'x'"),
        ({"seed": 1.5}, TypeError, "1.5"),
        ({"seed": -1}, ValueError, "at least 0"),
        ({"seed": [1]}, ValueError, "got 1"),
        ({"options": {"position": 1}}, ValueError, "position"),
        ({"options": {"reset_mask": [True, True]}}, TypeError, "reset_mask"),
        ({"options": {"reset_mask": np.array([True])}}, ValueError, "shape"),
        ({"options": {"reset_mask": np.zeros(2, bool)}}, ValueError, "True"),
    ],
)
def test_a_wrong_reset_changes_nothing(
    problem: codesign.Problem, bodies: codesign.Bodies, arguments: Any, error: type[Exception], words: str
) -> None:
    made = VectorEnvironment(problem=problem, bodies=bodies[:2], velocity_noise=0.1)
    made.reset(seed=0)
    with pytest.raises(error, match=words):
        made.reset(**arguments)
    again, _ = made.reset()
    fresh = VectorEnvironment(problem=problem, bodies=bodies[:2], velocity_noise=0.1)
    fresh.reset(seed=0)
    np.testing.assert_array_equal(again, fresh.reset()[0])


def test_options_of_a_single_environment_are_refused(environment: Environment) -> None:
    with pytest.raises(ValueError, match="no options; got speed"):
        environment.reset(options={"speed": 1})


def test_an_id_that_is_not_there_is_gymnasiums_matter() -> None:
    with pytest.raises(gymnasium.error.NameNotFound, match="Walker"):
        gymnasium.make("codesign.gym:codesign/Wlaker-v0")


@pytest.mark.slow
def test_the_room_knows_no_pytorch() -> None:
    code = "import sys, codesign.gym; codesign.gym.VectorEnvironment; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_without_gymnasium_the_first_use_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codesign.gym, "find_spec", lambda _: None)
    monkeypatch.delattr(codesign.gym, "Environment", raising=False)
    with pytest.raises(ImportError, match=r"pip install 'codesign\[gym\]'"):
        codesign.gym.Environment  # noqa: B018 - the use is what is tested
