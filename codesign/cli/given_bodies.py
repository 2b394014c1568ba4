"""Bodies that a command line gives by files: read once in a process, chosen, and what they ask of the configuration."""

import itertools
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from codesign.cli.suggestions import nearest, typed
from codesign.errors import ConfigError
from codesign.formats import DESIGN, BodyPlan, FormatError, cropped, read_plans, replacements, settings_of
from codesign.genome import LATTICES, LatticeSettings
from codesign.paths import require_path

MOST = 1000
"""Bodies of files that are taken without being asked for; more would hold a command up before it says a word."""

ALL = "all"

_TOP = re.compile(r"top(\d+)")

_NO_ID = re.compile(r"[^A-Za-z0-9._-]+")

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
        id: what the body is called beside those of all other files: letters, digits, dots, dashes and underscores.
    """

    file: str
    plan: BodyPlan
    id: str

    @property
    def dimension(self) -> int:
        """Dimensions of space."""
        return self.plan.cells.ndim if self.plan.body is None else self.plan.body.positions.shape[1]


def given_bodies(key: str, value: object, *, lenient: bool) -> tuple[GivenBody, ...]:
    """Return the bodies in the files that a setting names, one or a list.

    Args:
        key: the setting.
        value: its value.
        lenient: see `read_plans`.

    Raises:
        ConfigError: the value is no path and no list with some.
        FormatError: a file that cannot be read, or a body that cannot be expressed.
    """
    paths = typed(key, value)
    if not paths:
        raise ConfigError(f"{key} to be a path or a list of paths", "an empty list", f"set {key}=FILE")
    for path in paths:
        require_path(key, path, "either")
    return _read(tuple((path, os.path.abspath(path), _age(path)) for path in paths), lenient)  # noqa: PTH100 - a key


@lru_cache(maxsize=4)
def _read(files: tuple[tuple[str, str, tuple[int, int]], ...], lenient: bool) -> tuple[GivenBody, ...]:
    """Return the bodies of files, given by path, absolute path and age."""
    bodies, taken = list[GivenBody](), set[str]()
    for path, _, _ in files:
        stem = Path(path).resolve().name.partition(".")[0]
        for plan in read_plans(Path(path), lenient=lenient):
            name = _id_of(stem, plan)
            numbered = (name if number == 1 else f"{name}-{number}" for number in itertools.count(1))
            bodies.append(GivenBody(path, plan, next(each for each in numbered if each not in taken)))
            taken.add(bodies[-1].id)
    return tuple(bodies)


def _id_of(stem: str, plan: BodyPlan) -> str:
    """Return the file's name and the body's, once where one begins with the other; of an exported design its own."""
    joined = plan.name if DESIGN in plan.about or plan.name.startswith(stem) else f"{stem}-{plan.name}"
    return _NO_ID.sub("-", joined).lstrip("-._") or "body"


def chosen(bodies: Sequence[GivenBody], design: object) -> tuple[GivenBody, ...]:
    """Return the bodies that a setting `design` means, none twice.

    Args:
        bodies: at least one.
        design: all, best, top5 (the five of the highest fitness in the files), the name or id of a body, or a list of
            these; None for all of up to `MOST`.

    Raises:
        ConfigError: no word, a word that means none of them, or None for more than `MOST`.
    """
    if design is None:
        if len(bodies) > MOST:
            got = f"{len(bodies):,} in {_files_of(bodies)}"
            raise ConfigError(f"at most {MOST:,} bodies", got, "choose some with design=top100, or set design=all")
        return tuple(bodies)
    words = typed("design", design)
    if not words:
        raise ConfigError(f"design as {ALL}, best, top5 or the name of a body", "design=[]", f"set design={ALL}")
    found = dict[str, GivenBody]()
    for word in words:
        found |= {body.id: body for body in _meant(bodies, word)}
    return tuple(found.values())


def _meant(bodies: Sequence[GivenBody], word: str) -> Sequence[GivenBody]:
    if word == ALL:
        return bodies
    named = [body for body in bodies if word in (body.plan.name, body.id)]
    if named:
        return named
    match = _TOP.fullmatch("top1" if word == "best" else word)
    if match is None:
        names = [body.plan.name for body in bodies[:MOST]]
        some = f"as {names[0]}" if len(names) == 1 else f"such as {names[0]}"
        expected = f"design as {ALL}, best, top5 or the name of a body, {some}"
        raise ConfigError(expected, repr(word), nearest(word, names, f"set for example design={names[0]}"))
    known = [(body.plan.fitness, body) for body in bodies if body.plan.fitness is not None]
    ranked = [(fitness, body) for fitness, body in known if not math.isnan(fitness)]
    if not ranked or not int(match[1]):
        got = "top0" if ranked else f"{word} for {_files_of(bodies)}, which tells none"
        raise ConfigError("files that tell the fitness of bodies", got, f"set design={ALL} or name bodies")
    return [body for _, body in sorted(ranked, key=lambda each: -each[0])[: int(match[1])]]


def _files_of(bodies: Sequence[GivenBody]) -> str:
    names = list(dict.fromkeys(body.file for body in bodies))
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _age(path: str) -> tuple[int, int]:
    """Return numbers that change when a file does."""
    try:
        found = Path(path).stat()
    except OSError:
        return (0, 0)
    return found.st_mtime_ns, found.st_size


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
            remedy = f"choose {words_of_kind(kind)}, and give bodies of each kind in a run of its own"
            raise FormatError(f"bodies on a lattice of kind {lattice.name}, as the run's", got, remedy)


def words_of_kind(kind: str) -> str:
    """Return the words that choose a body on a kind of lattice, and the physics that it is meant for."""
    return " ".join([BODIES.get(kind, f"body={kind}"), *([PHYSICS[kind]] if kind in PHYSICS else [])])


def words_for(bodies: Sequence[GivenBody], body: Mapping[str, Any], overrides: Sequence[str]) -> list[str]:
    """Return the words that a command line lacks for bodies on a lattice: its kind, or else room for the largest.

    Nothing is said of bodies of several kinds, for those of masses and springs, nor against what the user has set. How
    long a cell's side is stays the run's, since its tissue and physics are made for that.

    Args:
        bodies: at least one.
        body: the section of the configuration as it is composed without these words.
        overrides: keys and groups that the command line sets.
    """
    plans = [each.plan for each in bodies if each.plan.lattice]
    kinds = {plan.lattice for plan in plans}
    if len(kinds) != 1 or not kinds <= LATTICES.keys():
        return []
    plans = [cropped(plan) for plan in plans]
    (kind,) = kinds
    lattice = body["lattice"]
    if lattice["name"] != kind:
        words = words_of_kind(kind).split()
        return [] if "body" in overrides else [word for word in words if word.partition("=")[0] not in overrides]
    try:
        settings = settings_of(plans)
    except FormatError:
        return []
    told = dict.fromkeys(name for plan in plans for name in plan.settings if name != "side")
    differing = [name for name in told if lattice.get(name) != getattr(settings, name)]
    larger = [name for name in settings.extents if getattr(settings, name) > lattice[name]]
    words = [f"body.lattice.{name}={getattr(settings, name)}" for name in (*differing, *larger)]
    return [word for word in words if word.partition("=")[0] not in overrides]


def reason_of(bodies: Sequence[GivenBody]) -> str:
    """Return what asks for words that are added to a command line."""
    on_lattice = [body for body in bodies if body.plan.lattice]
    return f"For the {on_lattice[0].plan.lattice} cells of {_files_of(on_lattice)}" if on_lattice else ""


def replaced(plans: Sequence[BodyPlan]) -> list[str]:
    """Return a line that says what was replaced in bodies which have what bodies here cannot have; none if nothing."""
    told = replacements(plans)
    return [f"Replaced, since bodies here cannot have it: {told}"] if told else []
