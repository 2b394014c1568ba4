"""Hydra's and OmegaConf's errors in this project's form: expected, got and remedy, in one line."""

import re
import types
import typing
from collections.abc import Collection
from typing import Any

from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig
from omegaconf.errors import (
    ConfigAttributeError,
    ConfigKeyError,
    InterpolationResolutionError,
    MissingMandatoryValue,
    OmegaConfBaseException,
    ValidationError,
)

from codesign.cli.schemas import Catalogue
from codesign.cli.suggestions import listed, nearest
from codesign.errors import ConfigError

_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
"""What a value of a type is called."""


def explain(error: Exception, catalogue: Catalogue, further: Collection[str] = ()) -> ConfigError:
    """Return the one-line form of an error that composing a configuration raised.

    Args:
        error: what Hydra or OmegaConf raised.
        catalogue: what the configuration may hold, for suggestions and the types of values.
        further: keys that could have been set besides.
    """
    cause = error if isinstance(error, OmegaConfBaseException) else error.__cause__
    if isinstance(cause, OmegaConfBaseException):
        overridden = re.match(r"Could not override '(.+?)'", str(error))
        return _of_omegaconf(cause, catalogue, further, overridden[1] if overridden else "")
    if isinstance(error, MissingConfigException):
        return _missing_option(error, catalogue)
    if isinstance(error, OverrideParseException):
        return _unreadable(error)
    if match := re.match(r"Could not override '(.+?)'", str(error)):
        return ConfigError("a choice that this command has", f"'{match[1]}'", "see its --help for what can be set")
    return ConfigError("a configuration that Hydra can compose", _first_line(error), "see --help for keys and choices")


def _unreadable(error: OverrideParseException) -> ConfigError:
    remedy = "put a value with special characters in quotes, and those in the shell's: 'key=\"value\"'"
    if "=" not in (error.override or "="):
        remedy = "see --help for keys and choices"
    return ConfigError("overrides of the form key=value", _first_line(error), remedy)


def _of_omegaconf(
    error: OmegaConfBaseException, catalogue: Catalogue, further: Collection[str], overridden: str = ""
) -> ConfigError:
    if isinstance(error, ConfigKeyError | ConfigAttributeError):
        missing = str(error.full_key)  # perhaps only the section that the key would be in
        key = overridden if overridden.startswith(f"{missing}.") else missing
        siblings = error.parent_node if isinstance(error.parent_node, DictConfig) else {}
        inside = f"{key.rpartition('.')[0]}." if "." in key else ""
        known = [*catalogue.keys(), *further, *(f"{inside}{name}" for name in siblings)]
        return unknown_key(key, known, catalogue.collections, catalogue.meanings)
    if isinstance(error, ValidationError):
        return _wrong_type(error, catalogue)
    if isinstance(error, InterpolationResolutionError | MissingMandatoryValue):
        return ConfigError("references that can be resolved", _first_line(error), f"set {error.full_key or 'it'}")
    return ConfigError("a configuration that OmegaConf can read", _first_line(error), "see --cfg job for what there is")


def unknown_key(
    key: str, known: Collection[str], collections: Collection[str] = (), entries: Collection[str] = ()
) -> ConfigError:
    """Return the error for a key that nothing reads, with the nearest key that something does.

    Args:
        key: what was to be set.
        known: all keys that may be set, whatever is chosen.
        collections: those keys of which any number of entries may be chosen.
        entries: keys that may be added to mappings.
    """
    first, _, inside = key.partition(".")
    moved = [other for other in known if other.startswith(f"{first}.") and other.endswith(f".{inside}")]
    if first in collections and key in known:
        remedy = f"add it with {first}=[{inside.partition('.')[0] or 'NAME'}]"
    elif key in known:
        remedy = f"it belongs to another choice than this {first}; see --cfg job"
    elif key in entries:
        remedy = f"write +{key}=VALUE to add it to {key.rpartition('.')[0]}"
    elif inside and len(moved) == 1:  # the right field, and not the section that it is in
        remedy = f"did you mean '{moved[0]}'?"
    else:
        remedy = nearest(key, known, "see --cfg job for all keys")
        parent = key.rpartition(".")[0]
        if remedy == nearest(parent, [parent], ""):  # a list of names, which this one may be added to
            remedy = f"write +{key}=VALUE to add it to {parent}"
    return ConfigError("a key of the configuration", f"'{key}'", remedy)


def _missing_option(error: MissingConfigException, catalogue: Catalogue) -> ConfigError:
    group, _, option = str(error.missing_cfg_file).removesuffix(".yaml").rpartition("/")
    options = catalogue.collections.get(group, error.options)
    if options is None:
        return ConfigError("a configuration that exists", f"'{error.missing_cfg_file}'", "see --help for what there is")
    other = (
        f"choose one, as in {group}={min(options, default='NAME')}, or name the plug-in that has it by plugins=[MODULE]"
    )
    remedy = nearest(option, options, other)
    return ConfigError(f"{group} to be one of {listed(options)}", f"'{option}'", remedy)


def _wrong_type(error: ValidationError, catalogue: Catalogue) -> ConfigError:
    key, item, _ = str(error.full_key).partition("[")
    value = "null" if error.value is None else repr(error.value)
    if key in catalogue.choices and not item:
        return _chosen_inside(key, value, catalogue.choices[key])
    known = catalogue.keys()
    inside = [each for each in known if each.startswith(f"{key}.")]
    if inside and not item:
        return ConfigError(f"settings in {key}", value, f"set for example {inside[0]}")
    hint = catalogue.hint(key)
    wanted = _described(_item_of(hint) if item else hint)
    return ConfigError(f"{error.full_key} to be {wanted}", value, f"set {error.full_key} to {wanted}")


def _chosen_inside(key: str, value: str, registry: Collection[str]) -> ConfigError:
    """Return the error for a section that was set as if it were a value."""
    group = key.partition(".")[0]
    chosen = value.strip("'")
    remedy = f"choose {group}={chosen if chosen in registry else 'NAME'}"
    return ConfigError(f"{key} to be chosen by {group}, as one of {listed(registry)}", value, remedy)


def _item_of(hint: Any) -> Any:
    """Return the type of a list's items; that of the list where null may stand for it."""
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return _item_of(arguments[0])
    return arguments[0] if arguments else None


def _described(hint: Any) -> str:
    """Return what a value of a type is called."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return f"{_described(arguments[0])}, or null"
    if origin in (list, tuple):
        return "a list [a,b,...]"
    if origin is typing.Literal:
        return f"one of {', '.join(arguments)}"
    return _WORDS.get(hint, "of another type")


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    useful = [line for line in lines if not line.startswith(("See http", "full_key:", "object_type", "reference_type"))]
    return "; ".join(useful[:2]) if isinstance(error, HydraException) else (useful or [type(error).__name__])[0]
