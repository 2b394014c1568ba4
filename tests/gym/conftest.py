"""Small problems and bodies for environments; their kernels are those of every problem of `debug=tiny`."""

from typing import Any

import numpy as np
import pytest

import codesign

pytest.importorskip("gymnasium", reason="Gymnasium is not installed (pip install 'codesign[gym]')")

TINY: dict[str, Any] = {"body": {"rows": 3, "columns": 4}, "physics": {"steps": 60}, "learner": {"iterations": 3}}


@pytest.fixture(scope="session")
def problem() -> codesign.Problem:
    """Return a problem that tests share; they do not change it."""
    return codesign.Problem(**TINY)


@pytest.fixture(scope="session")
def bodies(problem: codesign.Problem) -> codesign.Bodies:
    """Return three bodies of different sizes."""
    found = problem.bodies(problem.random(3))
    assert len(set(np.diff(found.mass_start).tolist())) > 1
    return found


@pytest.fixture(scope="session")
def fragile() -> codesign.Problem:
    """Return a problem in which bodies may diverge, as they do from the first step on if they are stiff enough."""
    return codesign.Problem(**{**TINY, "learner": {"iterations": 3, "loss_limit": 1.0}})
