"""Notebooks executed and turned into Markdown pages.

The notebooks of the repository hold no outputs, so that their changes can be read. Who builds the site or tests it
executes them, each in an empty folder of its own.
"""

import base64
import html
import os
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

from tools.documentation.libraries import missing_libraries, remedy

SECONDS = 240
"""Longest time that a cell may take."""

_ESCAPE_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True)
class NotebookPage:
    """A notebook as a page.

    Attributes:
        markdown: its text, with `placeholder(number)` where an output stands.
        outputs: the outputs as HTML.
    """

    markdown: str
    outputs: tuple[str, ...]


def placeholder(number: int) -> str:
    """Return what stands in the text for an output."""
    return f'<div class="notebook-output" data-output="{number}"></div>'


def read(path: Path) -> Any:
    """Return a notebook without outputs."""
    return nbformat.read(path, as_version=4)


def missing(notebook: Any) -> list[str]:
    """Return the libraries that a notebook imports and that are not installed."""
    return missing_libraries("\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code"))


def unexecuted(notebook: Any, libraries: list[str]) -> Any:
    """Return a notebook that says in front why it is shown without outputs."""
    note = f"*Shown without outputs: {', '.join(libraries)} is not installed ({remedy(libraries)}).*"
    title, *rest = notebook.cells
    notebook.cells = [title, nbformat.v4.new_markdown_cell(note), *rest]
    return notebook


def execute(notebook: Any) -> Any:
    """Return a notebook with its outputs.

    Raises:
        CellExecutionError: a cell raised an error.
    """
    programs = str(Path(sys.executable).parent)  # where `codesign` lies, even if the environment is not active
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"}
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=SECONDS,
            kernel_name="python3",
            config=Config({"KernelManager": {"transport_encryption": "auto"}}),
            resources={"metadata": {"path": folder}},
        )
        return client.execute(env=environment)


def page_of(notebook: Any) -> NotebookPage:
    """Return an executed notebook as a page."""
    parts: list[str] = []
    outputs: list[str] = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            continue
        parts.append(_fenced(cell.source))
        for output in _joined(cell.outputs):
            parts.append(placeholder(len(outputs)))
            outputs.append(_html(output))
    return NotebookPage("\n\n".join(parts) + "\n", tuple(outputs))


def _fenced(source: str) -> str:
    """Return a cell as a block of code; one that is given to a shell as it is typed there."""
    first, _, rest = source.partition("\n")
    if first == "%%sh":
        return f"```sh\n{rest}\n```"
    return f"```python\n{source}\n```"


def _joined(outputs: Any) -> list[Any]:
    """Return outputs with neighbouring pieces of one stream joined, without what libraries say on standard error."""
    joined: list[Any] = []
    for output in outputs:
        if output.get("name") == "stderr":
            continue
        last = joined[-1] if joined else None
        if output.output_type == "stream" and last is not None and last.get("name") == output.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def _html(output: Any) -> str:
    if output.output_type == "stream":
        return _text(output.text)
    data = output.data
    if "text/html" in data:
        return f'<div class="notebook-html">{data["text/html"]}</div>'
    if "image/svg+xml" in data:
        return f'<div class="notebook-html">{data["image/svg+xml"]}</div>'
    if "image/png" in data:
        picture = base64.b64encode(base64.b64decode(data["image/png"])).decode("ascii")
        return f'<img src="data:image/png;base64,{picture}" alt="output of the cell above">'
    return _text(data.get("text/plain", ""))


def _text(text: str) -> str:
    return f"<pre>{html.escape(_last_lines(_ESCAPE_SEQUENCE.sub('', text)).rstrip())}</pre>"


def _last_lines(text: str) -> str:
    """Return what is left on a terminal of lines that were written over."""
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
