"""The documentation site: complete, whole, and asking nothing of a network."""

import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

import codesign
from codesign.cli.catalogue import experiment_catalogue
from codesign.cli.entry import COMMANDS, WITHOUT_CONFIGURATION
from tests.documentation.pages import PAGES, ROOT, name_of
from tools.documentation import libraries, notebooks, reference, repository_pages

SITE_PAGES = [*PAGES, ROOT / "ARCHITECTURE.md", ROOT / "CHANGELOG.md"]

NOTEBOOKS = sorted(ROOT.glob("docs/tutorials/*.ipynb"))

PACKAGE = Path(codesign.__file__).parent

ROOMS = sorted(
    path.parent.relative_to(PACKAGE.parent).as_posix().replace("/", ".")
    for path in PACKAGE.glob("**/__init__.py")
    if "__all__" in path.read_text(encoding="utf-8")
)
"""Packages that say what is public."""

INNER = frozenset(
    {
        "codesign.api",
        "codesign.cli",
        "codesign.cli.bench",
        "codesign.cli.experiments",
        "codesign.cli.watch",
        "codesign.export.film",
        "codesign.export.scenes",
        "codesign.export.workshop",
        "codesign.genome.lattices",
        "codesign.genome.operators",
        "codesign.run.loggers",
    }
)
"""Packages whose names the package or another room exports, or that only the command line has."""

PUBLIC = [room for room in ROOMS if room not in INNER]


def page_of_room(room: str) -> Path:
    name = room.removeprefix("codesign.").replace(".", "_")  # "codesign" itself for the package
    return ROOT / "docs" / "reference" / "python" / f"{name}.md"


