"""Runs in numbers, made of nothing but NumPy."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from codesign.analysis import Children, Operators, Quartiles, RunRecord, RunSummary


def summary(best: Any = (0.1, 0.2, 0.4), **changes: Any) -> RunSummary:
    """Return a run of as many generations, of 10 robots and 1,000 steps in 2 seconds each."""
    best = np.asarray(best, dtype=np.float64)
    count = len(best)
    spread = Quartiles(best - 0.05, best, best + 0.05)
    children = Children(
        np.array(["flip", "flip", "grow"]),
        np.array([0.3, -np.inf, 0.2]),
        np.array([0.1, 0.1, 0.4]),
        np.array([True, False, False]),
    )
    fields = {
        "planned": count,
        "generations": np.arange(count),
        "best": best,
        "mean": best / 2,
        "before": Quartiles(best * 0, best * 0 + 0.01, best * 0 + 0.02),
        "after": spread,
        "masses": Quartiles(np.full(count, 8.0), np.full(count, 10.0), np.full(count, 12.0)),
        "muscles": Quartiles(np.full(count, 5.0), np.full(count, 6.0), np.full(count, 7.0)),
        "diversity": np.linspace(0.4, 0.1, count),
        "valid": np.full(count, 0.75),
        "statuses": {"ok": np.full(count, 0.75), "beyond_limit": np.full(count, 0.25)},
        "survivors": np.full(count, 3.0),
        "robots": np.full(count, 10.0),
        "robot_steps": np.full(count, 1000.0),
        "robots_per_second": np.full(count, 5.0),
        "robot_steps_per_second": np.full(count, 500.0),
        "seconds": np.full(count, 2.0),
        "wall_seconds": 2.0 * np.arange(1, count + 1),
        "operators": Operators.of([children]),
    }
    return RunSummary(**(fields | changes))


def record(
    name: str, best: Any = (0.1, 0.2, 0.4), settings: Mapping[str, Any] | None = None, *, seed: int = 0, unit: str = "m"
) -> RunRecord:
    """Return a run of some settings."""
    return RunRecord(name, "walkers", {"seed": seed, **(settings or {})}, summary(best), unit)
