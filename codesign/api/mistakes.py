"""Errors in the words of Python: what other rooms say of a configuration's keys, said of the arguments of a call."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

from codesign.errors import CodesignError, ConfigError

_ARGUMENTS = {"sim": "physics", "body.lattice": "body", "body.tissue": "body", "sim.contact": "physics.contact"}
"""What arguments are called whose section of a configuration has another name."""

_SECTIONS = (
    *("body.lattice", "body.tissue", "sim.contact", "body", "sim", "controller", "task", "terrain", "forces"),
    *("conditions", "learner", "execution", "search", "mutation", "evaluator", "checkpoints", "physics"),
)

_KEY = re.compile(
    rf"(?<![/\w])(?P<section>{'|'.join(map(re.escape, _SECTIONS))})\.(?!safetensors\b)(?P<path>[a-z_]+(?:\.[a-z_]+)*)\b"
)
_PART = re.compile(r"\bbody\.(?:lattice|tissue)(?=: )")
_TWICE = re.compile(r"^(\w+): (?=\1\[)")
_CHOICE = re.compile(rf"\b(?P<section>{'|'.join(_SECTIONS[3:])})=(?P<name>[a-z_]+)\b")
_SET = re.compile(r'(?P<key>\w+(?:\["\w+"\])+)=(?P<value>[^\s,;]+)')
_GO_ON = re.compile(
    r"(?:codesign evolve )?(?:'run=(?P<quoted>[^']+)'|\brun=(?P<plain>[^'\s,]+))"
    r"(?: '?plugins=\[[\w.,]+\]'?)?"
)
_PLUGINS = re.compile(r"name (?:it|them) by plugins=\[(?P<names>[\w.,]+)\]")
_WORDS = {
    "with codesign evolve": "with codesign.evolve",
    "or null": "or None",
    " null": " None",
    "true or false": "True or False",
    "lenient=true": "lenient=True",
    "overwrite=true": "overwrite=True",
}


@contextmanager
def in_python() -> Iterator[None]:
    """Raise errors of within that speak of a configuration's keys as errors that speak of a call's arguments.

    Raises:
        CodesignError: the one of within, of the same class.
    """
    try:
        yield
    except ConfigError as error:
        # Its parts are told in full: whoever catches it does not put a section before the field.
        raise ConfigError(*(_told(text) for text in (error.expected, error.got, error.remedy))) from error
    except CodesignError as error:
        error.expected, error.got, error.remedy = (_told(text) for text in (error.expected, error.got, error.remedy))
        error.args = (f"expected {error.expected}; got {error.got}; {error.remedy}",)
        raise


def path_of(argument: str, value: Any) -> Path:
    """Return the path that an argument is.

    Raises:
        ConfigError: it is none.
    """
    if not isinstance(value, str | PathLike) or not str(value):
        raise ConfigError(f"{argument} to be a str or a Path", repr(value), "give the path of one file or folder")
    return Path(value)


def _told(text: str) -> str:
    text = _TWICE.sub("", _KEY.sub(_indexed, _PART.sub("body", text)))
    text = _SET.sub(lambda found: f"{found['key']} to {_literal(found['value'])}", text)
    text = _CHOICE.sub(lambda found: f'{_ARGUMENTS.get(found["section"], found["section"])}="{found["name"]}"', text)
    text = _GO_ON.sub(lambda found: f'codesign.resume("{found["quoted"] or found["plain"]}")', text)
    text = _PLUGINS.sub(lambda found: f"import {found['names'].replace(',', ', ')} first", text)
    if text == "null":
        return "None"
    for ours, theirs in _WORDS.items():
        text = text.replace(ours, theirs)
    return text


def _indexed(found: re.Match[str]) -> str:
    section, *further = _ARGUMENTS.get(found["section"], found["section"]).split(".")
    return section + "".join(f'["{name}"]' for name in (*further, *found["path"].split(".")))


def _literal(value: str) -> str:
    return f'"{value}"' if value.isidentifier() else value
