"""The modules of the command line import each other in one order."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import codesign.cli

FOLDER = Path(codesign.cli.__file__).parent


def imported_by(path: Path) -> set[str]:
    """Return the modules of the command line that a module imports, wherever in it the import stands."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)]
    found = {str(node.module) for node in nodes}
    found |= {f"codesign.cli.{alias.name}" for node in nodes if node.module == "codesign.cli" for alias in node.names}
    return {name for name in found if name.startswith("codesign.cli.")}


def test_there_is_no_circle() -> None:
    names = {
        path: ".".join(("codesign.cli", *path.relative_to(FOLDER).with_suffix("").parts))
        for path in FOLDER.rglob("*.py")
    }
    order = TopologicalSorter({name: imported_by(path) for path, name in names.items()})
    try:
        order.prepare()
    except CycleError as circle:
        pytest.fail(f"modules import each other: {' <- '.join(circle.args[1])}")
