"""The help of a command: what can be chosen and what can be set, with the meanings that docstrings and conf/ give."""

import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from codesign.cli.docstrings import field_meanings, first_sentence, summary
from codesign.cli.schemas import Catalogue
from codesign.cli.settings import kinds_of
from codesign.plugins import added_keys

WIDTH = 100
"""Columns that the help takes at most."""

COLUMN = 40
"""Column at which the meaning of a setting begins, where what is before leaves room."""

OPTION_COLUMN = 28
"""The same for the meaning of an option."""

OUTPUT = "hydra.run.dir"
"""Hydra's key for the folder of a command that has none of its own for it."""

_COMMENT = re.compile(r"(?:# @package .*\n)?((?:# .*\n)+)")


def help_text(catalogue: Catalogue, config: DictConfig, *, writes: bool = True) -> str:
    """Return what the composed configuration holds, and what else it could.

    Args:
        catalogue: what the configuration may hold.
        config: as composed, Hydra's own part included.
        writes: whether the command has a folder that it writes to.
    """
    parts = [config.hydra.help.header.strip()]
    choices = list(_choices(catalogue, config))
    if choices:
        parts.append("\n".join(["== Choices (group=option) ==", *choices]))
    parts.append("\n".join(["== Settings (key=value) ==", *_settings(catalogue, config, writes=writes)]))
    return "\n\n".join([*parts, config.hydra.help.footer.strip()])


def _choices(catalogue: Catalogue, config: DictConfig) -> Iterator[str]:
    """Yield lines about the groups that leave a choice: the option that is chosen, and all that there are."""
    explained = set()
    # Hydra has them in the opposite order of the defaults list.
    for key, chosen in reversed(config.hydra.runtime.choices.items()):
        group = str(key).partition("@")[0]
        options = _options(catalogue, config, group)
        if group.startswith("hydra/") or (len(options) < 2 and chosen in options):
            continue
        yield f"{key}={'null' if chosen is None else chosen}"
        if group in explained:
            yield f"  any option of {group}"
            continue
        explained.add(group)
        yield from _listed(options)
        if group == "sim":
            yield from _collections(catalogue, config)


def _collections(catalogue: Catalogue, config: DictConfig) -> Iterator[str]:
    """Yield lines about the groups of which any number of options may be chosen, which Hydra does not keep."""
    for group in catalogue.collections:
        yield f"{group}=[{','.join(str(name) for name in config.get(group) or {})}]"
        yield from _listed(_options(catalogue, config, group))


def _listed(options: Mapping[str, str]) -> Iterator[str]:
    for option, meaning in options.items():
        yield from entry(f"  {option}", meaning, OPTION_COLUMN)


def _options(catalogue: Catalogue, config: DictConfig, group: str) -> dict[str, str]:
    """Return the options of a group by name, with what each is.

    That is the comment at the top of the option's file, which may do more than name a class; else the docstring of the
    class of its name.
    """
    classes: dict[str, type] = {}
    added: set[str] = set()
    for key, registry in [*catalogue.choices.items(), *catalogue.collections.items()]:
        if key.partition(".")[0] == group:
            classes.update(registry)
            added |= added_keys(registry)
    found: dict[str, str] = {}
    for source in config.hydra.runtime.config_sources:
        if source.schema == "file":
            for path in Path(source.path, group).glob("*.yaml"):
                found.setdefault(path.stem, _comment(path) or summary(classes.get(path.stem)))
    for name in added:  # by plug-ins, perhaps without a file
        found.setdefault(name, summary(classes[name]))
    return dict(sorted(found.items()))


def _comment(path: Path) -> str:
    """Return the first sentence of the comment at the top of a file, without the command that it may propose."""
    try:
        match = _COMMENT.match(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        return "a file that cannot be read."
    text = " ".join(line.removeprefix("# ") for line in match[1].splitlines()) if match else ""
    sentence = re.split(r":? codesign [a-z]+ \w+=", first_sentence(text))[0]
    return sentence if not sentence or sentence.endswith(".") else f"{sentence}."


def _settings(catalogue: Catalogue, config: DictConfig, *, writes: bool) -> Iterator[str]:
    """Yield lines about every key: those at the top, then section by section in the order of the configuration."""
    values: Any = OmegaConf.to_container(OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"]))
    for key in (key for key in values if key in catalogue.values):
        yield from _setting(key, values[key], catalogue.meanings.get(key, ""))
    if writes and "output" not in values:
        folder = OmegaConf.to_yaml(config.hydra.run).removeprefix("dir: ").strip()
        yield from _setting(OUTPUT, folder, "folder that the command writes to.")
    kinds = kinds_of(catalogue, values)
    for group in values:
        for key, kind in kinds.items():
            first, _, inner = key.partition(".")
            if first == group:
                section = values[group][inner] if inner else values[group]
                # Sections inside this one have a heading of their own.
                own = {field: value for field, value in section.items() if f"{key}.{field}" not in kinds}
                yield from _section(catalogue, key, kind, own)


def _section(catalogue: Catalogue, key: str, kind: type, section: Mapping[str, Any]) -> Iterator[str]:
    """Yield a heading that says what a section is, and lines about its keys."""
    chosen = f" ({section['name']})" if key in catalogue.choices else ""
    yield ""
    yield from textwrap.wrap(f"-- {key}{chosen}: {summary(kind)}", WIDTH, subsequent_indent="   ")
    meanings = field_meanings(kind)
    for field, value in section.items():
        if field == "name":  # chosen with group=option
            continue
        full = f"{key}.{field}"
        # Configurations have null where Python has None.
        meaning = re.sub(r"\bNone\b", "null", meanings.get(field, ""))
        if not isinstance(value, Mapping) or not value:
            yield from _setting(full, value, meaning)
            continue
        yield from entry(f"{full}.NAME=VALUE", meaning, COLUMN)
        for name, own in value.items():
            yield from _setting(f"{full}.{name}", own, catalogue.meanings.get(f"{full}.{name}", ""))


def _setting(key: str, value: Any, meaning: str) -> Iterator[str]:
    return entry(f"{key}={_typed(value)}", meaning, COLUMN)


def entry(term: str, meaning: str, column: int) -> Iterator[str]:
    """Yield a term and what it means, beside each other if there is room."""
    lines = textwrap.wrap(meaning, WIDTH - column)
    if len(term) + 2 > column:
        yield term if len(term) <= WIDTH else f"{term[: WIDTH - 3]}..."
    else:
        yield f"{term:{column}}{lines.pop(0) if lines else ''}".rstrip()
    yield from (f"{'':{column}}{line}" for line in lines)


def _typed(value: Any) -> str:
    """Return a value as one would type it."""
    if isinstance(value, list):
        return f"[{','.join(_typed(item) for item in value)}]"
    if isinstance(value, Mapping):
        return "{}"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return str(value) if value != "" else "''"
