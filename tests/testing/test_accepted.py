"""The checks for plug-ins accept what the package has."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from codesign.control import CONTROLLERS
from codesign.evaluate import EVALUATORS
from codesign.export import EXPORTERS
from codesign.formats import FORMATS
from codesign.genome import LATTICES, VARIATIONS
from codesign.search import SEARCHES
from codesign.sim import CONTACTS, FORCES
from codesign.sim.kernels import SENSES
from codesign.tasks import TASKS, TERRAINS
from codesign.testing import (
    check_contact,
    check_controller,
    check_evaluator,
    check_exporter,
    check_force,
    check_format,
    check_lattice,
    check_learner,
    check_operator,
    check_search,
    check_sense,
    check_task,
    check_terrain,
)
from codesign.train import LEARNERS
from tests.testing.refusals import small


@pytest.mark.parametrize("name", LATTICES)
def test_lattices_pass(name: str) -> None:
    check_lattice(small(name))


@pytest.mark.parametrize("lattice", LATTICES)
@pytest.mark.parametrize("name", VARIATIONS)
def test_operators_pass(name: str, lattice: str) -> None:
    if VARIATIONS[name].applies(small(lattice).build()):
        check_operator(VARIATIONS[name], small(lattice))


@pytest.mark.parametrize("name", SEARCHES)
def test_searches_pass(name: str) -> None:
    check_search(SEARCHES[name](population_size=12), small("triangle"))


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in ("gif", "mp4") else name for name in EXPORTERS]
)
def test_exporters_pass(name: str) -> None:
    check_exporter(EXPORTERS[name])


@pytest.mark.parametrize("name", [name for name, found in FORMATS.items() if found.write is not None])
def test_formats_that_are_written_pass(name: str) -> None:
    check_format(FORMATS[name])


def test_an_evaluator_passes() -> None:
    check_evaluator(EVALUATORS["local"]())


@pytest.mark.slow
@pytest.mark.parametrize("name", LEARNERS)
def test_learners_pass(name: str) -> None:
    check_learner(LEARNERS[name](iterations=10))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("check", "settings"),
    [
        (check_task, TASKS["walk_efficiently"]()),
        (check_task, TASKS["turn"]()),  # in 3D alone
        (check_task, TASKS["reach"]()),  # has kinks where masses are equally high
        (check_terrain, TERRAINS["steps"]()),
        (check_controller, CONTROLLERS["cpg_feedback"]()),
        (check_controller, CONTROLLERS["wave"]()),  # works constants out of positions
        (check_contact, CONTACTS["coulomb"]()),
        (check_force, FORCES["wind"]()),
        (partial(check_sense, "speed"), SENSES["speed"]),
    ],
)
def test_what_is_simulated_passes(check: Callable[[Any], None], settings: Any) -> None:
    check(settings)
