"""Settings that name measures, and the numbers of designs that these stand for."""

import importlib.util
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from codesign.errors import ConfigError
from codesign.search.individuals import Individuals

FITNESS = "fitness"
"""The name that fitness goes by where measures are named."""


def require_names(record: object, field: str) -> None:
    """Check that a field holds names of measures, none twice; there may be none.

    Raises:
        ConfigError: it does not.
    """
    names = getattr(record, field)
    listed = isinstance(names, tuple | list) and all(isinstance(name, str) and name for name in names)
    if not listed or len(set(names)) < len(names):
        raise ConfigError("names of measures, none twice", repr(names), "set {field}=[size,muscle_share]", field)


def require_some(record: object, field: str) -> None:
    """Check that a field names a measure.

    Whoever knows which measures there are has checked that before, and named them.

    Raises:
        ConfigError: it does not.
    """
    if not getattr(record, field):
        raise ConfigError("names of measures", "none", "set {field}=[size,muscle_share]", field)


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
