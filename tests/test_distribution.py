"""The source distribution holds all that its tests and texts speak of, and Python versions are told alike."""

import os
import re
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LINK = re.compile(r"\]\(([\w./-]+)(?:#[^)]*)?\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
TEXTS = ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the top folder of an unpacked source distribution."""
    folder = tmp_path_factory.mktemp("sdist")
    subprocess.run(
        [sys.executable, "-m", "build", "--sdist", "--outdir", str(folder), str(CHECKOUT)],
        check=True,
        capture_output=True,
    )
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz")


@pytest.mark.slow
def test_links_of_a_source_distribution_lead_somewhere(unpacked: Path) -> None:
    texts = [unpacked / name for name in TEXTS] + sorted(unpacked.glob("docs/*.md"))
    links = [(text, link) for text in texts for link in LINK.findall(CODE.sub("", text.read_text(encoding="utf-8")))]
    assert len(links) > 10
    assert [(text.name, link) for text, link in links if not (text.parent / link).exists()] == []


@pytest.mark.slow
def test_tests_of_a_source_distribution_run_from_within_it(unpacked: Path) -> None:
    """Those that read files beside the package, and the collection of all others."""
    environment = {**os.environ, "PYTHONPATH": str(unpacked)}
    pytest_here = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    for arguments in (
        ["--collect-only"],
        [
            "tests/cli/test_train.py::test_the_documentation_reads_a_file_that_export_writes",
            "tests/test_imports.py",
            "tests/test_distribution.py",
            "-m",
            "not slow",
        ],
    ):
        ran = subprocess.run(
            [*pytest_here, *arguments], cwd=unpacked, env=environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout[-3000:]


def test_python_versions_are_told_alike_everywhere() -> None:
    low, high = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", PROJECT["requires-python"]).groups()  # type: ignore[union-attr]
    versions = [f"3.{minor}" for minor in range(int(low), int(high))]
    told = [each.rpartition(" ")[2] for each in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", each)]
    assert told == versions
    assert f"Python {versions[0]} to {versions[-1]}" in (CHECKOUT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("version", "right"), [((3, 10), False), ((3, 11), True), ((3, 14), True), ((3, 15), False)])
def test_make_says_which_python_it_needs(version: tuple[int, int], right: bool, tmp_path: Path) -> None:
    for name in ("Makefile", "pyproject.toml"):
        (tmp_path / name).write_bytes((CHECKOUT / name).read_bytes())
    python = tmp_path / "python"
    patch = (
        f"import sys; sys.version_info = ({version[0]}, {version[1]}, 1, 'final', 0); sys.version = '3.{version[1]}.1'"
    )
    # Whatever else it is asked to do, as making an environment, it refuses.
    python.write_text(
        f'#!/bin/sh\n[ "$1" = -c ] || exit 7\nexec "{sys.executable}" -c "{patch}; exec(sys.argv[1])" "$2"\n'
    )
    python.chmod(0o755)
    made = subprocess.run(
        ["make", "-C", str(tmp_path), "demo", f"PYTHON={python}"], capture_output=True, text=True, check=False
    )
    assert made.returncode != 0
    said = f"codesign needs Python 3.11 to 3.14; this is 3.{version[1]}.1; try: make PYTHON=python3.11 ..."
    assert (said not in made.stderr) == right
    assert ("Error 7" in made.stderr) == right
