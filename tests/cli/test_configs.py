"""Every choice in conf/ composes into settings, and everything in a registry can be chosen."""

from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from codesign.cli.catalogue import experiment_catalogue, experiment_of
from codesign.cli.composition import config_folder
from codesign.cli.schemas import Catalogue, register
from codesign.cli.settings import build
from codesign.run import Experiment
from codesign.sim import FORCES
from codesign.sim.kernels import Coulomb, Dashpot, Water
from codesign.tasks import TASKS

CONF = config_folder()
EXPERIMENTS = sorted(path.stem for path in (CONF / "experiment").glob("*.yaml"))
NOT_CHOICES = {"experiment", "debug", "hydra"}
CHOICES = sorted((path.parent.name, path.stem) for path in CONF.glob("*/*.yaml") if path.parent.name not in NOT_CHOICES)


def composed(*overrides: str) -> dict[str, Any]:
    return composed_as("config", experiment_catalogue(), *overrides)


def composed_as(name: str, catalogue: Catalogue, *overrides: str) -> dict[str, Any]:
    register(catalogue)
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return dict(OmegaConf.to_container(compose(name, list(overrides)), resolve=True))  # type: ignore[arg-type]


def experiment(*overrides: str) -> Experiment:
    return experiment_of(build(experiment_catalogue(), composed(*overrides)))


@pytest.mark.parametrize(("group", "option"), CHOICES)
def test_every_choice_composes(group: str, option: str) -> None:
    chosen = f"{group}=[{option}]" if group in experiment_catalogue().collections else f"{group}={option}"
    solid = group == "task" and 2 not in TASKS[option].dimensions
    assert experiment(chosen, *["body=voxel"] * solid).seed == 0


@pytest.mark.parametrize("key", experiment_catalogue().choices)
def test_everything_registered_can_be_chosen(key: str) -> None:
    group, _, inner = key.partition(".")
    registered = set(experiment_catalogue().choices[key])
    chosen = set()
    for option in (path.stem for path in (CONF / group).glob("*.yaml")):
        section = composed(f"{group}={option}")[group]
        chosen.add((section[inner] if inner else section)["name"])
    assert chosen == registered


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_papers_experiments_keep_their_rule(name: str) -> None:
    """Elsewhere a jump of the loss is sound, and what was sound before an unsound loss stands."""
    learner = experiment(f"experiment={name}").trial.learner
    published = name.startswith("strgar2024") or name == "random_baseline"
    expected = (5.5, 0.5, "invalid") if published else (5.5, None, "keep_best")
    assert (learner.loss_limit, learner.jump_limit, learner.unsound) == expected


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_composes_and_tiny_wins(name: str) -> None:
    whole, tiny = experiment(f"experiment={name}"), experiment(f"experiment={name}", "debug=tiny")
    assert tiny.title == whole.title
    assert type(tiny.search) is type(whole.search)
    assert tiny.search.population_size < whole.search.population_size
    assert tiny.search.generations < whole.search.generations
    assert tiny.trial.physics.steps < whole.trial.physics.steps
    assert tiny.trial.learner.iterations < whole.trial.learner.iterations


def test_the_command_line_wins_over_all() -> None:
    chosen = experiment("experiment=demo", "debug=tiny", "search.generations=7", "task=jump")
    assert chosen.search.generations == 7
    assert chosen.trial.task.name == "jump"


def test_the_published_experiment_is_as_published() -> None:
    found = experiment("experiment=strgar2024")
    assert (found.trial.lattice.rows, found.trial.lattice.columns) == (13, 22)
    assert (found.trial.physics.contact.name, found.trial.physics.steps) == ("no_slip", 1000)
    assert (found.trial.learner.name, found.trial.learner.iterations) == ("normalized", 35)
    assert found.variation.weights == {"flip": 1.0}
    assert found.search.population_size * found.search.generations >= 10**7
    small = experiment("experiment=strgar2024_small")
    assert small.trial == found.trial
    assert (small.search.population_size, small.search.generations) == (100, 60)


def test_the_configuration_folder_is_the_checkouts() -> None:
    assert Path(__file__).parents[2] / "conf" == CONF


def test_forces_are_a_list_of_choices() -> None:
    chosen = experiment("forces=[water,dashpot]", "forces.water.density=900", "sim=coulomb", "sim.contact.friction=0.5")
    assert chosen.trial.physics.forces == (Water(density=900.0), Dashpot())
    assert chosen.trial.physics.contact == Coulomb(friction=0.5)
    assert experiment().trial.physics.forces == ()
    fingerprint = chosen.fingerprint()
    assert fingerprint["trial.physics.forces.water.density"] == 900.0
    assert fingerprint != experiment("forces=[water]", "sim=coulomb", "sim.contact.friction=0.5").fingerprint()


def test_every_force_can_be_chosen() -> None:
    assert {path.stem for path in (CONF / "forces").glob("*.yaml")} == set(FORCES)


@pytest.mark.parametrize("conditions", ["varied", "robust"])
@pytest.mark.parametrize(("choices", "contact"), [((), "coulomb"), (("sim=smooth",), "smooth")])
def test_varied_friction_comes_with_a_contact_that_has_some(
    choices: tuple[str, ...], contact: str, conditions: str
) -> None:
    assert experiment(f"conditions={conditions}", *choices).trial.physics.contact.name == contact
