"""Code blocks of Markdown pages, and what a reader would do with them."""

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

PAGES = sorted(
    [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "experiments/README.md", "benchmarks/README.md")),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("examples/**/README.md"),
        *ROOT.glob("experiments/*/README.md"),
    ]
)
"""Pages whose commands and Python are run."""

SHELLS = ("sh", "bash", "shell", "console")

_FENCE = re.compile(r"^( *)(`{3,})([\w+-]*)[^\n`]*\n(.*?)^\1\2 *$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?<=\n\n)((?: {4,}\S[^\n]*\n+)+)")
_PROGRAM = re.compile(
    r"(?:\$ )?(?:[A-Z_]+=\S+ )*(?:codesign|python|pip|make|git|ray|source|export|for|\.venv/bin/[\w-]+) "
)
_PYTHON = re.compile(r"(?:import|from) \w")


@dataclass(frozen=True)
class Block:
    """A block of a page that a reader can run.

    Attributes:
        language: "shell" or "python".
        text: the block, without what is shown as its output.
        line: number of its first line on the page.
    """

    language: str
    text: str
    line: int


def name_of(page: Path) -> str:
    """Return a page's path in the repository."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page that can be run, in order."""
    text = page.read_text(encoding="utf-8")
    found: list[Block] = []
    for match in _FENCE.finditer(text):
        line, body = text.count("\n", 0, match.start()) + 2, textwrap.dedent(match[4])
        if match[3] == "python":
            found.append(Block("python", body, line))
        elif match[3] in SHELLS:
            found.append(Block("shell", _typed(body), line))
    # Lines stay where they are, so that numbers of lines are right.
    outside = _FENCE.sub(lambda match: re.sub(r"[^\n]+", "-", match[0]), text)
    for match in _INDENTED.finditer(outside):
        line, body = outside.count("\n", 0, match.start()) + 1, textwrap.dedent(match[1])
        if _PYTHON.match(body):
            found.append(Block("python", body, line))
        elif _PROGRAM.match(body):
            found.append(Block("shell", _typed(body), line))
    return sorted(found, key=lambda block: block.line)


def _typed(text: str) -> str:
    """Return what a reader types of a block that shows prompts; what has no prompt is output."""
    if not re.search(r"^\$ ", text, re.MULTILINE):
        return text
    typed, going_on = [], False
    for line in text.splitlines():
        if going_on or line.startswith("$ "):
            typed.append(line if going_on else line.removeprefix("$ "))
            going_on = line.endswith("\\")
    return "\n".join(typed) + "\n"


def commands(block: Block) -> list[str]:
    """Return the commands of a block of shell: lines, with what goes on in the next ones and whole loops together."""
    found: list[str] = []
    depth = 0
    for line in block.text.replace("\\\n", " ").splitlines():
        words = line.strip()
        if depth:
            found[-1] += f"\n{words}"
        elif words and not words.startswith("#"):
            found.append(words)
        depth += bool(re.match(r"for\b", words)) - bool(re.match(r"done\b", words))
    return found
