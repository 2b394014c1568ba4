"""Docstrings as the help of the command line shows them: what a class is, in one sentence, and what its fields are."""

import inspect
import re
from collections.abc import Iterator

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_ENTRY = re.compile(r"    (?P<names>\w+(?:, \w+)*): (?P<text>.*)")


def first_sentence(text: str) -> str:
    """Return the first sentence of a text, on one line; empty if there is none."""
    return _SENTENCE_END.split(" ".join(text.split()), maxsplit=1)[0]


def summary(documented: object) -> str:
    """Return the first sentence of a docstring; empty if there is none."""
    return first_sentence(getattr(documented, "__doc__", None) or "")


def field_meanings(kind: type) -> dict[str, str]:
    """Return what the `Attributes` sections of a class and of its bases say by field, the class before its bases."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        found.update(_attributes(base.__dict__.get("__doc__") or ""))
    return found


def _attributes(docstring: str) -> Iterator[tuple[str, str]]:
    """Yield the fields that the `Attributes` section of one docstring names, and the text about each on one line."""
    _, heading, section = inspect.cleandoc(docstring).partition("\nAttributes:\n")
    names: list[str] = []
    words: list[str] = []
    for line in section.splitlines() if heading else ():
        entry = _ENTRY.fullmatch(line)
        if entry is None and not line.startswith("     "):
            break  # another section, or the empty line before it
        if entry is None:
            words.append(line.strip())
            continue
        yield from ((name, " ".join(words)) for name in names)
        names, words = entry["names"].split(", "), [entry["text"].strip()]
    yield from ((name, " ".join(words)) for name in names)
