"""Files of a controller's weights."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from codesign.control import CONTROLLERS, Mlp, Shared
from codesign.errors import ConfigError
from codesign.run import RunFolder, evolve, meaning, read_weights, write_weights
from codesign.sim import Controller
from tests.run.fakes import CONFIG, experiment

MEANING = meaning(Shared(), 2)


def refusal(path: Path, of: dict) -> str:
    """Return the only line in which weights are refused."""
    with pytest.raises(ConfigError) as caught:
        read_weights(path, of)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", CONTROLLERS)
def test_what_is_written_is_read(name: str, tmp_path: Path) -> None:
    weights = np.random.default_rng(0).normal(size=7)
    of = meaning(CONTROLLERS[name](), 3)
    write_weights(tmp_path / "controller.safetensors", weights, of)
    assert read_weights(tmp_path / "controller.safetensors", of) == tuple(weights.tolist())


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
def test_weights_of_another_meaning(controller: Controller, dimension: int, said: str, tmp_path: Path) -> None:
    path = tmp_path / "controller.safetensors"
    write_weights(path, np.ones(209), meaning(controller, dimension))
    assert said.format(path=path) in refusal(path, MEANING)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    torn = tmp_path / "torn"
    torn.write_bytes(save({"weights": np.ones(9)})[:20])
    other = tmp_path / "other"
    other.write_bytes(save({"bias": np.ones(9)}))
    hollow = tmp_path / "hollow"
    write_weights(hollow, np.array([1.0, np.nan]), MEANING)
    for path in (torn, other, hollow, tmp_path / "absent", tmp_path):
        refusal(path, MEANING)
    assert "finite" in refusal(hollow, MEANING)


@pytest.mark.parametrize("metadata", [None, {"weights_of": "[]"}, {"weights_of": "{}"}])
def test_weights_that_do_not_say_what_they_are_of(metadata: dict[str, str] | None, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.write_bytes(save({"weights": np.ones(9)}, metadata=metadata))
    assert "does not say which controller they are of" in refusal(bare, MEANING)


def test_a_run_says_what_its_best_weights_are_of(tmp_path: Path) -> None:
    run = experiment()
    evolve(run, tmp_path / "run", CONFIG)
    best = RunFolder(tmp_path / "run").best_weights
    assert read_weights(best, meaning(run.trial.controller, run.trial.dimension))
    assert "controller.name" in refusal(best, meaning(Shared(), run.trial.dimension))
