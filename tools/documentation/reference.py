"""The reference of commands and configuration keys, written from what the program itself checks and explains.

Settings are fields of frozen dataclasses in registries; their docstrings say what they mean, as `--help` does. A page
has a mark such as `<!-- generated: configuration -->` where the site shows the tables.
"""

import contextlib
import importlib
import io
import json
import math
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from codesign.cli import main
from codesign.cli.catalogue import experiment_catalogue
from codesign.cli.composition import config_folder
from codesign.cli.docstrings import field_meanings, first_sentence, summary
from codesign.cli.entry import COMMANDS
from codesign.cli.schemas import Catalogue, plain_fields

NAMES_OF_TYPES: Mapping[Any, str] = {
    int: "whole number",
    float: "number",
    str: "text",
    bool: "true or false",
    Any: "any",
    types.NoneType: "null",
}

_COMMENT = re.compile(r"(?:# @package .*\n)?((?:# .*\n)+)")
_COMMAND = re.compile(r":? codesign [a-z]+ \w+=")


def configuration() -> str:
    """Return tables of every configuration key of a run, section by section, and of the options of every group."""
    catalogue = experiment_catalogue()
    parts = ["## At the top", _values_table(catalogue, catalogue.values)]
    for group in _groups(catalogue):
        parts += [f"## `{group}`", *_options_of(group, catalogue)]
        for section in _sections(catalogue, group):
            parts += _section(catalogue, section)
    for group in ("experiment", "debug"):
        parts += [f"## `{group}`", *_options_of(group, catalogue)]
    return "\n\n".join(parts)


def commands() -> str:
    """Return what every command does, its own keys, and the whole of its help."""
    runs = experiment_catalogue()
    parts: list[str] = []
    for name, (module, does) in COMMANDS.items():
        command = getattr(importlib.import_module(module), "COMMAND", None)
        catalogue = command.catalogue() if command else Catalogue({}, {}, {})
        own = {key: hint for key, hint in catalogue.values.items() if _is_own(key, catalogue, runs)}
        parts += [f"## `codesign {name}`", f"{does[0].upper()}{does[1:]}."]
        if command and own:
            parts.append(_values_table(catalogue, own, _defaults(command.config_name)))
        if catalogue.choices:
            parts.append("It takes the [configuration keys](configuration.md) that its help lists as well.")
        parts.append(
            f"<details markdown><summary>codesign {name} --help</summary>\n\n```text\n{_help(name)}```\n\n</details>"
        )
    return "\n\n".join(parts)


GENERATED: Mapping[str, Callable[[], str]] = {"configuration": cache(configuration), "commands": cache(commands)}
"""What marks stand for, by name."""


def _is_own(key: str, catalogue: Catalogue, runs: Catalogue) -> bool:
    """Return whether a key is not that of every run, or means something else for this command."""
    return key not in runs.values or catalogue.meanings.get(key) != runs.meanings.get(key)


def _groups(catalogue: Catalogue) -> list[str]:
    """Return the groups of sections in the order in which a run's configuration chooses them."""
    known = {section.partition(".")[0] for section in catalogue.sections} | set(catalogue.collections)
    chosen = [next(iter(each)) for each in _yaml("config")["defaults"] if isinstance(each, Mapping)]
    return [group for group in chosen if group in known] + sorted(known - set(chosen))


def _sections(catalogue: Catalogue, group: str) -> Iterator[tuple[str, str, type]]:
    """Yield section, choice and dataclass of everything that a group may hold."""
    for key, kind in catalogue.records.items():
        if key.partition(".")[0] == group:
            yield key, "", kind
    for key, registry in catalogue.choices.items():
        if key.partition(".")[0] == group:
            yield from ((key, name, kind) for name, kind in sorted(registry.items()))
    for name, kind in sorted(catalogue.collections.get(group, {}).items()):
        yield f"{group}.{name}", "", kind


