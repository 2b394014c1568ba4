"""What `import codesign` offers: cheap to import, every name documented by an example that runs, and typed."""

import ast
import doctest
import inspect
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

import codesign

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
WITH_EXAMPLES = [
    *codesign.__all__,
    *("Problem.of_run", "Problem.value_and_gradient", "Problem.rollout"),
]


def examples_of(name: str) -> list[doctest.DocTest]:
    target = codesign
    for part in name.split("."):
        target = getattr(target, part)
    # Without those of what is inside, which are named here themselves.
    parser = doctest.DocTestParser()
    found = parser.get_doctest(inspect.getdoc(target) or "", {}, name, None, 0)
    return [found] if found.examples else []


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_every_public_name_has_an_example_that_runs(name: str, here: Path) -> None:
    tests = examples_of(name)
    assert tests, f"codesign.{name} has no example"
    said: list[str] = []
    failed, _ = doctest.DocTestRunner(optionflags=FLAGS).run(tests[0], out=said.append)
    assert not failed, "".join(said)


def test_names_are_listed_and_no_others_are_there() -> None:
    assert set(codesign.__all__) <= set(dir(codesign))
    for name in codesign.__all__:
        assert getattr(codesign, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Robot'"):
        codesign.Robot  # noqa: B018


def test_rooms_are_there_without_being_imported() -> None:
    names = sorted(codesign._ROOMS)
    code = f"import codesign\nfor name in {names}: print(getattr(codesign, name).__name__)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert said == [f"codesign.{name}" for name in names]
    assert [name for name in dir(codesign) if name[0] == "_" and name[1] != "_"] == []


def test_type_checkers_see_the_names_that_python_sees() -> None:
    tree = ast.parse(Path(codesign.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen == set(codesign.__all__) == set(codesign._HOMES)
    assert resources.files("codesign").joinpath("py.typed").is_file()


def test_importing_loads_nothing_but_itself() -> None:
    code = "import sys; before = set(sys.modules); import codesign; dir(codesign); print(*set(sys.modules) - before)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {name.partition(".")[0] for name in loaded} & {
        "numpy",
        "warp",
        "ray",
        "hydra",
        "pyarrow",
        "matplotlib",
    } == set()
    assert [name for name in loaded if name.startswith("codesign")] == ["codesign"]
