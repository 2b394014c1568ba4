"""Runs of versions that had fewer settings go on as they were; those of formats that are not known are refused."""

import json
import shutil
from dataclasses import Field, fields, is_dataclass
from pathlib import Path

import pytest
import yaml

from codesign.cli import main, run_config
from codesign.cli.catalogue import experiment_catalogue, experiment_of
from codesign.cli.settings import build
from codesign.evaluate import EvaluationSpec
from codesign.run import Experiment, RunFolder, settings
from codesign.run.checkpoint import manifests
from codesign.run.folder import HEADER, LAYOUT
from codesign.sim import Physics
from codesign.sim.kernels import Contact, Coulomb, NoSlip, Smooth, Wind
from tests.run.fakes import results as recorded

BEFORE = Path(__file__).parents[1] / "data" / "settings.json"
"""The fields of each class of settings when run folders got layout 1; not to be made anew while there is no other."""

EXPERIMENTS = Path(__file__).parents[2] / "experiments"

BEGIN = ["evolve", "debug=tiny", "evaluator=local", "logger=quiet", "conditions.unactuated=false"]
"""What older runs did not measure is not measured here either."""


def results(path: Path) -> dict:
    """Return what a run came to; what differs by intention is its configuration's text."""
    return {name: value for name, value in recorded(RunFolder(path)).items() if name != "config"}


def without(folder: RunFolder, keys: dict[str, str], whole_sections: tuple[str, ...] = ()) -> None:
    """Take settings out of a run, as if they had not been there when it was written.

    Args:
        folder: the run's.
        keys: names in checkpoints by keys of the configuration.
        whole_sections: sections of the configuration that go with them.
    """
    config = yaml.safe_load(folder.config_text())
    for key in (*keys, *whole_sections):
        *groups, last = key.split(".")
        section = config
        for group in groups:
            section = section[group]
        section.pop(last)
    folder.config.write_text(f"{HEADER}{LAYOUT}\n{yaml.safe_dump(config)}")
    for path in manifests(folder.checkpoints):
        manifest = json.loads(path.read_text())
        for name in keys.values():
            del manifest["experiment"][name]
        path.write_text(json.dumps(manifest))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "run"
    assert main([*BEGIN, "search.generations=2", f"hydra.run.dir={path}"]) == 0
    return path


@pytest.fixture
def begun(whole: Path, here: Path) -> RunFolder:
    """Return a run of one generation; it is to go on as `whole` did."""
    assert main([*BEGIN, "search.generations=1", "hydra.run.dir=begun"]) == 0
    return RunFolder(here / "begun")


def goes_on(folder: RunFolder) -> bool:
    return main(["evolve", f"run={folder.path}", "search.generations=2", "logger=quiet"]) == 0


def kinds() -> set[type]:
    """Return all classes of settings that a run may have."""
    catalogue = experiment_catalogue()
    chosen = {kind for registry in catalogue.choices.values() for kind in registry.values()}
    chosen |= {kind for registry in catalogue.collections.values() for kind in registry.values()}
    return chosen | {*catalogue.records.values(), EvaluationSpec, Experiment}


def test_every_setting_of_the_table_exists() -> None:
    known = {each.__name__: each for kind in kinds() for each in kind.__mro__ if is_dataclass(each)}
    for name, added in settings.ADDED.items():
        assert set(added) <= {field.name for field in fields(known[name])}, name


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.__name__) for kind in sorted(kinds(), key=str)])
def test_a_setting_that_older_runs_do_not_have_stands_in_the_table(kind: type) -> None:
    """Who adds a field to settings says in `codesign/run/settings.py` what the program did before."""
    before = json.loads(BEFORE.read_text()).get(kind.__name__)
    if before is not None:
        new = {field.name for field in fields(kind) if not stands_as_section(field)} - set(before)
        assert new <= set(settings.renewed(kind, {}))


def stands_as_section(field: Field) -> bool:
    """Return whether a field's settings are a section of their own, of a class all of whose fields are in the table."""
    kind = field.default_factory
    if not (field.metadata.get("section") and isinstance(kind, type) and is_dataclass(kind)):
        return False
    return {each.name for each in fields(kind)} <= set(settings.renewed(kind, {}))


def test_a_run_without_the_settings_that_were_added_goes_on(begun: RunFolder, whole: Path) -> None:
    worlds = {f"conditions.{name}": f"trial.worlds.{name}" for name in settings.ADDED["Worlds"]}
    bodies = {f"learner.body.{name}": f"trial.learner.body.{name}" for name in settings.ADDED["BodyLearning"]}
    without(
        begun,
        {
            "controller.sensors": "trial.controller.sensors",
            "sim.regularisation": "trial.physics.regularisation",
            "search.symmetric": "search.symmetric",
            "weights": "trial.start",
            **worlds,
            **bodies,
        },
        ("conditions", "learner.body"),
    )
    assert goes_on(begun)
    assert results(begun.path) == results(whole)
    assert main(["export", f"run={begun.path}", "format=json"]) == 0


