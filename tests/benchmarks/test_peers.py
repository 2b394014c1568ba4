"""JAX and PyTorch compute what the simulator computes; and where they did not, nothing would be compared."""

import importlib
import math
from typing import Any

import numpy as np
import pytest

from benchmarks.agreement import EXACT, ROUNDED, DisagreementError, agreements
from benchmarks.case import Batching, Case, build_case
from benchmarks.compare import PEERS
from benchmarks.ours import Ours

CASE = build_case(worlds=5, rows=4, columns=5, steps=30)
"""Bodies stand on the ground, so that contact is there from the first step."""


@pytest.fixture(scope="module")
def ours() -> Ours:
    return Ours(CASE, "float64")


def peer(name: str, batching: Batching) -> Any:
    library, module, maker = PEERS[name]
    pytest.importorskip(library, reason=f"{library} is not installed (pip install 'codesign[bench]')")
    found = importlib.import_module(module)
    if library == "jax":
        return getattr(found, maker)(CASE, "float64", Batching(batching.growth, batching.worlds, len(found.devices())))
    return getattr(found, maker)(CASE, "float64", found.Tuning(batching, threads=2, compiled=False))


@pytest.mark.parametrize("name", sorted(PEERS))
@pytest.mark.parametrize("batching", [Batching(math.inf, 100), Batching(1.5, 2)], ids=["one batch", "many"])
def test_losses_and_gradients_are_ours(name: str, batching: Batching, ours: Ours) -> None:
    (found,) = agreements(CASE, ours, [peer(name, batching)], EXACT)
    assert found.worst_loss < 1e-13
    assert found.worst_cosine > 1.0 - 1e-12


class Altered:
    """Ours, with something wrong in it."""

    name, device = "altered", "cpu"

    def __init__(self, inner: Ours, *, forward: float = 0.0, both: float = 0.0, gradient: float = 0.0) -> None:
        self._inner, self._forward, self._both, self._gradient = inner, forward, both, gradient

    def forward(self) -> np.ndarray:
        return self._inner.forward() + self._forward

    def both(self) -> np.ndarray:
        return self._inner.both() + self._both

    def gradient(self) -> np.ndarray:
        own = self._inner.gradient()
        return own + self._gradient * np.abs(own).max() * np.random.default_rng(0).normal(size=own.shape)


@pytest.mark.parametrize("bounds", [EXACT, ROUNDED], ids=["float64", "float32"])
@pytest.mark.parametrize("fault", [{"forward": 1e-3}, {"both": 1e-3}, {"gradient": 0.5}, {"both": math.nan}], ids=str)
def test_what_differs_is_not_compared(bounds: Any, fault: dict[str, float], ours: Ours) -> None:
    with pytest.raises(DisagreementError, match="altered"):
        agreements(CASE, ours, [Altered(ours, **fault)], bounds)


def test_what_is_equal_agrees(ours: Ours) -> None:
    (found,) = agreements(CASE, ours, [Altered(ours)], EXACT)
    assert (found.loss, found.worst_loss) == (0.0, 0.0)


def test_the_case_has_robots_of_several_sizes() -> None:
    assert isinstance(CASE, Case)
    assert len(set(CASE.springs)) > 2
