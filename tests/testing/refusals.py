"""What the tests of checks share: small lattices, a generator that nobody seeded, and a way to say what is refused."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from codesign.genome import LATTICES
from codesign.testing import CheckError

SMALL = {"triangle": {"rows": 6, "columns": 8}, "square": {}, "cube": {"rows": 3, "columns": 3, "layers": 3}}
"""Grids of a few dozen cells."""

ANYHOW = np.random.default_rng(0)
"""A generator that gives other numbers each time it is asked."""


def small(lattice: str) -> Any:
    return LATTICES[lattice](**SMALL[lattice])


def refused(check: Callable[..., None], *arguments: Any, reason: str) -> None:
    with pytest.raises(CheckError, match=reason):
        check(*arguments)
