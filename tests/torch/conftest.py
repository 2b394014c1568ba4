"""Problems and bodies so small that they cost nothing; everything here needs PyTorch."""

import numpy as np
import pytest

import codesign
from codesign.body import Bodies

torch = pytest.importorskip(
    "torch", reason="PyTorch is not installed (pip install 'codesign[torch]', or make frameworks)"
)

STEPS = 60


@pytest.fixture(scope="session")
def problem() -> codesign.Problem:
    """Return a problem in double precision that tests share; they do not change it."""
    execution = {"precision": "float64", "threads": 1}
    return codesign.Problem(body={"rows": 3, "columns": 4}, physics={"steps": STEPS}, execution=execution)


@pytest.fixture(scope="session")
def bodies(problem: codesign.Problem) -> Bodies:
    """Return two bodies of different sizes."""
    found = problem.develop(problem.random(2, seed=5))
    assert len(set(np.diff(found.spring_start))) == 2
    return found
