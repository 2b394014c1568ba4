"""Mistakes in calls: one line each, in terms of the call."""

import re
from collections.abc import Callable

import numpy as np
import pytest

import codesign
from codesign.api.mistakes import in_python
from codesign.errors import CodesignError, OutputError
from tests.api.conftest import TINY

P = codesign.Problem

WEIGHTS = codesign.Weights(np.zeros(4), [{"a": (2,)}, {"a": (2,)}])

CALLS: dict[str, tuple[Callable[[codesign.Problem], object], str]] = {
    "name": (lambda _: P(task="wlak"), "did you mean 'walk'"),
    "number": (lambda _: P(task=5), "settings such as Walk()"),  # type: ignore[arg-type]
    "class": (lambda _: P(task=type(codesign.Problem().spec.task)), "settings such as"),  # type: ignore[arg-type]
    "other settings": (lambda p: P(controller=p.spec.task), "controller as a name"),  # type: ignore[arg-type]
    "field": (lambda _: P(controller={"name": "cpg", "frequenzy": 2}), "did you mean 'frequency'"),
    "type": (lambda _: P(controller={"name": "cpg", "frequency": "x"}), 'controller["frequency"] to be a number'),
    "body": (lambda _: P(body={"rowz": 3}), "did you mean 'rows'"),
    "rows": (lambda _: P(body={"rows": -3}), 'body["rows"] to be a whole number'),
    "tissue": (lambda _: P(body={"stiffness": -1}), 'body["stiffness"] to be a number above 0'),
    "steps": (lambda _: P(physics={"steps": 0}), 'set physics["steps"], for example 1000'),
    "contact": (lambda _: P(physics={"contact": "ice"}), 'physics["contact"] to be one of coulomb'),
    "friction": (lambda _: P(physics={"contact": {"name": "coulomb", "friction": -1}}), '"contact"]["friction"]'),
    "force": (lambda _: P(forces=["watr"]), "did you mean 'water'"),
    "force field": (lambda _: P(forces={"wind": {"sped": 1}}), "did you mean 'speed'"),
    "force type": (lambda _: P(forces={"wind": {"speed": "x"}}), 'forces["wind"]["speed"]'),
    "force twice": (lambda _: P(forces=["wind", "wind"]), "'wind' twice"),
    "seed": (lambda _: P(seed=-1), "seed to be a whole number"),
    "experiment": (lambda _: P(experiment="voxl_walk"), "did you mean 'voxel_walk'"),
    "dimension": (lambda _: P(task="turn"), 'a body in 3D for task="turn"'),
    "device": (lambda _: P(execution={"device": "gpu"}), 'set execution["device"] to "auto"'),
    "memory": (
        lambda _: P(execution={"memory_mib": 1}, body="triangle_13x22").rollout(P(body="triangle_13x22").random(1)),
        'raise execution["memory_mib"]',
    ),
    "reference": (lambda _: P(weights="${oc.env:HOME}"), "without '${'"),
    "file": (lambda _: P(terrain={"name": "heightfield", "file": "none.npy"}), 'terrain["file"] as'),
    "random": (lambda p: p.random(0), "at least 1"),
    "random seed": (lambda p: p.random(1, seed=-1), "seed to be a whole number"),
    "text": (lambda p: p.evaluate("robot"), "got a str"),  # type: ignore[arg-type]
    "nothing": (lambda p: p.evaluate([]), "an empty list"),
    "lattice": (lambda p: p.evaluate(P(body="square").random(1)), 'body="square"'),
    "cubes": (lambda p: p.evaluate(P(body="voxel").random(1)), 'body="voxel"'),
    "weights": (lambda p: p.value_and_gradient(p.random(2), np.zeros(5)), "got one of shape (5,)"),
    "names": (lambda p: p.value_and_gradient(p.random(1), {"w1": 0}), "weights named w1, b1, w2, b2"),
    "shape": (
        lambda p: p.learn(p.random(1), {**p.initial_weights(p.random(1))[0], "b1": np.zeros(3)}),
        "b1 of shape (32,) for body 0; got shape (3,)",
    ),
    "other weights": (lambda p: p.learn(p.random(2), p.initial_weights(p.random(1))), "those of 1 others"),
    "not finite": (lambda p: p.learn(p.random(1), p.initial_weights(p.random(1)) * np.nan), "finite"),
    "wrt": (lambda p: p.value_and_gradient(p.random(1), p.initial_weights(p.random(1)), wrt="mass"), "'mass'"),  # type: ignore[arg-type]
    "iterations": (lambda p: p.learn(p.random(1), iterations=-1), "iterations to be a whole number"),
    "force number": (lambda _: P(forces=3), "forces to be one of dashpot"),
    "force fields": (lambda _: P(forces={"wind": 3}), 'forces["wind"] as a mapping'),
    "no settings": (lambda _: P(task={"name": "reach", "target": 1}), "no settings of task (reach)"),
    "none": (lambda _: P(body={"rows": None}), "got None"),
    "cells": (lambda _: P(body={"rows": 10**9}), "expected body: at most"),
    "no bodies": (lambda p: p.evaluate(p.develop(p.random(1))[:0]), "at least one body"),
    "array": (lambda p: p.evaluate(np.zeros((2, 12))), "got a ndarray among them"),
    "populations": (lambda p: p.evaluate([p.random(1), p.random(1)]), "give one population"),  # type: ignore[list-item]
    "several bodies": (lambda p: p.evaluate([p.develop(p.random(1))] * 2), "codesign.Bodies.concatenate"),  # type: ignore[list-item]
    "genome among bodies": (lambda p: p.evaluate([p.develop(p.random(1))[0], p.random(1)[0]]), "a PlacedGenome among"),
    "develop": (lambda p: p.develop(3), "expected genomes; got an int"),  # type: ignore[arg-type]
    "complex": (lambda p: p.learn(p.random(1), p.initial_weights(p.random(1)).flat * 1j), "real numbers"),
    "wrt number": (lambda p: p.value_and_gradient(p.random(1), p.initial_weights(p.random(1)), wrt=3), "got 3"),  # type: ignore[arg-type]
    "wrt nothing": (lambda p: p.value_and_gradient(p.random(1), p.initial_weights(p.random(1)), wrt=[]), "got []"),
    "added": (lambda _: WEIGHTS + np.zeros(3), "one of shape (3,)"),
    "added weights": (lambda _: WEIGHTS + WEIGHTS[:1], "weights of the same bodies"),
    "added nothing": (lambda _: WEIGHTS + None, "weights as an array of real numbers"),
    "factors": (lambda _: WEIGHTS.scaled(np.ones(3)), "a factor for each of 2 bodies"),
    "path": (lambda _: codesign.load(["a", "b"]), "path to be a str or a Path"),  # type: ignore[arg-type]
    "run": (lambda _: codesign.open_run(None), "folder to be a str or a Path"),  # type: ignore[arg-type]
    "run of": (lambda _: P.of_run(3), "folder to be a str or a Path"),  # type: ignore[arg-type]
    "select": (lambda _: codesign.open_run("runs/demo").select(3), "a selection such as best"),  # type: ignore[arg-type]
    "recording": (lambda _: codesign.open_run("runs/demo").recording(None), "or a selection of them"),  # type: ignore[arg-type]
    "kind": (lambda _: codesign.register("task"), "a task to register"),
    "ragged": (lambda _: codesign.Body([[0, 0], [1]], [[0, 1]], [1.0], [1.0], [0.0]), "rows of several lengths"),  # type: ignore[arg-type]
    "folder": (lambda _: codesign.open_run("nothing"), "codesign.evolve"),
    "resume": (lambda _: codesign.resume("nothing"), "no folder nothing"),
    "generations": (lambda p: codesign.evolve(p, "new", generations=0), 'search["generations"]'),
    "search": (lambda p: codesign.evolve(p, "new", search="genetik"), "did you mean 'genetic'"),
    "search field": (lambda p: codesign.evolve(p, "new", search={"size": 3}), "population_size"),
    "nothing to inherit": (
        lambda p: codesign.evolve(p, "new", search={"name": "random", "inheritance": "lamarckian"}),
        'search["inheritance"]',
    ),
    "operator": (lambda p: codesign.evolve(p, "new", mutation={"weights": {"flop": 1}}), "'flop'"),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_mistake_is_told_in_terms_of_the_call(name: str, problem: codesign.Problem, here) -> None:
    call, told = CALLS[name]
    with pytest.raises(CodesignError) as caught:
        call(problem)
    line = str(caught.value)
    assert told in line
    assert "\n" not in line
    assert not re.search(r"--\w|\$ codesign|=NAME|\bsim\.|body\.lattice|\b(set|choose) \w+=", line), line
    assert not (here / "new").exists()


def test_weights_are_chosen_by_the_numbers_of_bodies() -> None:
    for index in ("a", 0.5, [0, 1]):
        with pytest.raises(TypeError, match="the number of a body; got"):
            WEIGHTS[index]
    with pytest.raises(IndexError, match="one of 2 bodies; got 2"):
        WEIGHTS[2]


def test_a_way_on_that_names_plug_ins_is_told_for_a_program_that_has_them() -> None:
    with pytest.raises(OutputError) as caught, in_python():
        raise OutputError("room", "none", "go on with: codesign evolve run=runs/a 'plugins=[one,two]'")
    assert caught.value.remedy == 'go on with: codesign.resume("runs/a")'


def test_a_run_that_needs_a_plug_in_says_what_to_import(here, tmp_path) -> None:
    config = here / "runs" / "demo" / "config.yaml"
    config.write_text(config.read_text().replace("plugins: []", "plugins:\n- my_tasks"))
    with pytest.raises(CodesignError, match="import my_tasks first"):
        codesign.open_run("runs/demo").problem  # noqa: B018


def test_ways_to_go_on_are_calls() -> None:
    remedy = "free some space; 3 of 5 generations are safe, go on with: codesign evolve 'run=runs/a b'"
    with pytest.raises(OutputError) as caught, in_python():
        raise OutputError("a folder", "none", remedy)
    assert caught.value.remedy.endswith('go on with: codesign.resume("runs/a b")')
    assert str(caught.value).endswith(caught.value.remedy)


def test_tiny_is_what_the_tests_of_the_command_line_compile() -> None:
    assert codesign.Problem(**TINY).lattice.shape == (3, 4)
