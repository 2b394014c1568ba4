"""Runs in three dimensions and in several worlds, from typed to finished."""

import json
import shlex
from pathlib import Path

import pytest

from codesign.cli import main

VOXELS = ["body=voxel_small", "controller=cpg", "sim=voxel", "terrain=rough", "conditions=varied", "debug=tiny"]
VOXELS += ["conditions.count=2", "logger.page_designs=1"]


def numbers(folder: Path) -> list[dict]:
    """Return the metrics that do not depend on the machine's speed."""
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{name: value for name, value in row.items() if "second" not in name} for row in rows]


def test_workers_and_resuming_change_nothing(here: Path) -> None:
    assert main(["evolve", *VOXELS, "evaluator=local", "hydra.run.dir=whole"]) == 0
    found = numbers(here / "whole")
    assert len(found) == 3
    assert found[-1]["offspring_spread"] > 0.0
    assert main(["evolve", *VOXELS, "evaluator=local", "search.generations=1", "hydra.run.dir=parts"]) == 0
    assert main(["evolve", "run=parts", "evaluator=ray", "evaluator.workers=2", "search.generations=3"]) == 0
    assert numbers(here / "parts") == found


def test_the_worlds_of_a_design_are_on_its_page_and_in_its_table(here: Path) -> None:
    from pyarrow import parquet  # noqa: PLC0415

    assert main(["evolve", *VOXELS, "evaluator=local", "search.generations=1", "hydra.run.dir=run"]) == 0
    assert main(["export", "run=run", "format=json", "design=best", "output=out"]) == 0
    (file,) = (here / "out").iterdir()
    design = json.loads(file.read_text())
    assert len(design["world_fitness"]) == 2
    assert design["body"]["dimensions"] == 3
    assert {"distance", "straightness", "energy", "airtime"} <= set(design["measures"])
    rows = parquet.read_table(here / "run" / "designs").to_pylist()
    assert all(len(row["world_fitness"]) == 2 for row in rows)


TOGETHER = ["train", "together=true", "controller=shared", "evaluator=local", "debug=tiny", "hydra.run.dir=out"]


def test_one_controller_learns_with_many_bodies(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(TOGETHER) == 0
    shown = capsys.readouterr().out
    assert [line.split()[0] for line in shown.splitlines() if line.split()[1:2] == ["6"]] == ["seen", "unseen"]
    rows = [json.loads(line) for line in (here / "out" / "learning.jsonl").read_text().splitlines()]
    steps = [row["performance"] for row in rows if "step" in row]
    assert len(steps) == 4
    assert max(steps) > steps[0]
    seen = [row for row in rows if row.get("bodies") == "seen"]
    assert sum(row["before"] for row in seen) / len(seen) == pytest.approx(steps[0], abs=1e-5)
    assert sum(row["after"] for row in seen) / len(seen) == pytest.approx(max(steps), abs=1e-5)
    assert len([row for row in rows if row.get("bodies") == "unseen"]) == len(seen) == 6
    begin = ["train", "controller=shared", "evaluator=local", "debug=tiny", "weights=out/controller.safetensors"]
    assert main([*begin, "learner.iterations=0", "hydra.run.dir=again"]) == 0
    again = [json.loads(line)["fitness"] for line in (here / "again" / "learning.jsonl").read_text().splitlines()]
    assert again == pytest.approx([row["after"] for row in seen], abs=1e-6)


def test_the_command_that_lets_designs_begin_with_the_controller_works(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = ["body=square", "controller.sensors=[position]", "learner=adam", "learner.iterations=1"]
    assert main([*TOGETHER, *changes, "title='one, for all'"]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("Let designs begin"))
    words = shlex.split(line.partition(": ")[2])
    assert words[:3] == ["codesign", "evolve", "weights=out/controller.safetensors"]
    assert main([*words[1:], "search.generations=1", "logger=quiet", "hydra.run.dir=begun"]) == 0
    stored = (here / "begun" / "config.yaml").read_text()
    assert "title: one, for all" in stored
    assert "name: square" in stored


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "together=true", "debug=tiny"], "a controller that fits any body; got mlp"),
        (["evolve", "weights=absent"], "weights to be a file; got no file absent"),
        (["evolve", "body=voxel", "terrain=segments"], "terrain=segments"),
        (["evolve", "task=turn"], "a body in 3D for task=turn; got one in 2D"),
        (["evolve", "body=voxel", "task=light", "task.target=[9,0]", "terrain=rough"], "a target inside the world"),
        (["evolve", "controller.sensors=[light]"], "a task with a light; got a light sensor and the task walk"),
        (["evolve", "controller.sensors=[smell]"], "smell"),
        (
            ["evolve", "controller=cpg", "controller.sensors=[light]"],
            "it belongs to another choice than this controller",
        ),
        (["evolve", "terrain=heightfield", "terrain.heights=[[0,nan]]"], "terrain.heights"),
        (["evolve", "terrain=heightfield", "terrain.heights=[[0,0],[0,0]]"], "one row in 2D"),
        (["evolve", "body=voxel", "terrain=heightfield", "terrain.heights=[[0,0],[0,0,0]]"], "rows of one length"),
        (["evolve", "terrain=heightfield", "terrain.file=absent.npy"], "absent.npy"),
        (["evolve", "conditions.count=0"], "conditions.count"),
        (["evolve", "conditions.fitness=best"], "conditions.fitness"),
    ],
)
def test_what_does_not_go_together(
    arguments: list[str], said: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.strip().splitlines()) == 1
    assert list(here.iterdir()) == []


def test_given_designs_do_not_learn_together(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("x.json").touch()
    assert main(["train", "together=true", "controller=shared", "designs=[x.json]"]) == 2
    assert "together=true" in capsys.readouterr().err
