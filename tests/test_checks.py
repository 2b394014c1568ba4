"""Checks of settings: what is refused, and how the error names the field."""

import math
import pickle
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from codesign import checks
from codesign.errors import ConfigError

REFUSED: list[tuple[Callable[..., None], object, dict[str, Any], str]] = [
    (checks.require_number, "1", {}, "a number"),
    (checks.require_number, True, {}, "a number"),
    (checks.require_number, math.nan, {"at_least": 0.0}, "a number of at least 0"),
    (checks.require_number, math.inf, {}, "a number"),
    (checks.require_number, 0.0, {"above": 0.0}, "a number above 0"),
    (checks.require_number, 2.0, {"at_least": 0.0, "at_most": 1.0, "unit": "m"}, "a number from 0 to 1 m"),
    (checks.require_number, -math.inf, {"above": 0.0, "infinite": True}, "a number above 0"),
    (checks.require_number, 0.0, {"above": 0.0, "infinite": True}, "a number above 0"),
    (checks.require_number, -math.inf, {"at_least": 0.0, "infinite": True}, "a number of at least 0"),
    (checks.require_number, None, {}, "a number"),
    (checks.require_number, "x", {"optional": True}, "a number, or null"),
    (checks.require_count, 3.0, {}, "a whole number of at least 1"),
    (checks.require_count, True, {}, "a whole number of at least 1"),
    (checks.require_count, 0, {"at_most": 5}, "a whole number from 1 to 5"),
    (checks.require_choice, "c", {"choices": ("a", "b")}, "one of a, b"),
    (checks.require_choice, ["a"], {"choices": ("a", "b")}, "one of a, b"),
    (checks.require_entries, 3.5, {}, "numbers by name"),
    (checks.require_flag, 1, {}, "true or false"),
    (checks.require_numbers, (1.0, math.inf), {"count": 2}, "2 finite numbers"),
    (checks.require_numbers, (1.0,), {"count": 2}, "2 finite numbers"),
    (checks.require_numbers, "12", {}, "finite numbers"),
]


@pytest.mark.parametrize(("check", "value", "bounds", "expected"), REFUSED)
def test_refuses(check: Callable[..., None], value: object, bounds: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check(SimpleNamespace(width=value), "width", **bounds)
    assert str(caught.value).startswith(f"expected width to be {expected}; got {value!r}; set width")


@pytest.mark.parametrize(
    ("check", "value", "bounds"),
    [
        (checks.require_number, 1, {"above": 0.0}),
        (checks.require_number, math.inf, {"above": 0.0, "infinite": True}),
        (checks.require_number, None, {"optional": True}),
        (checks.require_count, 0, {"at_least": 0}),
        (checks.require_choice, "b", {"choices": ("a", "b")}),
        (checks.require_entries, {"rim": 0.0, "hub": 2}, {"at_least": 0.0}),
        (checks.require_entries, {}, {}),
        (checks.require_flag, False, {}),
        (checks.require_numbers, (1, 2.5), {"count": 2}),
        (checks.require_numbers, (), {}),
    ],
)
def test_accepts(check: Callable[..., None], value: object, bounds: dict[str, Any]) -> None:
    check(SimpleNamespace(width=value), "width", **bounds)


@pytest.mark.parametrize("value", ["often", True, math.nan, -1.0])
def test_an_error_about_an_entry_names_it(value: object) -> None:
    with pytest.raises(ConfigError) as caught:
        checks.require_entries(SimpleNamespace(weights={"hub": 1.0, "rim": value}), "weights", at_least=0.0)
    assert str(caught.value).startswith(
        f"expected weights.rim to be a number of at least 0; got {value!r}; set weights"
    )


def test_a_section_is_put_before_the_field() -> None:
    error = ConfigError("a number above 0", "-1", "set {field} to 1", "rows").within("lattice").within("cubes")
    told = "expected cubes.lattice.rows to be a number above 0; got -1; set cubes.lattice.rows to 1"
    assert str(error) == str(pickle.loads(pickle.dumps(error))) == told
    assert error.field == "cubes.lattice.rows"


def test_a_section_is_put_before_an_error_about_several_fields() -> None:
    error = ConfigError("fewer cells", "many", "lower both").within("body.lattice")
    assert str(error) == "expected body.lattice: fewer cells; got many; lower both"
