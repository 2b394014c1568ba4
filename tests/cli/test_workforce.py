"""Progress says who evaluates, where that is not this process alone."""

import io
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from codesign.cli.progress import Logger
from codesign.evaluate import Workforce


@pytest.mark.parametrize(
    ("workforce", "said"),
    [
        (Workforce(1, 1, 0), "1 worker"),
        (Workforce(1, 4, 1), "4 workers, 1 retry"),
        (Workforce(3, 12, 5), "12 workers on 3 nodes, 5 retries"),
        (Workforce(0, 0, 2), "0 workers, 2 retries"),
    ],
)
def test_a_workforce_in_a_few_words(workforce: Workforce, said: str) -> None:
    assert str(workforce) == said


def generation(number: int) -> Any:
    return SimpleNamespace(
        generation=number,
        generation_seconds=1.0,
        best_fitness=0.5,
        mean_fitness=0.1,
        valid_share=1.0,
        robots_per_second=3.0,
        robot_steps_per_second=300.0,
    )


@pytest.mark.parametrize("display", ["plain", "live"])
def test_displays_show_it_only_where_there_is_one(display: Any, tmp_path) -> None:
    output = io.StringIO()
    console = Console(file=output, width=200, force_terminal=display == "live")
    with Logger(display=display).display_on(console) as listener:
        listener.on_start(tmp_path, 0, 3)
        listener.on_generation(generation(0), "g000-i0000")
        assert "worker" not in output.getvalue()
        listener.on_workforce(Workforce(2, 8, 1))
        listener.on_generation(generation(1), "g000-i0000")
    assert "8 workers on 2 nodes, 1 retry" in output.getvalue()