def test_a_run_whose_contact_was_a_name_goes_on(begun: RunFolder, whole: Path) -> None:
    """Friction, grip and softness stood beside the contact's name, whatever the contact; nobody spoke of forces."""
    before = {"contact": "no_slip", "friction": 0.9, "grip": None, "softness": 5e-4}
    config = yaml.safe_load(begun.config_text())
    config["sim"] |= before
    config.pop("forces", None)
    for name in ("beacon", "gradient"):
        del config["conditions"][name]
    begun.config.write_text(f"{HEADER}{LAYOUT}\n{yaml.safe_dump(config)}")
    added = (
        "physics.contact.name",
        "physics.contact.grazing_speed",
        "physics.forces",
        "worlds.beacon",
        "worlds.gradient",
    )
    for path in manifests(begun.checkpoints):
        manifest = json.loads(path.read_text())
        for name in added:
            del manifest["experiment"][f"trial.{name}"]
        manifest["experiment"] |= {f"trial.physics.{name}": value for name, value in before.items()}
        path.write_text(json.dumps(manifest))
    assert goes_on(begun)
    assert results(begun.path) == results(whole)
    assert main(["export", f"run={begun.path}", "format=json"]) == 0


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        ("no_slip", NoSlip(grazing_speed=0.0)),
        ("coulomb", Coulomb(friction=0.7, grip=0.95)),
        ("smooth", Smooth(friction=0.7, grip=0.95, softness=1e-3)),
    ],
)
def test_a_contact_that_was_a_name_has_the_settings_that_stood_beside_it(contact: str, expected: Contact) -> None:
    before = {"dt": 0.004, "contact": contact, "friction": 0.7, "grip": 0.95, "softness": 1e-3}
    stored = {f"trial.physics.{name}": value for name, value in before.items()}
    found = settings.completed(stored, Physics(contact=expected), "trial.physics")
    told = settings.flattened(expected, "trial.physics.contact")
    assert {name: value for name, value in found.items() if ".contact" in name} == told
    assert found["trial.physics.forces"] == []
    assert "trial.physics.friction" not in found


def test_settings_of_forces_that_are_added_later_are_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    physics = Physics(forces=(Wind(),))
    stored = settings.flattened(physics)
    period = stored.pop("forces.wind.period")
    monkeypatch.setattr(settings, "ADDED", {"Wind": {"period": period}})
    assert settings.completed(stored, physics) == settings.flattened(physics)


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in EXPERIMENTS.glob("*/config.yaml")), ids=lambda path: path.name
)
def test_the_configurations_of_documented_runs_can_be_read(folder: Path) -> None:
    catalogue = experiment_catalogue()
    config = run_config.read(RunFolder(folder), catalogue)
    physics = experiment_of(build(catalogue, config)).trial.physics
    stored = yaml.safe_load((folder / "config.yaml").read_text())["sim"]
    assert physics.contact.name == stored["contact"]
    assert getattr(physics.contact, "friction", 0.9) == stored["friction"]
    assert physics.forces == ()


def test_an_added_setting_means_what_was_done_before_and_not_what_is_the_default_now(
    here: Path, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ["learner.loss_limit=3.0", "controller.hidden=3"]
    for name, generations in (("older", 1), ("expected", 2)):
        assert main([*BEGIN, *before, f"search.generations={generations}", f"hydra.run.dir={name}"]) == 0
    older = RunFolder(here / "older")
    keys = {"learner.loss_limit": "trial.learner.loss_limit", "controller.hidden": "trial.controller.hidden"}
    without(older, keys)
    shutil.copytree("older", "unknown")
    assert not goes_on(RunFolder(here / "unknown"))
    monkeypatch.setattr(settings, "ADDED", {"Learner": {"loss_limit": 3.0}, "Mlp": {"hidden": 3}})
    assert goes_on(older)
    assert results(older.path) == results(Path("expected"))


def test_settings_that_differ_are_refused_all_the_same(begun: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    without(begun, {"search.symmetric": "search.symmetric"})
    config = yaml.safe_load(begun.config_text())
    config["search"]["symmetric"] = True
    begun.config.write_text(f"{HEADER}{LAYOUT}\n{yaml.safe_dump(config)}")
    assert not goes_on(begun)
    assert "a checkpoint with search.symmetric = True" in capsys.readouterr().err


def test_a_folder_of_a_newer_layout_is_refused(begun: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    begun.config.write_text(begun.config.read_text().replace(f"{HEADER}{LAYOUT}", f"{HEADER}{LAYOUT + 1}"))
    for command in (["evolve", f"run={begun.path}"], ["export", f"run={begun.path}"]):
        assert main(command) == 2
        said = capsys.readouterr().err
        assert (
            f"expected a run folder of layout {LAYOUT}; got {begun.path} of layout {LAYOUT + 1}; use the version"
            in said
        )
        assert len(said.splitlines()) == 1
