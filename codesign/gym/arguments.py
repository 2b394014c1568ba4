"""What the arguments of environments stand for; what they cannot be is refused in the way of Gymnasium."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from codesign.api import Problem, load, open_run
from codesign.body import Bodies
from codesign.errors import CodesignError, MemoryBudgetError

ROBOTS: Mapping[str, str] = {
    "walker": "strgar2024_small",
    "swimmer": "swimmers",
    "voxel_walker": "voxel_walk",
}
"""Robots that come with the package, each an evolved body, and the experiment whose run it is from."""

_FOLDER = Path(__file__).parent / "robots"


@dataclass(frozen=True)
class Loop:
    """How an environment goes from one action to the next.

    Attributes:
        control_steps: steps of the simulation for which actuation is held.
        velocity_noise: standard deviation of the velocity that every mass begins an episode with, in every direction
            [m/s].
        divergence_reward: what is added to the reward of a step in which a body diverges.

    Raises:
        TypeError: not a number.
        ValueError: a number out of range.
    """

    control_steps: int = 10
    velocity_noise: float = 0.0
    divergence_reward: float = -1.0

    def __post_init__(self) -> None:
        require_whole_number("control_steps", self.control_steps)
        for name in ("velocity_noise", "divergence_reward"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float | np.number):
                raise TypeError(f"expected {name} to be a number; got {value!r}; give for example {name}=0.1")
            if not np.isfinite(value):
                raise ValueError(f"expected {name} to be finite; got {value}; give for example {name}=0.1")
        if self.velocity_noise < 0.0:
            raise ValueError(f"expected velocity_noise to be at least 0; got {self.velocity_noise}; raise it")


def require_whole_number(name: str, given: Any, *, least: int = 1) -> None:
    """Check that an argument is a whole number of at least so much.

    Raises:
        TypeError: it is no whole number.
        ValueError: it is too small.
    """
    if isinstance(given, bool) or not isinstance(given, int | np.integer):
        raise TypeError(f"expected {name} to be a whole number; got {given!r}; give for example {name}={max(least, 1)}")
    if given < least:
        raise ValueError(f"expected {name} to be at least {least}; got {given}; raise it")


def require_render_mode(given: Any, modes: list[str]) -> None:
    """Check that pictures can be made as asked.

    Raises:
        ValueError: there is no such way.
    """
    if given is not None and given not in modes:
        raise ValueError(f"expected render_mode to be None or among {', '.join(modes)}; got {given!r}; choose one")


@contextmanager
def in_gymnasium() -> Iterator[None]:
    """Tell mistakes of users as Gymnasium does: by ValueError, and too little memory by MemoryError."""
    try:
        yield
    except MemoryBudgetError as error:
        raise MemoryError(str(error)) from None
    except CodesignError as error:
        raise ValueError(str(error)) from None


def chosen(
    robot: str | None, problem: Any, experiment: str | None, bodies: Any, run: Any, design: str | None
) -> tuple[Problem, Bodies]:
    """Return where bodies move, and the bodies.

    Args:
        robot: name of one that comes with the package, which is there for what the others leave open.
        problem: a problem, or its arguments by name.
        experiment: name of one, instead of a problem.
        bodies: genomes, bodies, a file of them, or several files; a random one if not given.
        run: folder of a run, whose problem it is, and whose design.
        design: which of the run's; the best if not given.

    Raises:
        TypeError: something else.
        ValueError: arguments that exclude each other, or that cannot be read, found or simulated.
    """
    named = {"problem": problem, "experiment": experiment, "run": run}
    given = [name for name, value in named.items() if value is not None]
    if len(given) > 1:
        raise ValueError(f"expected one of problem, experiment and run; got {' and '.join(given)}; leave out the rest")
    if design is not None and (run is None or bodies is not None):
        got = "bodies as well" if bodies is not None else "no run"
        raise ValueError(f"expected design as one of a run; got {got}; give run=FOLDER alone")
    if robot is not None and robot not in ROBOTS:
        raise ValueError(f"expected robot to be one of {', '.join(ROBOTS)}; got {robot!r}; choose one")
    with in_gymnasium():
        if run is not None:
            opened = open_run(run)
            whole = opened.problem
            found = opened.select("best" if design is None else design) if bodies is None else _loaded(bodies)
        else:
            whole = _problem(problem, experiment or (ROBOTS[robot] if robot and problem is None else None))
            found = _loaded(bodies if bodies is not None or robot is None else _FOLDER / f"{robot}.json")
            found = whole.random(1) if found is None else found
        batch = _bodies(whole, found)
    if not (np.diff(_muscle_counts(batch)) >= 1).all():
        bare = int(np.argmin(np.diff(_muscle_counts(batch))))
        raise ValueError(f"expected bodies with muscles; got none in number {bare}; choose others, or give it some")
    return whole, batch


def _problem(given: Any, experiment: str | None) -> Problem:
    if isinstance(given, Problem):
        return given
    if given is None:
        return Problem(experiment=experiment)
    if isinstance(given, Mapping):
        return Problem(**given)
    raise TypeError(f"expected problem to be a codesign.Problem or its arguments by name; got {given!r}; make one")


def _loaded(bodies: Any) -> Any:
    """Return bodies, those of files loaded, as a problem takes them, or parts of which each is so."""
    if isinstance(bodies, str | Path):
        return load(bodies)
    several = isinstance(bodies, list | tuple) and bool(bodies)
    if several and all(isinstance(each, str | Path) for each in bodies):
        return [load(each) for each in bodies]
    return bodies


def _bodies(problem: Problem, found: Any) -> Bodies:
    """Return the bodies of what was loaded; those of several files, or of several lattices, one after the other."""
    if isinstance(found, list | tuple) and found:
        return Bodies.concatenate([problem.bodies(each) for each in found])
    return problem.bodies(found)


def _muscle_counts(bodies: Bodies) -> np.ndarray:
    """Return how many muscles there are before each body and in all, shape (n + 1,)."""
    return np.concatenate([[0], np.cumsum(bodies.swings != 0.0)])[bodies.spring_start]
