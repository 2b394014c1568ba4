"""Finding and importing the modules that users name, and nothing else."""

import sys
from pathlib import Path

import pytest

from codesign import plugins
from codesign.errors import ConfigError
from codesign.tasks import TASKS

PLUGIN = """
from dataclasses import dataclass
from codesign.plugins import register
from codesign.tasks import Walk

@dataclass(frozen=True)
class Stroll(Walk):
    '''Walk, slowly.'''

    name: str = "{name}"

register("task", Stroll)
"""


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def refused(*names: str) -> str:
    before = plugins.registered()
    with pytest.raises(ConfigError) as caught:
        plugins.load(names)
    assert plugins.registered() == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_module_of_the_working_folder_is_found_without_a_search_path(here: Path) -> None:
    write(here / "stroll1.py", PLUGIN.format(name="stroll1"))
    path = list(sys.path)
    plugins.load(["stroll1"])
    assert TASKS["stroll1"].__module__ == "stroll1"
    assert [plugin.name for plugin in plugins.loaded()] == ["stroll1"]
    assert sys.path == path
    plugins.load(["stroll1"])  # a second time, which makes no difference


def test_a_package_and_a_module_inside_of_one_are_found(here: Path) -> None:
    write(here / "garden" / "__init__.py", "from garden import paths\n")
    write(here / "garden" / "paths.py", PLUGIN.format(name="garden_path"))
    write(here / "lab" / "tasks.py", PLUGIN.format(name="lab_task"))  # a folder without __init__.py
    plugins.load(["garden", "lab.tasks"])
    assert {"garden_path", "lab_task"} <= TASKS.keys()
    sources = {plugin.name: set(plugin.sources) for plugin in plugins.loaded()}
    assert sources == {"garden": {"garden", "garden.paths"}, "lab.tasks": {"lab", "lab.tasks"}}


def test_a_module_on_the_search_path_is_found(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(here / "elsewhere" / "stroll2.py", PLUGIN.format(name="stroll2"))
    assert "neither in" in refused("stroll2")
    monkeypatch.syspath_prepend(str(here / "elsewhere"))
    plugins.load(["stroll2"])
    assert "stroll2" in TASKS


def test_nothing_else_of_the_folder_is_imported(here: Path) -> None:
    write(here / "stroll3.py", "import colorsys\nimport stroll3_helper\n" + PLUGIN.format(name="stroll3"))
    write(here / "colorsys.py", "raise SystemExit('imported')\n")
    write(here / "stroll3_helper.py", "raise SystemExit('imported')\n")
    said = refused("stroll3")
    assert "No module named 'stroll3_helper', line 2 of stroll3.py; install stroll3_helper; modules of yours" in said


def test_what_is_not_there_is_told(here: Path) -> None:
    write(here / "stroll4.py", PLUGIN.format(name="stroll4"))
    (here / "empty").mkdir()
    assert refused("strol4").endswith("did you mean 'stroll4'?")
    assert f"'zzz', which is neither in {here} nor installed; start where it lies, or" in refused("zzz")
    assert "neither in" in refused("empty")
    assert "neither in" in refused("stroll4.inner")
    for name in ("./stroll4.py", "stroll4.py/", "a b", "..stroll4"):
        assert "a plug-in by the name of its module" in refused(name)


def test_what_raises_is_told_with_its_line(here: Path) -> None:
    write(here / "boom1.py", PLUGIN.format(name="boom1") + "\n1 / 0\n")
    write(here / "boom2.py", "x = 1\ny = = 2\n")
    write(here / "boom3.py", "import sys\nsys.exit(3)\n")
    write(here / "boom4.py", "import numpy\n\nnumpy.zeros(-1)\n")
    write(here / "boom5" / "__init__.py", "import boom5.inner\n")
    write(here / "boom5" / "inner.py", "\nraise RuntimeError('two\\nlines')\n")
    assert "plug-in boom1 in" in refused("boom1")
    assert "ZeroDivisionError: division by zero, line 14 of boom1.py; mend it" in refused("boom1")
    assert "boom1" not in TASKS
    assert "SyntaxError: invalid syntax, line 2 of boom2.py" in refused("boom2")
    assert "SystemExit: 3, line 2 of boom3.py" in refused("boom3")
    assert "ValueError: negative dimensions are not allowed, line 3 of boom4.py" in refused("boom4")
    assert "RuntimeError: two lines, line 2 of inner.py" in refused("boom5")


def test_what_registers_wrongly_or_nothing_is_told(here: Path) -> None:
    write(here / "wrong1.py", PLUGIN.format(name="walk"))
    write(here / "wrong2.py", "x = 1\n")
    assert "'walk', which the package has (plug-in wrong1 in" in refused("wrong1")
    assert ", line 12 of wrong1.py); rename it" in refused("wrong1")
    said = refused("wrong2")
    assert "a plug-in that registers something; got nothing registered by" in said
    assert "wrong2.py (plug-in wrong2 in" in said
    assert 'codesign.register("task", Steady)' in refused("wrong2")
    assert "json" in refused("json")
    write(here / "wrong2.py", PLUGIN.format(name="mended"))  # and loaded anew
    plugins.load(["wrong2"])
    assert "mended" in TASKS


def test_a_name_of_another_module_is_refused(here: Path) -> None:
    for name in ("json", "turtle", "codesign", "numpy", "pyparsing"):
        write(here / f"{name}.py", PLUGIN.format(name="taken"))
    for name in ("turtle", "codesign", "numpy"):
        said = refused(name)
        assert f"one module of the name {name}" in said
        assert said.endswith("rename yours")


def test_a_module_that_a_program_imported_is_a_plugin_too(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(here / "stroll6.py", PLUGIN.format(name="stroll6"))
    monkeypatch.syspath_prepend(str(here))
    __import__("stroll6")
    (plugin,) = plugins.loaded()
    assert (plugin.name, plugin.package) == ("stroll6", "")
    assert plugins.used_by({"task": {"name": "stroll6"}}) == (plugin,)
    assert plugins.used_by([TASKS["stroll6"]()]) == (plugin,)
    assert plugins.used_by({"task": {"name": "walk"}}, TASKS["walk"]()) == ()
