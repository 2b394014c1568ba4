"""Every command and every Python block of README and docs runs, reduced in size."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from codesign.cli import main
from tests.documentation.pages import PAGES, ROOT, Block, blocks, commands, name_of
from tools.documentation.libraries import missing_libraries, remedy

SHIM = """#!/bin/bash
# Runs what is asked for, tiny; what needs a cluster is composed only.
command=$1; shift
case "$command $*" in
    *--help*|*--version*|--*|*"--cfg job"*) ;;
    evolve*run=auto*|train*) set -- "$@" debug=tiny evaluator=local logger=quiet ;;
    evolve*run=*) set -- "$@" evaluator=local ;;
    evolve*evaluator.address=*) set -- --cfg job "$@" debug=tiny; exec >/dev/null ;;
    evolve*) set -- "$@" debug=tiny evaluator=local ;;
    watch*terminal=true*) ;;
    watch*) set -- "$@" terminal=true ;;
    bench*) set -- "$@" body.lattice.rows=3 body.lattice.columns=4 worlds=[2] seconds=0.01 breeding=8 driver=8 \\
        driver_generations=2 cluster=2 sim.steps=20 ;;
esac
exec "$PYTHON" -m codesign.cli "$command" "$@"
"""

SKIPPED: Mapping[str, str] = {
    r"git clone": "downloads",
    r"make ": "the continuous integration runs make's own targets",
    r"source .*activate": "the tests' environment is there",
    r"\.venv/bin/pre-commit": "the continuous integration runs what the hook runs",
    r"(\.venv/bin/|python -m )?pip install": "the tests' environment is there",
    r"ray st": "needs a cluster",
    r"python -m pytest": "these are the tests themselves",
    r"python tools/(soak|storage_report|cuda_report|compare_runs)\.py": "takes long; has tests of its own",
    r"codesign evolve experiment=gliders": "needs a package; tests/cli/test_plugins.py installs and uses it",
    r"python -m experiments\.": "hours; tests/experiments remakes all figures, and runs a tiny study from end to end",
    r"python examples/reinforcement_learning": "needs stable-baselines3; tests/gym/test_example.py runs it",
}
"""Commands that are not run, as regular expressions for their beginnings, and why."""

SKIPPED_PYTHON: Mapping[str, str] = {
    r"import pickle": "a script for a file of the reader's own; tests/examples/test_bodies.py runs it",
}
"""Blocks of Python that are not run, as regular expressions for their beginnings, and why."""

OWN_TESTS: Mapping[str, str] = {
    "docs/cluster.md": "tests/test_cluster.py runs every command of the page",
    "examples/codesign-swimmers/README.md": "tests/cli/test_plugins.py installs and uses the package",
    "docs/json-format.md": "tests/cli/test_train.py runs the Python block with a file that it exports",
}
"""Pages that are run elsewhere."""

RUN_FOLDER = re.compile(r"runs/(?:\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d|NAME|mine)")
"""Folders of runs that pages speak of as if the reader had one."""


def begins_with(text: str, patterns: Iterable[str]) -> bool:
    return any(re.match(pattern, text) for pattern in patterns)


def absent(page: Path) -> list[str]:
    """Return the libraries that Python of a page imports and that are not installed."""
    return missing_libraries("\n".join(block.text for block in blocks(page) if block.language == "python"))


def steps(page: Path) -> list[tuple[str, str, str]]:
    """Return language, text and place of what is run of a page; after an import that fails, no Python is."""
    found, lost = [], False
    for block in blocks(page):
        text = block.text
        lost = lost or bool(block.language == "python" and missing_libraries(text))
        if lost and block.language == "python":
            continue
        if block.language == "shell":
            text = "\n".join(command for command in commands(block) if not begins_with(command, SKIPPED))
        elif begins_with(text, SKIPPED_PYTHON):
            text = ""
        if text.strip():
            found.append((block.language, text, f"{name_of(page)}:{block.line}"))
    return found


RUN = [page for page in PAGES if name_of(page) not in OWN_TESTS and steps(page)]


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run of three generations."""
    folder = tmp_path_factory.mktemp("runs") / "finished"
    assert main(["evolve", "debug=tiny", "evaluator=local", "logger.display=none", f"hydra.run.dir={folder}"]) == 0
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN, ids=name_of)
def test_what_a_page_tells_its_reader_to_do_works(page: Path, finished: Path, tmp_path: Path) -> None:
    programs, here = tmp_path / "bin", tmp_path / "here"
    programs.mkdir()
    here.mkdir()
    (programs / "codesign").write_text(SHIM)
    (programs / "codesign").chmod(0o755)
    (programs / "python").symlink_to(sys.executable)
    for name in ("examples", "tools", "tests", "docs"):
        (here / name).symlink_to(ROOT / name)
    told = steps(page)
    for run in {match[0] for _, text, _ in told for match in RUN_FOLDER.finditer(text)}:
        (here / "runs").mkdir(exist_ok=True)
        subprocess.run(["cp", "-r", str(finished), str(here / run)], check=True)
    environment = {
        **os.environ,
        "PATH": f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHON": sys.executable,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'examples' / 'plugins'}",
    }
    result = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("run_page.py"))],
        cwd=here,
        env=environment,
        input=json.dumps(told),
        capture_output=True,
        text=True,
        check=False,
        timeout=540,
    )
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    if libraries := absent(page):
        pytest.skip(f"ran but for Python that needs {', '.join(libraries)} ({remedy(libraries)})")


@pytest.mark.parametrize("pattern", [*SKIPPED, *SKIPPED_PYTHON])
def test_nothing_is_skipped_that_is_not_there(pattern: str) -> None:
    found = [block for page in PAGES for block in blocks(page)]
    told = [command for block in found if block.language == "shell" for command in commands(block)]
    told += [block.text for block in found if block.language == "python"]
    assert any(re.match(pattern, each) for each in told), f"no page has a block like {pattern} any more"


def test_pages_with_tests_of_their_own_are_there() -> None:
    assert set(OWN_TESTS) <= {name_of(page) for page in PAGES}


def test_blocks_are_found_in_every_form(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Page\n\n    codesign evolve a=1   # said\n    codesign evolve \\\n        b=2\n\nText.\n\n    no command\n\n"
        "```python\nprint(1)\n```\n\n```console\n$ codesign show x\noutput\n```\n\n```text\ncodesign no\n```\n"
        "\n    import json\n    json.loads('1')\n"
    )
    found = blocks(page)
    assert [(block.language, block.line) for block in found] == [
        ("shell", 3),
        ("python", 12),
        ("shell", 16),
        ("python", 24),
    ]
    assert commands(found[0])[1].split() == ["codesign", "evolve", "b=2"]
    assert found[2].text == "codesign show x\n"


def test_a_loop_is_one_command() -> None:
    block = Block("shell", "for seed in 0 1; do\n    echo $seed\ndone\necho after\n", 1)
    assert commands(block) == ["for seed in 0 1; do\necho $seed\ndone", "echo after"]
