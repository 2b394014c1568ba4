"""Settings that name measures, and the numbers of designs that these stand for."""

import importlib.util
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from codesign.errors import ConfigError
from codesign.search.individuals import Individuals

FITNESS = "fitness"
"""The name that fitness goes by where measures are named."""


def require_names(record: object, field: str, at_least: int = 1) -> None:
    """Check that a field holds names of measures, none twice.

    Raises:
        ConfigError: it does not.
    """
    names = getattr(record, field)
    listed = isinstance(names, tuple | list) and all(isinstance(name, str) and name for name in names)
    if not listed or len(names) < at_least or len(set(names)) < len(names):
        expected = f"names of at least {at_least} measure{'s' * (at_least > 1)}" if at_least else "names of measures"
        raise ConfigError(f"{expected}, none twice", repr(names), "set {field}=[size,muscle_share]", field)


def values_of(individuals: Individuals, names: Sequence[str]) -> NDArray[np.float64]:
    """Return measures of designs, fitness among them, shape (n, names)."""
    columns = [individuals.fitness if name == FITNESS else individuals.measures[name] for name in names]
    return np.stack(columns, axis=1) if columns else np.zeros((len(individuals), 0))


def require_package(package: str, search: str) -> None:
    """Check that a library that a search needs is there, without loading it.

    Raises:
        ConfigError: it is not.
    """
    if importlib.util.find_spec(package) is None:
        remedy = "pip install 'codesign[search]', or choose another search"
        raise ConfigError(f"the package {package} for search={search}", "none", remedy)
