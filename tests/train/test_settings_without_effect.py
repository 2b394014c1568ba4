"""Settings of learners that would do nothing where they stand."""

from typing import Any

import pytest

from codesign.errors import ConfigError
from codesign.train import LEARNERS


@pytest.mark.parametrize("name", sorted(LEARNERS))
@pytest.mark.parametrize(
    ("idle", "value", "beside"),
    [
        ("samples", 4, {"estimator": "smoothed"}),
        ("radius", 0.1, {"estimator": "blended"}),
        ("patience", 3, {"estimator": "blended"}),
        ("racing_chance", 0.5, {"racing": 2}),
        ("restart_iterations", 2, {"restarts": 1}),
        ("restart_iterations", 2, {"later_restarts": 1}),
    ],
)
def test_a_setting_that_does_nothing_is_told_and_one_that_does_is_not(
    name: str, idle: str, value: Any, beside: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError, match=f"^expected {idle} to be its default .*, since it has no effect here; got"):
        LEARNERS[name](**{idle: value}).require_effect()
    LEARNERS[name](**{idle: value}, **beside).require_effect()
    LEARNERS[name](**beside).require_effect()


def test_copies_are_drawn_by_smoothing_but_no_patience_is_needed() -> None:
    with pytest.raises(ConfigError, match="expected patience"):
        LEARNERS["adam"](estimator="smoothed", patience=3).require_effect()
