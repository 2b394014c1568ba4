"""Files of the repository as pages of the site, at their own paths, so that relative links work in both places.

Markdown files and notebooks are pages. What they link to besides is shown as a page too: source files with their
lines, folders with a list of what they hold. Pictures are copied.
"""

import html
import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]

SOURCES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**/*.md", "docs/tutorials/*.ipynb")
"""What the site consists of, besides what these link to."""

COPIED = frozenset({".png", ".svg", ".gif", ".webp", ".parquet", ".npz", ".npy"})
"""Suffixes of files that are handed out as they are."""

LEXERS = {".py": "python", ".sh": "bash", ".yaml": "yaml", ".yml": "yaml", ".json": "json", ".toml": "toml"}

_LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)")
_CODE = re.compile(r"^(`{3,}).*?^\1\s*$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
_OUTSIDE_SEARCH = "---\nsearch:\n  exclude: true\n---\n\n"


class PageFile(File):
    """A file of the repository that becomes a page although it is no Markdown."""

    def is_documentation_page(self) -> bool:
        """Return True: mkdocs itself goes by suffixes."""
        return True


class NotebookFile(PageFile):
    """A notebook."""


class SourceFile(PageFile):
    """A text file that is shown with its lines, or a folder that is shown with what it holds."""

    def markdown(self) -> str:
        """Return the page's text."""
        path = ROOT / self.src_uri
        if path.is_dir():
            names = sorted(each.name + "/" * each.is_dir() for each in shown(path))
            lines = [f"- [{name}]({posixpath.basename(self.src_uri)}/{name.rstrip('/')})" for name in names]
            return f"{_OUTSIDE_SEARCH}# {self.src_uri}\n\n" + "\n".join(lines) + "\n"
        text = path.read_text(encoding="utf-8")
        fence = "`" * (3 + max((len(run) for run in re.findall(r"`{3,}", text)), default=0))
        lexer = LEXERS.get(path.suffix, "text")
        return f"{_OUTSIDE_SEARCH}# {html.escape(self.src_uri)}\n\n{fence}{lexer}\n{text.rstrip()}\n{fence}\n"


def repository_files(config: MkDocsConfig) -> Files:
    """Return all files of the site but the theme's.

    A link that leads nowhere is left for mkdocs to complain about.
    """
    found: dict[str, File] = {}
    waiting = [path for pattern in SOURCES for path in sorted(ROOT.glob(pattern))]
    while waiting:
        path = waiting.pop(0)
        uri = path.relative_to(ROOT).as_posix()
        if uri in found:
            continue
        found[uri] = _file(config, uri)
        if path.is_dir():
            waiting += shown(path)
        elif path.suffix in (".md", ".ipynb"):
            waiting += _linked(path)
    return Files(found.values())


def shown(folder: Path) -> list[Path]:
    """Return what a folder holds, but for what Python and others left there."""
    return [
        each
        for each in sorted(folder.iterdir())
        if not each.name.startswith((".", "__")) and each.suffix not in (".pyc", ".egg-info")
    ]


def links(text: str) -> Iterator[str]:
    """Yield the relative links of a Markdown text, without anchors."""
    for link in _LINK.findall(_CODE.sub("", text)):
        if not re.match(r"[a-z]+:|/", link):
            yield link


def _linked(page: Path) -> Iterable[Path]:
    for link in links(page.read_text(encoding="utf-8")):
        target = (page.parent / link).resolve()
        if target.exists() and target.is_relative_to(ROOT) and target != ROOT:
            yield target


def _file(config: MkDocsConfig, uri: str) -> File:
    path = ROOT / uri
    if path.is_dir():
        return SourceFile(uri, str(ROOT), config.site_dir, use_directory_urls=False, dest_uri=f"{uri}/index.html")
    if path.suffix == ".md":
        return File(uri, str(ROOT), config.site_dir, use_directory_urls=False)
    if path.suffix == ".ipynb":
        return NotebookFile(uri, str(ROOT), config.site_dir, use_directory_urls=False)
    if path.suffix in COPIED:
        return File(uri, str(ROOT), config.site_dir, use_directory_urls=False)
    return SourceFile(uri, str(ROOT), config.site_dir, use_directory_urls=False, dest_uri=f"{uri}.html")