def _section(catalogue: Catalogue, section: tuple[str, str, type]) -> list[str]:
    key, choice, kind = section
    heading = f"### `{key}`: `{choice}`" if choice else f"### `{key}`"
    meanings = field_meanings(kind)
    rows = []
    for field in plain_fields(kind):
        if field.name == "name":
            named = f"`{choice}`" if choice else f"`{_default_of(field)}`"
            rows.append((f"{key}.name", "text", named, "the name of the choice; set by choosing it."))
            continue
        hint = typing.get_type_hints(kind)[field.name]
        meaning = re.sub(r"\bNone\b", "null", meanings.get(field.name, ""))
        rows.append((f"{key}.{field.name}", type_in_words(hint), f"`{_default_of(field)}`", meaning))
        prefix = f"{key}.{field.name}."
        for entry, entry_meaning in catalogue.meanings.items():
            if entry.startswith(prefix):
                rows.append((entry, type_in_words(typing.get_args(hint)[-1]), "", entry_meaning))
    return [heading, summary(kind), _table(("key", "type", "default", "meaning"), rows)]


def _values_table(catalogue: Catalogue, values: Mapping[str, Any], defaults: Mapping[str, Any] | None = None) -> str:
    found = _yaml("config") if defaults is None else defaults
    rows = [
        (key, type_in_words(hint), f"`{as_typed(found.get(key))}`", catalogue.meanings.get(key, ""))
        for key, hint in values.items()
    ]
    return _table(("key", "type", "default", "meaning"), rows)


def _options_of(group: str, catalogue: Catalogue) -> list[str]:
    """Return a table of the options of a group: what each is, and what its file sets."""
    classes: dict[str, type] = {}
    for key, registry in [*catalogue.choices.items(), *catalogue.collections.items()]:
        if key.partition(".")[0] == group:
            classes.update(registry)
    folder = config_folder() / group
    rows = []
    for path in sorted(folder.glob("*.yaml")):
        settings = {key: value for key, value in _yaml(f"{group}/{path.stem}").items() if key != "defaults"}
        told = ", ".join(f"`{key}={as_typed(value)}`" for key, value in _flat(settings))
        rows.append((f"{group}={path.stem}", _comment(path) or summary(classes.get(path.stem)), told))
    if len(rows) < 2:
        return []
    if group in catalogue.collections:
        rows = [(f"{group}=[{key.partition('=')[2]}]", *rest) for key, *rest in rows]
    return [_table(("choice", "what it is", "what it sets"), rows)]


def _comment(path: Path) -> str:
    """Return the first sentence of the comment at the top of a file, without the command that it may propose."""
    match = _COMMENT.match(path.read_text(encoding="utf-8"))
    text = " ".join(line.removeprefix("# ") for line in match[1].splitlines()) if match else ""
    sentence = _COMMAND.split(first_sentence(text))[0]
    return sentence if not sentence or sentence.endswith(".") else f"{sentence}."


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def type_in_words(hint: Any) -> str:
    """Return the type of a setting in words."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return f"one of {', '.join(map(str, arguments))}"
    if origin in (types.UnionType, typing.Union):
        return " or ".join(type_in_words(argument) for argument in arguments)
    if origin in (list, tuple):
        return f"list of {_plural(type_in_words(arguments[0]))}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"{_plural(type_in_words(arguments[1]))} by name"
    return NAMES_OF_TYPES.get(hint, getattr(hint, "__name__", str(hint)))


def _plural(words: str) -> str:
    if words.startswith("list of "):
        return f"lists of {words.removeprefix('list of ')}"
    return words if words.endswith("s") or " or " in words else f"{words}s"


def as_typed(value: Any) -> str:
    """Return a value as one types it on the command line."""
    if isinstance(value, float) and math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), default=list)


def _default_of(field: Field[Any]) -> str:
    if field.default is not MISSING:
        return as_typed(field.default)
    return as_typed(field.default_factory()) if field.default_factory is not MISSING else ""


def _table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(headings)} |", f"|{' --- |' * len(headings)}"]
    for key, *rest in rows:
        cells = [cell.replace("|", "\\|") for cell in rest]
        lines.append(f"| `{key}` | {' | '.join(cells)} |")
    return "\n".join(lines)


@cache
def _yaml(name: str) -> dict[str, Any]:
    return yaml.safe_load((config_folder() / f"{name}.yaml").read_text(encoding="utf-8")) or {}


def _defaults(config_name: str) -> dict[str, Any]:
    """Return the plain values of a command's configuration, with those of a run where it builds on that."""
    own = _yaml(config_name)
    return {**(_yaml("config") if "config" in own.get("defaults", ()) else {}), **own}


def _help(name: str) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        main([name, "--help"])
    return printed.getvalue()
