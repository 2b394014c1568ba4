"""`--help` says of everything that can be chosen or set what it means."""

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from codesign.cli import main
from codesign.cli.composition import config_folder
from codesign.cli.docstrings import field_meanings, first_sentence, summary
from codesign.cli.entry import COMMANDS, WITHOUT_CONFIGURATION
from codesign.cli.help import WIDTH
from codesign.cli.schemas import Catalogue
from codesign.sim import FORCES
from codesign.tasks import TERRAINS

CATALOGUES: dict[str, Callable[[], Catalogue]] = {
    name: importlib.import_module(module).COMMAND.catalogue
    for name, (module, _) in COMMANDS.items()
    if name not in WITHOUT_CONFIGURATION
}
CLASSES = {
    f"{key}={name}": kind
    for catalogue in CATALOGUES.values()
    for key in catalogue().sections
    for name, kind in (catalogue().choices.get(key) or {key: catalogue().records[key]}).items()
} | {
    f"{key}.{name}": kind
    for catalogue in CATALOGUES.values()
    for key, registry in catalogue().collections.items()
    for name, kind in registry.items()
}


@dataclass
class Vehicle:
    """Something that moves. It may have an engine.

    Attributes:
        wheels: how many there are,
            counted once.
        colour, trim: what it looks like.

    Raises:
        ConfigError: never: this is no field.
    """

    wheels: int = 4
    colour: str = "red"
    trim: str = "none"


@dataclass
class Bicycle(Vehicle):
    """A vehicle by
    Strgar et al. 2024 with fewer wheels.

    Attributes:
        wheels: two of them.
        bell: whether it rings.
    """

    bell: bool = True


def shown(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(line.split()) == 0
    return capsys.readouterr().out


def told_of(key: str, text: str) -> str:
    """Return what a help text says of a key or an option, on one line."""
    match = re.search(rf"^ *{re.escape(key)}(?:=\S*)?(?: +(.+))?\n((?: {{20,}}\S.*\n)*)", text, re.MULTILINE)
    assert match, key
    return " ".join(f"{match[1] or ''} {match[2]}".split())


def test_fields_mean_what_a_class_or_else_its_bases_say() -> None:
    assert field_meanings(Vehicle) == {
        "wheels": "how many there are, counted once.",
        "colour": "what it looks like.",
        "trim": "what it looks like.",
    }
    assert field_meanings(Bicycle) == {**field_meanings(Vehicle), "wheels": "two of them.", "bell": "whether it rings."}


def test_a_summary_is_the_first_sentence() -> None:
    assert summary(Vehicle) == "Something that moves."
    assert summary(Bicycle) == "A vehicle by Strgar et al. 2024 with fewer wheels."
    assert summary(None) == first_sentence("") == ""


@pytest.mark.parametrize("entry", CLASSES)
def test_every_class_and_every_field_that_can_be_set_is_documented(entry: str) -> None:
    kind = CLASSES[entry]
    settable = {item.name for item in fields(kind) if item.init} - {"name"}
    assert settable - field_meanings(kind).keys() == set(), "add a line to the docstring's Attributes section"
    assert not summary(kind).startswith(f"{kind.__name__}("), "add a docstring"


@pytest.mark.parametrize("catalogue", CATALOGUES.values(), ids=CATALOGUES)
def test_every_plain_value_has_a_meaning(catalogue: Callable[[], Catalogue]) -> None:
    assert catalogue().values.keys() - catalogue().meanings.keys() == set()


@pytest.mark.parametrize("command", CATALOGUES)
def test_every_line_fits_and_every_key_and_option_is_explained(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = shown(f"{command} --help", capsys)
    assert max(map(len, text.splitlines())) <= WIDTH == 100
    choices, _, settings = text.partition("== Settings (key=value) ==")
    options = re.findall(r"^  (\w+) ", choices.partition("== Choices (group=option) ==")[2], re.MULTILINE)
    keys = re.findall(r"^([\w.]+)=", settings, re.MULTILINE)
    assert len(keys) >= len(CATALOGUES[command]().values)
    unexplained = [key for key in keys if not told_of(key, settings)] + [
        option for option in options if not told_of(option, choices)
    ]
    assert unexplained == []


def test_what_null_stands_for_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    for told in ("null for 16", "null for 20", "null for [random,sized,top]", "null for [last]", "null for 1e-06"):
        assert told in text


def test_keys_are_those_of_what_is_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown("evolve controller=cpg body=voxel seed=7 execution.memory_mib=9 --help", capsys)
    assert "controller.amplitude=" in text
    assert "controller.hidden=" not in text
    assert "controller=cpg\n" in text
    assert told_of("body.lattice.layers", text) == "number of layers of cells, along z."
    assert told_of("execution.memory_mib", text).startswith("memory for the worlds")
    assert "\nseed=7 " in text
    assert "\nexecution.memory_mib=9 " in text
    assert told_of("mutation.weights.trim", text).startswith("Empty cells at the body's surface")


def test_forces_are_listed_and_those_chosen_have_settings(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown("evolve --help", capsys)
    assert "\nforces=[]\n" in text
    assert told_of("water", text).startswith("Water below a level surface")
    assert "forces.water.density=" not in text
    text = shown("evolve forces=[wind,water] sim=coulomb --help", capsys)
    assert "\nforces=[wind,water]\n" in text
    assert "[kg/m^3]" in told_of("forces.water.density", text)
    for name in FORCES:
        assert f"  {name} " in text
    for field in fields(FORCES["wind"]):
        if field.name != "name":
            assert told_of(f"forces.wind.{field.name}", text) == field_meanings(FORCES["wind"])[field.name]
    assert told_of("sim.contact.friction", text)


def test_options_of_a_users_own_folder_are_listed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "conf" / "search").mkdir(parents=True)
    chosen = "defaults:\n  - genetic\n  - _self_\npopulation_size: 7\n"
    (here / "conf" / "search" / "few.yaml").write_text(f"# A few designs\n# only. For a laptop.\n{chosen}")
    (here / "conf" / "search" / "bare.yaml").write_text(chosen)
    text = shown(f"evolve --help --config-dir={here}/conf search=few", capsys)
    assert "search=few\n" in text
    assert told_of("few", text) == "A few designs only."
    assert told_of("search.population_size", text) == "designs that survive a generation."
    assert "\nsearch.population_size=7 " in text


def test_an_option_without_a_comment_is_what_its_class_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert not (config_folder() / "terrain" / "flat.yaml").read_text().startswith("#")
    assert told_of("flat", shown("evolve --help", capsys)) == summary(TERRAINS["flat"])


def test_help_with_a_wrong_key_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evolve", "search.genertions=3", "--help"]) == 2
    assert "did you mean 'search.generations'?" in capsys.readouterr().err
