"""Fixtures of the simulator's tests."""

from collections.abc import Callable

import pytest
import warp as wp

from codesign.sim import simulator


@pytest.fixture
def on_lanes(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """Return what makes simulators use rows of one number, a number of lanes, and so much shared memory."""
    monkeypatch.setattr(wp.config, "enable_cpu_blocks", True)
    monkeypatch.setattr(simulator, "row_of", lambda _device, _precision: 1)

    def use(lanes: int, claimed: int) -> None:
        monkeypatch.setattr(simulator, "lanes_of", lambda _device: lanes)
        monkeypatch.setattr(simulator, "shared_of", lambda _device: claimed)

    return use
