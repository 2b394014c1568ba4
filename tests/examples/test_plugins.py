"""The examples of plug-ins: each is one file outside of the package, registers itself, and passes the checks."""

import ast
import importlib
import importlib.util
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from codesign.control import CONTROLLERS
from codesign.evaluate import EVALUATORS
from codesign.export import EXPORTERS
from codesign.formats import FORMATS
from codesign.genome import LATTICES, VARIATIONS, Crossover, Mutation
from codesign.run import LOGGERS
from codesign.search import SEARCHES
from codesign.sim import CONTACTS, FORCES
from codesign.sim.kernels import SENSES
from codesign.tasks import TASKS, TERRAINS
from codesign.train import LEARNERS
from tests.registrations import undone

ROOT = Path(__file__).parent.parent.parent
FILES = sorted((ROOT / "examples" / "plugins").glob("*.py"))

REGISTRIES: dict[str, dict[str, Any]] = {
    "mutation": VARIATIONS,
    "crossover": VARIATIONS,
    "lattice": LATTICES,
    "terrain": TERRAINS,
    "task": TASKS,
    "controller": CONTROLLERS,
    "contact": CONTACTS,
    "force": FORCES,
    "sense": SENSES,
    "learner": LEARNERS,
    "search": SEARCHES,
    "evaluator": EVALUATORS,
    "exporter": EXPORTERS,
    "format": FORMATS,
    "logger": LOGGERS,
}

COMPILED = {"terrain", "task", "controller", "contact", "force", "sense", "learner"}
"""Kinds whose checks compile kernels."""

ROW = re.compile(
    r"\| (\w+) \| ([^|]+) \| ([^|]+) \| \[(\d+) lines\]\(examples/plugins/(\w+)\.py\) \| (\d+): ([^|]+) \|"
)
"""A row of the table in CONTRIBUTING.md: kind, files and concepts before, lines and concepts now."""


def kind_of(path: Path) -> str:
    """Return the kind of a plug-in, which its docstring begins with."""
    return path.read_text(encoding="utf-8").removeprefix('"""').split()[0].lower()


def table() -> list[tuple[str, ...]]:
    return ROW.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))


@pytest.fixture
def registries() -> Iterator[None]:
    """Undo all registrations, and forget the modules that made them."""
    with undone():
        yield


def load(path: Path) -> ModuleType:
    """Return the module in a file, which is in no package."""
    found = importlib.util.spec_from_file_location(path.stem, path)
    assert found is not None
    assert found.loader is not None
    module = sys.modules[path.stem] = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_there_is_an_example_of_every_kind() -> None:
    assert sorted(map(kind_of, FILES)) == sorted(REGISTRIES)


@pytest.mark.usefixtures("registries")
@pytest.mark.parametrize("path", FILES, ids=kind_of)
def test_it_registers_itself_and_nothing_else(path: Path) -> None:
    before = {kind: set(registry) for kind, registry in REGISTRIES.items()}
    module = load(path)
    added = {(kind, name) for kind, registry in REGISTRIES.items() for name in set(registry) - before[kind]}
    registry = REGISTRIES[kind_of(path)]
    assert added == {(kind, path.stem) for kind, other in REGISTRIES.items() if other is registry}
    entry = registry[path.stem]
    assert isinstance(entry, {"mutation": Mutation, "crossover": Crossover}.get(kind_of(path), object))
    if isinstance(entry, type):
        assert registry[path.stem]().name == path.stem
        assert entry.__module__ == module.__name__


@pytest.mark.usefixtures("registries")
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=kind_of(path), marks=[pytest.mark.slow] if kind_of(path) in COMPILED else [])
        for path in FILES
    ],
)
def test_what_its_docstring_says_to_try_works(path: Path) -> None:
    module = load(path)
    lines = str(module.__doc__).partition("Try it in this folder:\n")[2].splitlines()
    snippet = textwrap.dedent("\n".join(line for line in lines if not line or line.startswith("    ")))
    assert re.search(r"^check_\w+\(", snippet, re.MULTILINE)
    exec(compile(snippet, str(path), "exec"), {})


def test_registrations_are_undone() -> None:
    assert not [path.stem for path in FILES if any(path.stem in registry for registry in REGISTRIES.values())]


@pytest.mark.parametrize("path", FILES, ids=kind_of)
def test_it_needs_nothing_but_contracts(path: Path) -> None:
    imports = [
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)
    ]
    ours = {
        str(node.module): {alias.name for alias in node.names} for node in imports if "codesign" in str(node.module)
    }
    assert ours
    for module, names in ours.items():
        assert module.count(".") == 1 or module == "codesign.sim.kernels"
        assert names <= set(getattr(importlib.import_module(module), "__all__", names))


@pytest.mark.parametrize("path", FILES, ids=kind_of)
def test_it_fits_a_page(path: Path) -> None:
    assert 20 <= len(path.read_text(encoding="utf-8").splitlines()) <= 80


def test_the_table_of_the_contributors_guide_tells_the_truth() -> None:
    rows = table()
    assert sorted(kind for kind, *_ in rows) == sorted(REGISTRIES)
    for kind, _, _, lines, stem, count, names in rows:
        path = ROOT / "examples" / "plugins" / f"{stem}.py"
        text = path.read_text(encoding="utf-8")
        concepts = re.findall(r"`(\w+)`", names)
        assert kind_of(path) == kind
        assert len(text.splitlines()) == int(lines), kind
        assert len(set(concepts)) == int(count), kind
        assert [name for name in concepts if not re.search(rf"\b{name}\b", text)] == [], kind
        imported = re.findall(r"^from codesign\.\S+ import (?:\(([^)]*)\)|(.*))$", text, re.MULTILINE)
        known = {name.strip() for group in imported for part in group for name in part.split(",")} - {""}
        unsaid = {name for name in known if not name.isupper() and not name.startswith(("require_", "register"))} - set(
            concepts
        )
        assert unsaid == set(), kind