class References(HTMLParser):
    """What a page makes a browser load, and what it calls its parts.

    Attributes:
        loaded: addresses.
        names: values of `id`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        if own.get("id"):
            self.names.add(str(own["id"]))
        if own.get("src"):
            self.loaded.append(str(own["src"]))
        if tag == "link" and own.get("href") and own.get("rel") not in ("canonical", "prev", "next"):
            self.loaded.append(str(own["href"]))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the site, built as `make docs` does but for what notebooks print."""
    folder = tmp_path_factory.mktemp("documentation") / "site"
    told = ["build", "--strict", "-f", "tools/documentation/mkdocs.yml", "-d", str(folder)]
    environment = {**os.environ, "CODESIGN_DOCS_NOTEBOOKS": "unexecuted", "NO_MKDOCS_2_WARNING": "1"}
    result = subprocess.run(
        [sys.executable, "-m", "mkdocs", *told], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "WARNING" not in result.stdout + result.stderr
    return folder


@pytest.mark.parametrize("page", SITE_PAGES, ids=name_of)
def test_links_of_a_page_lead_to_files(page: Path) -> None:
    for link in repository_pages.links(page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", SITE_PAGES, ids=name_of)
def test_lists_of_a_page_read_the_same_on_the_site_as_on_a_repository_host(page: Path) -> None:
    """The site's Markdown wants an empty line before a list, and four spaces before what belongs to an item."""
    before, in_list = "", False
    text = re.sub(r"^(`{3,}).*?^\1\s*$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for line in text.splitlines():
        if line.startswith("- "):
            assert in_list or not before.strip(), f"no empty line before: {line}"
            in_list = True
        elif line and not line[0].isspace():
            in_list = in_list and bool(before.strip())
        elif in_list and not before.strip() and line.strip():
            assert line.startswith("    "), f"less than four spaces before: {line}"
        before = line


def test_every_configuration_key_is_explained() -> None:
    text = reference.configuration()
    explained = dict(re.findall(r"^\| `([^`]+)` \|(.*)$", text, re.MULTILINE))
    headings = set(re.findall(r"^##+ `([^`]+)`", text, re.MULTILINE))
    keys = experiment_catalogue().keys()
    for key in keys:
        assert key in explained or key in headings, key
        if key in explained:
            assert len(explained[key].rstrip(" |").rpartition("|")[2].strip()) > 3, f"{key} has no meaning"


def test_every_option_is_explained() -> None:
    text = reference.configuration()
    for group in ("body", "task", "terrain", "sim", "experiment", "debug", "search"):
        for path in (ROOT / "conf" / group).glob("*.yaml"):
            assert (
                re.search(rf"^\| `{group}={path.stem}` \| \S", text, re.MULTILINE)
                or len(list(path.parent.glob("*.yaml"))) == 1
            ), path


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_explained(command: str) -> None:
    text = reference.commands()
    section = text.partition(f"## `codesign {command}`")[2].partition("\n## ")[0]
    assert f"<summary>codesign {command} --help</summary>" in section
    module = importlib.import_module(COMMANDS[command][0])
    for key in module.KEYS if command in WITHOUT_CONFIGURATION else module.COMMAND.catalogue().values:
        assert f"\n{key}=" in section or f"| `{key}` |" in section, key


@pytest.mark.parametrize("room", PUBLIC)
def test_every_room_has_a_page_that_the_navigation_shows(room: str) -> None:
    page = page_of_room(room)
    assert f"\n::: {room}\n" in page.read_text(encoding="utf-8")
    navigation = (ROOT / "tools" / "documentation" / "mkdocs.yml").read_text(encoding="utf-8")
    assert f"- {name_of(page)}\n" in navigation
    assert f"({page.name})" in page.with_name("index.md").read_text(encoding="utf-8")


def test_the_page_of_the_package_lists_its_names_by_use() -> None:
    listed = re.findall(r"^ {8}- (\w+)$", page_of_room("codesign").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(codesign.__all__)


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "tools" / "documentation" / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    for path in [*ROOT.glob("docs/**/*.md"), *NOTEBOOKS]:
        assert re.search(rf"- (?:.+: )?{re.escape(name_of(path))}$", navigation, re.MULTILINE), name_of(path)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_a_notebook_is_stored_without_outputs_and_explains_itself(path: Path) -> None:
    notebook = notebooks.read(path)
    nbformat.validate(notebook)
    assert notebook.cells[0].source.startswith("# ")
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
    assert "".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown").count("\n") >= 5


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_a_notebook_runs(path: Path) -> None:
    notebook = notebooks.read(path)
    if absent := notebooks.missing(notebook):
        pytest.skip(f"{', '.join(absent)} is not installed ({libraries.remedy(absent)})")
    page = notebooks.page_of(notebooks.execute(notebook))
    assert page.outputs


def test_a_notebook_without_its_library_is_shown_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "find_spec", lambda _: None)
    notebook = notebooks.read(ROOT / "docs" / "tutorials" / "torch_policy.ipynb")
    assert notebooks.missing(notebook) == ["torch"]
    assert notebooks.missing(notebooks.read(ROOT / "docs" / "tutorials" / "gradients.ipynb")) == []
    page = notebooks.page_of(notebooks.unexecuted(notebook, ["torch"]))
    assert page.outputs == ()
    assert "pip install 'codesign[torch]'" in page.markdown.partition("```")[0]


def html_pages(site: Path) -> Iterator[tuple[str, References]]:
    for path in sorted(site.glob("**/*.html")):
        parser = References()
        parser.feed(path.read_text(encoding="utf-8"))
        yield path.relative_to(site).as_posix(), parser


@pytest.mark.slow
def test_a_page_loads_nothing_that_is_not_beside_it(site: Path) -> None:
    for name, page in html_pages(site):
        for address in page.loaded:
            if not address.startswith("data:"):
                assert not re.match(r"\w+:|//", address), f"{name} loads {address}"
                path = address.partition("?")[0].partition("#")[0]
                found = site / path[1:] if path.startswith("/") else (site / name).parent / path
                assert found.exists(), f"{name} loads {address}"


@pytest.mark.slow
@pytest.mark.parametrize("room", PUBLIC)
def test_every_public_name_is_explained(site: Path, room: str) -> None:
    parser = References()
    parser.feed((site / page_of_room(room).relative_to(ROOT)).with_suffix(".html").read_text(encoding="utf-8"))
    missing = [name for name in importlib.import_module(room).__all__ if f"{room}.{name}" not in parser.names]
    assert missing == [], "a docstring is missing"


@pytest.mark.slow
def test_equations_are_drawn_and_sources_have_pages(site: Path) -> None:
    physics = (site / "docs" / "explanations" / "physics.html").read_text(encoding="utf-8")
    assert physics.count('class="equation"') > 20
    assert "arithmatex" not in physics
    assert "<pre" in (site / "examples" / "plugins" / "steady.py.html").read_text(encoding="utf-8")
