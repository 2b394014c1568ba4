"""Registering entries, module by module: what is refused, and what is remembered of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from codesign import plugins
from codesign.errors import ConfigError
from codesign.formats import FORMATS, Format
from codesign.genome import VARIATIONS, Mutation
from codesign.plugins import KINDS, register
from codesign.sim import Task
from codesign.sim.kernels import SENSES
from codesign.tasks import TASKS, TERRAINS, Flat, Walk


@dataclass(frozen=True)
class Stroll(Walk):
    """Walk, slowly."""

    name: str = "stroll"


@dataclass(frozen=True)
class Lawn(Flat):
    """Level and green."""

    name: str = "lawn"


def smell(types: Any, terrain: Any) -> None:
    """Return nothing."""


def test_entries_are_registered_by_their_names() -> None:
    register("task", Stroll)
    register("terrain", Lawn)
    register("sense", smell)
    register("operator", Mutation("shake", lambda _l, genomes, _d: genomes))
    register("format", Format("napkin", (".napkin",), lambda _path: []))
    assert TASKS["stroll"] is Stroll
    assert TERRAINS["lawn"] is Lawn
    assert SENSES["smell"] is smell
    assert VARIATIONS["shake"].name == "shake"
    assert FORMATS["napkin"].suffixes == (".napkin",)
    assert plugins.added_keys(TASKS) == {"stroll"}
    assert plugins.registered()["task", "stroll"] == __name__


def test_a_class_that_is_defined_again_takes_its_own_place() -> None:
    def defined() -> type[Task]:
        @dataclass(frozen=True)
        class Amble(Walk):
            """Walk."""

            name: str = "amble"

        return Amble

    register("task", defined())
    again = defined()
    register("task", again)
    assert TASKS["amble"] is again


def refused(kind: str, entry: Any, *parts: str) -> None:
    before = {word: dict(known.entries()) for word, known in KINDS.items()}
    with pytest.raises(ConfigError) as caught:
        register(kind, entry)
    assert all(part in str(caught.value) for part in parts), str(caught.value)
    assert before == {word: dict(known.entries()) for word, known in KINDS.items()}


def test_an_unknown_kind_is_refused() -> None:
    refused("tsak", Stroll, "'tsak'", "did you mean 'task'?")
    refused("penguin", Stroll, "task, terrain, controller")


def test_a_taken_name_is_refused() -> None:
    @dataclass(frozen=True)
    class Other(Walk):
        """Walk."""

        name: str = "stroll"

    refused("task", type("Mine", (Walk,), {}), "'walk', which the package has", "rename it")
    register("task", Stroll)
    refused("task", Other, f"'stroll', which {__name__} registers")


def test_what_is_no_such_entry_is_refused() -> None:
    @dataclass(frozen=True)
    class Nameless(Walk):
        """Walk."""

        name: str = ""

    @dataclass(frozen=True)
    class Incomplete(Task):
        """Nothing."""

        name: str = "incomplete"

    @dataclass(frozen=True, kw_only=True)
    class Bare(Walk):
        """Walk."""

        name: str = "bare"
        speed: float

    @dataclass(frozen=True)
    class Swamp:
        """Wet."""

        name: str = "swamp"

        def height(self, places: np.ndarray) -> np.ndarray:
            return places

    @dataclass
    class Thawed(Task):
        """Nothing."""

        name: str = "thawed"
        state = ("start",)
        functions = Walk.functions

    refused("task", Stroll(), "a class for a task")
    refused("task", Lawn, "a task derived from codesign.sim.Task", "Lawn")
    refused("task", Nameless, "Nameless", "got ''")
    refused("task", Bare, "Bare without one for speed")
    refused("task", Incomplete, "Incomplete without functions, state")
    refused("terrain", Swamp, "Swamp without structure, functions, data, place, surface, extent, variant")
    refused("task", Thawed, "frozen dataclass", "@dataclass(frozen=True)")
    refused("sense", "smell", "a function for a sense")
    refused("operator", Mutation, "codesign.genome.Operator", "the class Mutation")
    refused("operator", Mutation("two words", lambda _l, genomes, _d: genomes), "two words")
