"""Checks of the settings that users give: each raises a `ConfigError` that names the field of the record it is about.

A record calls these in its `__post_init__`. The command line puts the section in front of the field, so that the same
error reads `rows` to somebody who wrote Python and `body.lattice.rows` to somebody who wrote a configuration.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import fields
from types import SimpleNamespace
from typing import Any

from codesign.errors import ConfigError


def require_number(
    record: object,
    field: str,
    *,
    above: float = -math.inf,
    at_least: float = -math.inf,
    below: float = math.inf,
    at_most: float = math.inf,
    infinite: bool = False,
    optional: bool = False,
    unit: str = "",
    example: float | None = None,
) -> None:
    """Check that a field holds a number within bounds.

    Args:
        record: the settings.
        field: name of the field.
        above: bound that the number must exceed.
        at_least: least number.
        below: bound that the number must stay below.
        at_most: largest number.
        infinite: whether infinity is allowed where the bounds allow it.
        optional: whether None is allowed.
        unit: what the number is measured in, for the message.
        example: a value to propose.

    Raises:
        ConfigError: it is not a number, not finite, or outside of the bounds.
    """
    value = getattr(record, field)
    if optional and value is None:
        return
    number = isinstance(value, int | float) and not isinstance(value, bool)
    endless = infinite and number and math.isinf(value) and value in (above, below)
    if number and (above < value < below or endless) and at_least <= value <= at_most:
        return
    limits = _limits(above, at_least, below, at_most)
    kind = f"a number{limits}{f' {unit}' if unit else ''}"
    _refuse(record, field, f"{kind}, or null" if optional else kind, example)


def require_count(
    record: object,
    field: str,
    *,
    at_least: int = 1,
    at_most: float = math.inf,
    optional: bool = False,
    example: int | None = None,
) -> None:
    """Check that a field holds a whole number within bounds, or None where that is allowed.

    Raises:
        ConfigError: it does not.
    """
    value = getattr(record, field)
    if optional and value is None:
        return
    if isinstance(value, int) and not isinstance(value, bool) and at_least <= value <= at_most:
        return
    kind = f"a whole number{_limits(-math.inf, at_least, math.inf, at_most)}"
    _refuse(record, field, f"{kind}, or null" if optional else kind, example)


def require_entries(record: object, field: str, *, at_least: float = -math.inf, example: float | None = None) -> None:
    """Check that a field holds numbers by name, each of which is finite and not below a bound.

    Raises:
        ConfigError: it does not; one about an entry names it as `field.entry`.
    """
    entries = getattr(record, field)
    if not isinstance(entries, Mapping):
        raise ConfigError("numbers by name", repr(entries), "set {field}.NAME to a number", field)
    for name, value in entries.items():
        entry = f"{field}.{name}"
        require_number(SimpleNamespace(**{entry: value}), entry, at_least=at_least, example=example)


def require_choice(record: object, field: str, choices: Collection[str]) -> None:
    """Check that a field holds one of the names in `choices`.

    Raises:
        ConfigError: it does not.
    """
    value = getattr(record, field)
    if not isinstance(value, str) or value not in choices:
        remedy = f"set {{field}}={next(iter(choices), 'NAME')}"
        raise ConfigError(f"one of {', '.join(choices)}", repr(value), remedy, field)


def require_flag(record: object, field: str) -> None:
    """Check that a field holds true or false.

    Raises:
        ConfigError: it does not.
    """
    if not isinstance(getattr(record, field), bool):
        raise ConfigError("true or false", repr(getattr(record, field)), "set {field} to true or false", field)


def require_numbers(record: object, field: str, count: int | None = None, *, example: str = "") -> None:
    """Check that a field holds finite numbers, and how many.

    Args:
        record: the settings.
        field: name of the field.
        count: how many there must be; None for any number of them.
        example: a value to propose, as it would be typed.

    Raises:
        ConfigError: it does not.
    """
    value = getattr(record, field)
    listed = isinstance(value, tuple | list)
    numbers = listed and all(isinstance(item, int | float) and not isinstance(item, bool) for item in value)
    if numbers and all(map(math.isfinite, value)) and count in (None, len(value)):
        return
    expected = f"{'' if count is None else f'{count} '}finite numbers"
    raise ConfigError(expected, repr(value), f"set {{field}}{f', for example {example}' if example else ''}", field)


def require_default(record: Any, field: str, idle: object, remedy: str) -> None:
    """Check that a setting has its default where it does nothing, for settings as users write them.

    Args:
        record: a dataclass of settings.
        field: the setting.
        idle: whether it does nothing.
        remedy: what else could be done.

    Raises:
        ConfigError: it does nothing, and differs from its default.
    """
    value = getattr(record, field)
    (default,) = (item.default for item in fields(record) if item.name == field)
    if idle and value != default:
        raise ConfigError(f"its default {default}, since it has no effect here", f"{value}", remedy, field)


def _limits(above: float, at_least: float, below: float, at_most: float) -> str:
    if math.isfinite(at_least) and math.isfinite(at_most):
        return f" from {at_least:g} to {at_most:g}"
    said = [f"above {above:g}"] * math.isfinite(above) + [f"of at least {at_least:g}"] * math.isfinite(at_least)
    said += [f"below {below:g}"] * math.isfinite(below) + [f"of at most {at_most:g}"] * math.isfinite(at_most)
    return f" {' and '.join(said)}" if said else ""


def _refuse(record: object, field: str, expected: str, example: float | None) -> None:
    proposal = f", for example {example:g}" if example is not None else " to such a value"
    raise ConfigError(expected, repr(getattr(record, field)), f"set {{field}}{proposal}", field)
