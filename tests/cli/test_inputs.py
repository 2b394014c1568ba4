"""Files that a run's configuration names may change or go: the run has its own copies."""

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from codesign.cli import main
from codesign.control import CONTROLLERS
from codesign.run import RunFolder, write_weights
from tests.run.fakes import results as recorded

BEGIN = ["evolve", "debug=tiny", "evaluator=local", "logger=quiet"]


def write_bumps(path: Path, size: float) -> None:
    np.savetxt(path, size * np.sin(np.arange(40.0))[None], delimiter=",")


def write_controller(path: Path, size: float) -> None:
    controller = CONTROLLERS["shared"]()
    count = sum(map(math.prod, controller.weight_shapes(8, 24, 2, 60).values()))
    write_weights(path, size * np.random.default_rng(0).normal(size=count), controller, 2)


def write_world(path: Path, size: float) -> None:
    cells = [*range(40), *range(40 + round(100 * size), 80, 4)]  # many bumps, the first somewhere
    ground = {"indices": cells, "types": [5] * len(cells), "neighbors": {str(cell): [] for cell in cells}}
    path.write_text(json.dumps({"grid_width": 40, "grid_height": 2, "objects": {"ground": ground}}))


INPUTS = {
    "world": ("terrain.file", ["terrain=segments", "terrain.file=given.json"], "given.json", write_world),
    "heights": ("terrain.file", ["terrain=heightfield", "terrain.file=given.csv"], "given.csv", write_bumps),
    "weights": ("weights", ["controller=shared", "weights=given.safetensors"], "given.safetensors", write_controller),
}


def results(folder: str) -> dict:
    """Return what a run came to; what differs by intention is how many generations it was first told to have."""
    return {name: value for name, value in recorded(RunFolder(Path(folder))).items() if name != "config"}


@pytest.mark.parametrize("kind", INPUTS)
def test_a_run_goes_on_without_the_files_it_was_started_with(
    kind: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, chosen, name, write = INPUTS[kind]
    write(here / name, 0.02)
    given = (here / name).read_bytes()
    assert main([*BEGIN, *chosen, "search.generations=2", "hydra.run.dir=whole"]) == 0
    assert main([*BEGIN, *chosen, "search.generations=1", "hydra.run.dir=begun"]) == 0
    copy = Path("moved/inputs") / f"{key}{Path(name).suffix}"
    shutil.move("begun", "moved")
    assert copy.read_bytes() == given
    write(here / name, 0.03)
    shutil.copytree("moved", "early")
    shutil.rmtree("early/checkpoints")  # as if killed before the first
    (here / name).rename("elsewhere")
    for run in ("moved", "early"):
        assert main(["evolve", f"run={run}", "search.generations=2", "logger=quiet"]) == 0
        assert results(run) == results("whole"), run
    assert main(["export", "run=moved", "format=json"]) == 0
    copy.unlink()
    capsys.readouterr()
    assert main(["evolve", "run=moved", "search.generations=3", "logger=quiet"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert f"expected the run's copy of {key}; got nothing at {copy}; put there the file" in said[0]
    write(copy, 0.03)
    assert main(["evolve", "run=moved", "search.generations=3", "logger=quiet"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert "SHA-256" in said[0]
    assert len(said[0]) < 500


def test_weights_of_as_many_numbers_that_mean_something_else_are_refused(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Position alone in 3D gives a muscle as many numbers as position and velocity do in 2D."""
    spatial = CONTROLLERS["shared"](sensors=("position",))
    count = sum(map(math.prod, spatial.weight_shapes(8, 24, 3, 60).values()))
    write_weights(here / "spatial.safetensors", np.zeros(count), spatial, 3)
    assert main([*BEGIN, "controller=shared", "weights=spatial.safetensors"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(
        "codesign: expected weights learned with dimension=2, controller.sensors=[position,velocity]"
    )
    assert len(said.splitlines()) == 1
    assert [path.name for path in here.iterdir()] == ["spatial.safetensors"]
