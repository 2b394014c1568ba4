"""JAX with float64, where it is installed."""

import pytest

import codesign


@pytest.fixture(autouse=True)
def _float64() -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed: pip install 'codesign[jax]'")
    jax.config.update("jax_enable_x64", True)


@pytest.fixture(scope="module")
def problem() -> codesign.Problem:
    return codesign.Problem(body={"rows": 3, "columns": 4}, physics={"steps": 40}, execution={"precision": "float64"})


@pytest.fixture(scope="module")
def bodies(problem: codesign.Problem) -> codesign.Bodies:
    return problem.bodies(problem.random(3))
