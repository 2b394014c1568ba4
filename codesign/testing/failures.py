"""How a check says that a plug-in does not keep its contract."""

import pickle
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np


class CheckError(AssertionError):
    """A plug-in that does not keep its contract: what was expected, and what came."""


def expect(holds: object, expected: str, got: object) -> None:
    """Raise CheckError unless `holds`."""
    if not holds:
        raise CheckError(f"expected {expected}; got {got}")


def expect_same(one: dict[str, np.ndarray], other: dict[str, np.ndarray], when: str, within: float = 0.0) -> None:
    """Raise CheckError unless two results are the same to the bit, or within a share of the largest number."""
    for name, values in one.items():
        same = np.array_equal(values, other[name], equal_nan=True)
        if within and not same:
            apart = np.abs(values - other[name]).max()
            same = apart <= within * np.abs(values).max()
        measure = f"within {within:g}" if within else "to the bit"
        expect(same, f"{name} to be the same {measure} {when}", f"{values} and {other[name]}")


def check_settings(settings: Any, registry: dict[str, Any] | None = None) -> None:
    """Check what every choice promises: a frozen dataclass with defaults and a name, which can be sent to a worker.

    Args:
        settings: the object to check.
        registry: the registry that the kind belongs to; a name that stands there for another class is refused.
    """
    kind = type(settings)
    parameters = getattr(kind, "__dataclass_params__", None)
    expect(
        not isinstance(settings, type), f"an object, such as {getattr(settings, '__name__', '')}()", "the class itself"
    )
    expect(is_dataclass(settings) and parameters and parameters.frozen, "a frozen dataclass", kind.__name__)
    name = getattr(settings, "name", None)
    expect(isinstance(name, str) and name.isidentifier(), f"{kind.__name__}.name as an identifier", repr(name))
    own = {field.name for field in fields(settings)}
    expect("name" in own, "name to be a field of the dataclass", f"fields {', '.join(sorted(own))}")
    expect(bool(kind.__doc__), "a docstring of one sentence and an Attributes section", "none")
    if registry is not None and isinstance(name, str):
        expect(registry.get(name, kind) is kind, f"a name that is not taken by {registry.get(name)}", name)
    expect(kind(**{field: getattr(settings, field) for field in own}) == settings, "equality by fields", settings)
    try:
        pickle.dumps(settings)  # this is how Ray sends it to its workers
    except Exception as error:
        got = f"{error!r}; define the class at the top of a module, and keep open files and functions out of its fields"
        raise CheckError(f"expected settings that can be sent to a worker; got {got}") from error
