"""Bodies that a command line gives by files: read once in a process, and what they ask of the configuration."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from codesign.cli.suggestions import typed
from codesign.errors import ConfigError
from codesign.formats import BodyPlan, FormatError, read_plans, settings_of
from codesign.genome import LATTICES, LatticeSettings

BODIES = {"triangle": "body=triangle", "square": "body=square", "cube": "body=voxel"}
"""Words that choose a body on each kind of lattice; of a kind of a plug-in it is `body=` and the kind."""

PHYSICS = {"cube": "sim=voxel"}
"""Words that choose the physics that bodies of a kind are meant for, where it is not the one by default."""


@dataclass(frozen=True)
class GivenBody:
    """A body that a file gives.

    Attributes:
        file: the file or folder, as the user named it.
        plan: what it says of the body.
    """

    file: str
    plan: BodyPlan


def given_bodies(key: str, value: object, *, lenient: bool) -> tuple[GivenBody, ...]:
    """Return the bodies in the files that a setting names, one or a list.

    Args:
        key: the setting.
        value: its value.
        lenient: see `read_plans`.

    Raises:
        ConfigError: the value is no path and no list of them.
        FormatError: a file that cannot be read, or a body that cannot be expressed.
    """
    return tuple(
        GivenBody(path, plan)
        for path in typed(key, value)
        for plan in _read(os.path.abspath(path), path, lenient, _age(path))  # noqa: PTH100 - a key; Path would resolve
    )


def _age(path: str) -> tuple[int, int]:
    """Return numbers that change when a file does."""
    try:
        found = Path(path).stat()
    except OSError:
        return (0, 0)
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=8)
def _read(place: str, path: str, lenient: bool, age: tuple[int, int]) -> tuple[BodyPlan, ...]:  # noqa: FBT001 - a key
    del place, age
    return tuple(read_plans(Path(path), lenient=lenient))


def require_lattice(bodies: Sequence[GivenBody], lattice: LatticeSettings) -> None:
    """Check that bodies live on lattices of one kind, the run's.

    Raises:
        FormatError: one does not; the message says what to choose.
    """
    for body in bodies:
        kind = body.plan.lattice
        if not kind:
            got = f"masses and springs ({body.plan.name} in {body.file})"
            raise FormatError("bodies on a lattice", got, "let them learn with codesign train designs=FILE")
        if kind != lattice.name:
            got = f"{kind} ({body.plan.name} in {body.file})"
            remedy = f"choose {words_of_kind(kind)}, or leave the body out"
            raise FormatError(f"bodies on a lattice of kind {lattice.name}, as the run's", got, remedy)


def words_of_kind(kind: str) -> str:
    """Return the words that choose a body on a kind of lattice, and the physics that it is meant for."""
    return " ".join([BODIES.get(kind, f"body={kind}"), *([PHYSICS[kind]] if kind in PHYSICS else [])])


def words_for(bodies: Sequence[GivenBody], body: Mapping[str, Any], overrides: Sequence[str]) -> list[str]:
    """Return the words that a command line lacks for bodies on a lattice: its kind, or else room for the largest.

    Nothing is said of bodies of several kinds, or of masses and springs, nor against what the user has set. How long a
    cell's side is stays the run's, since its tissue and physics are made for that.

    Args:
        bodies: at least one.
        body: the section of the configuration as it is composed without these words.
        overrides: keys and groups that the command line sets.
    """
    kinds = {each.plan.lattice for each in bodies}
    if len(kinds) != 1 or not kinds <= LATTICES.keys():
        return []
    (kind,) = kinds
    lattice = body["lattice"]
    if lattice["name"] != kind:
        words = words_of_kind(kind).split()
        return [] if "body" in overrides else [word for word in words if word.partition("=")[0] not in overrides]
    try:
        settings = settings_of([each.plan for each in bodies])
    except FormatError:
        return []
    wanted = {name: value for name, value in bodies[0].plan.settings.items() if name != "side"}
    differing = [name for name, value in wanted.items() if lattice.get(name) != value]
    larger = [name for name in settings.extents if getattr(settings, name) > lattice[name]]
    words = [f"body.lattice.{name}={getattr(settings, name)}" for name in (*differing, *larger)]
    return [word for word in words if word.partition("=")[0] not in overrides]


def reason_of(bodies: Sequence[GivenBody]) -> str:
    """Return what asks for words that are added to a command line."""
    names = list(dict.fromkeys(body.file for body in bodies))
    files = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
    return f"For the {bodies[0].plan.lattice} cells of {files}"
