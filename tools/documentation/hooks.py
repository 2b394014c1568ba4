"""What mkdocs calls while it builds the site: see `mkdocs.yml` beside this file."""

import os
import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tools.documentation.equations import drawn
from tools.documentation.notebooks import NotebookPage, execute, missing, page_of, placeholder, read, unexecuted
from tools.documentation.reference import GENERATED
from tools.documentation.repository_pages import ROOT, NotebookFile, SourceFile, repository_files

NOTEBOOKS = "CODESIGN_DOCS_NOTEBOOKS"
"""Environment variable: `unexecuted` shows notebooks without outputs, which is quick while one writes."""

_MARK = re.compile(r"<!-- generated: (\w+) -->")
_notebooks: dict[str, NotebookPage] = {}


def on_files(files: Any, config: Any) -> Any:
    """Return the repository's files in place of those of the documentation folder alone."""
    found = repository_files(config)
    for file in files:
        if file.src_dir != config.docs_dir:  # what plug-ins and the theme bring
            found.append(file)
    return found


def on_page_read_source(page: Any, config: Any) -> str | None:
    """Return the Markdown of pages that are no Markdown files."""
    del config
    if isinstance(page.file, SourceFile):
        return page.file.markdown()
    if isinstance(page.file, NotebookFile):
        notebook = read(ROOT / page.file.src_uri)
        if os.environ.get(NOTEBOOKS) != "unexecuted":
            absent = missing(notebook)
            notebook = unexecuted(notebook, absent) if absent else execute(notebook)
        _notebooks[page.file.src_uri] = page_of(notebook)
        return _notebooks[page.file.src_uri].markdown
    return None


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return a page's Markdown with what is generated in its place."""
    return _MARK.sub(lambda mark: GENERATED[mark[1]](), markdown)


def on_page_content(html: str, page: Any, **_: Any) -> str:
    """Return a page's HTML with its equations and the outputs of its notebook."""
    html = drawn(html)
    notebook = _notebooks.get(page.file.src_uri)
    for number, output in enumerate(notebook.outputs if notebook else ()):
        html = html.replace(placeholder(number), f'<div class="notebook-output">{output}</div>')
    return html
