"""Files of a controller's weights."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from codesign.control import CONTROLLERS, Mlp, Shared
from codesign.errors import ConfigError
from codesign.run import RunFolder, evolve, read_weights, write_weights
from codesign.run.settings import flattened
from codesign.sim import Controller
from tests.run.fakes import CONFIG, experiment


def refusal(path: Path, controller: Controller | None = None, dimension: int = 2) -> str:
    """Return the only line in which weights are refused."""
    with pytest.raises(ConfigError) as caught:
        read_weights(path, controller or Shared(), dimension)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", CONTROLLERS)
def test_what_is_written_is_read(name: str, tmp_path: Path) -> None:
    weights = np.random.default_rng(0).normal(size=7)
    write_weights(tmp_path / "controller.safetensors", weights, CONTROLLERS[name](), 3)
    assert read_weights(tmp_path / "controller.safetensors", CONTROLLERS[name](), 3) == tuple(weights.tolist())


@pytest.mark.parametrize(
    ("controller", "dimension", "said"),
    [
        (
            Shared(sensors=("position",)),
            3,
            "expected weights learned with dimension=2, controller.sensors=[position,velocity]; got {path}, learned "
            "with dimension=3, controller.sensors=[position]; choose a body in 3 dimensions and set "
            "controller.sensors=[position], or give weights that were learned with these settings",
        ),
        (
            Shared(frequency=9.0),
            2,
            "controller.frequency=10.0; got {path}, learned with controller.frequency=9.0; set ",
        ),
        (Mlp(), 2, "controller.name=shared; got {path}, learned with controller.name=mlp; choose controller=mlp, or "),
    ],
)
def test_weights_of_something_else(controller: Controller, dimension: int, said: str, tmp_path: Path) -> None:
    path = tmp_path / "controller.safetensors"
    write_weights(path, np.ones(209), controller, dimension)
    assert said.format(path=path) in refusal(path)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    torn = tmp_path / "torn"
    torn.write_bytes(save({"weights": np.ones(9)})[:20])
    other = tmp_path / "other"
    other.write_bytes(save({"bias": np.ones(9)}))
    hollow = tmp_path / "hollow"
    write_weights(hollow, np.array([1.0, np.nan]), Shared(), 2)
    for path in (torn, other, hollow, tmp_path / "absent", tmp_path):
        refusal(path)
    assert "finite" in refusal(hollow)


@pytest.mark.parametrize("metadata", [None, {"weights_of": "[]"}, {"weights_of": "{}"}])
def test_weights_that_do_not_say_what_they_are_of(metadata: dict[str, str] | None, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.write_bytes(save({"weights": np.ones(9)}, metadata=metadata))
    assert "does not say which controller they are of" in refusal(bare)


def test_a_run_says_what_its_best_weights_are_of(tmp_path: Path) -> None:
    run = experiment()
    evolve(run, tmp_path / "run", CONFIG)
    best = RunFolder(tmp_path / "run").best_weights
    assert read_weights(best, run.trial.controller, run.trial.dimension)
    assert "controller.name" in refusal(best, Shared(), run.trial.dimension)


def test_weights_of_a_version_without_a_setting_have_what_it_did_before(tmp_path: Path) -> None:
    """Networks sensed position and velocity before their senses could be chosen."""
    path = tmp_path / "older.safetensors"
    settings = {"dimension": 2, **flattened(Mlp(), "controller")}
    del settings["controller.sensors"]
    path.write_bytes(save({"weights": np.ones(9)}, metadata={"weights_of": json.dumps(settings)}))
    assert read_weights(path, Mlp(), 2) == (1.0,) * 9
    assert "controller.sensors=[position,velocity]" in refusal(path, Mlp(sensors=("position",)))
