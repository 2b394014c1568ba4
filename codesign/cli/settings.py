"""From a configuration to the rooms' frozen dataclasses, by registries and fields and nothing else.

Nothing in a configuration names a Python object: a file from a stranger can choose among what is registered, and cannot
run anything.
"""

import math
import typing
from collections.abc import Mapping
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from codesign.cli.config_errors import explain
from codesign.cli.schemas import Catalogue, whole
from codesign.errors import ConfigError

_LARGEST = 2**64
"""Above what any setting may be; far larger whole numbers cannot be made into others."""


def build(catalogue: Catalogue, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the dataclass of every section and every plain value, by dotted key.

    Args:
        catalogue: what the configuration may hold.
        config: plain containers, interpolations resolved.

    Raises:
        ConfigError: a key that nothing reads, a missing section, a value of the wrong type or out of range.
    """
    kinds = kinds_of(catalogue, config)
    try:
        merged = OmegaConf.merge(OmegaConf.structured(whole(catalogue, kinds)), OmegaConf.create(dict(config)))
        values: Any = OmegaConf.to_container(merged, resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        raise explain(error, catalogue) from error
    except OverflowError as error:
        raise ConfigError("numbers of at most 64 bits", "a larger one", "set smaller numbers") from error
    built = {name: values[name] for name in catalogue.values}
    for key in sorted(kinds, key=lambda key: -key.count(".")):  # sections inside others first
        inside = {other.rpartition(".")[2]: built[other] for other in kinds if other.rpartition(".")[0] == key}
        section = {name: value for name, value in _select(values, key).items() if name not in inside}
        built[key] = _record(key, kinds[key], section, inside)
    for key in catalogue.collections:
        built[key] = tuple(built.pop(member) for member in kinds if member.rpartition(".")[0] == key)
    return built


def kinds_of(catalogue: Catalogue, config: Mapping[str, Any]) -> dict[str, type]:
    """Return the dataclass behind every section of a configuration, by dotted key.

    Raises:
        ConfigError: a missing section, or a name that its registry does not have.
    """
    found = {key: catalogue.kind(key, _select(config, key).get("name")) for key in catalogue.sections}
    return found | catalogue.members(config)


def _select(config: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found: Any = config
    for part in key.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping):
        got = "none" if found is None else repr(found)
        raise ConfigError(f"a section '{key}'", got, f"choose one with {key.partition('.')[0]}=NAME")
    return found


def _record(key: str, kind: type, section: Mapping[str, Any], inside: Mapping[str, Any]) -> Any:
    hints = typing.get_type_hints(kind)
    values = {str(name): _frozen(f"{key}.{name}", hints[str(name)], value) for name, value in section.items()}
    try:
        return kind(**values, **inside)
    except ConfigError as error:
        raise error.within(key) from error


def _frozen(key: str, hint: Any, value: Any) -> Any:
    """Return a value as the dataclasses hold it: lists as tuples, numbers that are numbers.

    Raises:
        ConfigError: inside lists, where OmegaConf does not look, an entry of the wrong type; anywhere, not a number.
    """
    kinds = typing.get_args(hint) if typing.get_origin(hint) is tuple else ()
    if isinstance(value, list):
        return tuple(_frozen(f"{key}[{place}]", _kind_at(kinds, place), item) for place, item in enumerate(value))
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and isinstance(value, int) and abs(value) > _LARGEST:
        raise ConfigError(f"{key} to be a number of at most 64 bits", "a larger one", f"set {key} to such a number")
    if kinds or (hint is float and not number) or (number and math.isnan(value)):
        wanted = "a list" if kinds else "a number"
        raise ConfigError(f"{key} to be {wanted}", repr(value), f"set {key} to {wanted}")
    return float(value) if hint is float else value


def _kind_at(kinds: tuple[Any, ...], place: int) -> Any:
    if not kinds:
        return Any
    return kinds[place] if Ellipsis not in kinds and place < len(kinds) else kinds[0]
