"""Genomes and bodies as the functions of this room take and return them: they know their lattice, names and fitness."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from codesign.body import Bodies, Body, Tissue, develop
from codesign.errors import BodyError, GenomeError
from codesign.formats import drawing_of, plans_of
from codesign.genome import Genome, Genomes, LatticeSettings
from codesign.run import Design

AnyGenomes = Genomes | Genome | Design | Iterable[Genome] | Iterable[Design]
"""What stands for genomes wherever genomes are asked for."""

AnyBodies = AnyGenomes | Bodies | Body | Iterable[Body]
"""What stands for bodies wherever bodies are asked for."""

_CHOICES = {"cube": "voxel"}
"""Bodies that are chosen by another name than that of their lattice."""

_NAMED = 4
"""Names that a line tells of many."""

_ALONE = (Genomes, Genome, Design, Bodies, Body, Mapping, str, bytes, Path)
"""What is one thing, though some of it holds several."""


@dataclass(frozen=True, eq=False)
class PlacedGenome(Genome):
    """A genome that knows which lattice it is on.

    Attributes:
        lattice: settings of the lattice.
        fixed: fields of these settings that the genome decides; all others are those of the problem it is used in.
        name: what it is called.

    Example:
        >>> import codesign
        >>> codesign.Problem(body={"rows": 3, "columns": 4}).random(2)[0].name
        'random-0'
    """

    lattice: LatticeSettings
    fixed: tuple[str, ...] = ()
    name: str = ""

    def __str__(self) -> str:
        """Return what it is called and how it looks, in the characters that `codesign.load` reads."""
        plan = plans_of(Genomes.stack([self]), self.lattice, [self.name])[0]
        return f"{self!r}\n{drawing_of(plan)}".rstrip()

    def __repr__(self) -> str:
        """Return in a line which genome it is, and how much of its lattice it fills."""
        called = f" {self.name}" if self.name else ""
        filled, cells = np.count_nonzero(self.cells), len(self.cells)
        return f"<PlacedGenome{called}: {filled} of {cells} cells, on {self.lattice.build().title} cells>"


@dataclass(frozen=True, eq=False)
class PlacedGenomes(Genomes):
    """A population that knows which lattice it is on.

    Attributes:
        cells: material of each cell, 0 = empty, uint8, shape (n, cells), see `Genomes`.
        muscles: muscle bit of each edge, uint8, shape (n, edges).
        lattice: settings of the lattice.
        names: what each is called.
        fixed: fields of the lattice's settings that the genomes decide; all others are those of the problem that they
            are used in.
        fitness: what the file that they are from says each is worth, NaN where it says nothing, float64, shape (n,).

    Example:
        >>> import codesign
        >>> genomes = codesign.Problem(body={"rows": 3, "columns": 4}).random(5, seed=1)
        >>> genomes.lattice.shape, len(genomes[:2]), genomes.names[4]
        ((3, 4), 2, 'random-4')
    """

    lattice: LatticeSettings
    names: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    fitness: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def __getitem__(self, index: Any) -> Any:
        """Return one genome for a number, a population for a slice, numbers or a mask; both know the lattice."""
        chosen = super().__getitem__(index)
        if isinstance(chosen, Genome):
            name = self.names[index] if self.names else ""
            return PlacedGenome(chosen.cells, chosen.muscles, self.lattice, self.fixed, name)
        numbers = np.arange(len(self))[index if isinstance(index, slice) else np.asarray(index, dtype=None)]
        names = tuple(self.names[number] for number in numbers.tolist()) if self.names else ()
        fitness = self.fitness[numbers] if len(self.fitness) else self.fitness
        return PlacedGenomes(chosen.cells, chosen.muscles, self.lattice, names, self.fixed, fitness)

    def __str__(self) -> str:
        """Return in a line how many there are, and on which lattice."""
        return f"{counted(len(self), 'genome')} on {self.lattice.build().title} cells"

    def __repr__(self) -> str:
        """Return in a line how many there are, on which lattice, and what they are called."""
        return f"<PlacedGenomes: {self}{_called(self.names)}>"


@dataclass(frozen=True, eq=False)
class NamedBodies(Bodies):
    """Bodies from a file that gives masses and springs; see `codesign.body.Bodies` for their arrays.

    Attributes:
        names: what each is called.
        fitness: what the file says that each is worth, NaN where it says nothing, float64, shape (n,).

    Example:
        >>> import codesign
        >>> exported = codesign.load("body.json")
        >>> type(exported).__name__, len(exported), exported.names
        ('NamedBodies', 1, ('g000-i0000',))
    """

    names: tuple[str, ...] = ()
    fitness: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def __repr__(self) -> str:
        """Return in a line how many there are, how large they are, and what they are called."""
        return f"{super().__repr__()[:-1]}{_called(self.names)}>"


def counted(number: int, word: str, words: str = "") -> str:
    """Return a number of things in words, of which the second says several of them."""
    return f"{number:,} {word if number == 1 else words or f'{word}s'}"


def _called(names: Sequence[str]) -> str:
    """Return some of the names of things, for the end of a line."""
    some = ", ".join(names[:_NAMED])
    return f": {some}{', ...' if len(names) > _NAMED else ''}" if names else ""


def several_of(given: Any) -> list[Any]:
    """Return what was given as a list: one thing alone, or what a list, an array of objects or a generator holds."""
    if isinstance(given, _ALONE) or not isinstance(given, Iterable):
        return [given]
    return list(given)


def held(given: Any) -> Any:
    """Return what was given, in a form in which it can be looked at more than once; a generator becomes a list."""
    return given if isinstance(given, (*_ALONE, list, tuple)) or not isinstance(given, Iterable) else list(given)


def is_genomes(given: Any) -> bool:
    """Return whether something is genomes, designs, or one of these, and so no body yet."""
    first = next(iter(several_of(given)), None)
    return isinstance(first, Genomes | Genome | Design)


def names_of(given: Any) -> tuple[str, ...]:
    """Return what things are called that stand for bodies; nothing where not all of them have names."""
    if isinstance(given, Genomes | Bodies):
        return getattr(given, "names", ())
    names = [each.id if isinstance(each, Design) else getattr(each, "name", "") for each in several_of(given)]
    return tuple(names) if all(names) else ()


def genomes_of(given: Any) -> Genomes:
    """Return what was given as a population; one that knows its lattice goes on knowing it.

    Raises:
        GenomeError: something else, or genomes on several lattices.
    """
    if isinstance(given, Genomes):
        _require_some(len(given))
        return given
    several = several_of(given)
    _require_some(len(several))
    own = [each.genome if isinstance(each, Design) else each for each in several]
    _require_genomes(own, together=len(several) > 1 or isinstance(given, Sequence))
    if len({(each.cells.shape, each.muscles.shape) for each in own}) > 1:
        raise GenomeError("genomes on one lattice", "genomes of several sizes", "give those of each lattice apart")
    stacked = Genomes.stack(own)
    placed = [each for each in own if isinstance(each, PlacedGenome)]
    if len(placed) < len(own):
        return stacked
    if any(each.lattice != placed[0].lattice for each in placed):
        raise GenomeError("genomes on one lattice", "genomes on several", "give those of each lattice apart")
    names = tuple(each.name for each in placed)
    return PlacedGenomes(stacked.cells, stacked.muscles, placed[0].lattice, names, placed[0].fixed)


def _require_genomes(several: Sequence[Any], *, together: bool) -> None:
    strangers = [each for each in several if not isinstance(each, Genome)]
    if not strangers:
        return
    got = f"{_a(strangers[0])} among them" if together else _a(strangers[0])
    remedy = "give what random or load returned"
    if isinstance(strangers[0], Genomes):
        remedy = (
            "give one population, or the genomes of all: [genome for population in several for genome in population]"
        )
    elif len(strangers) < len(several):
        remedy = "give genomes alone, or bodies alone"
    raise GenomeError("genomes", got, remedy)


def lattice_for(genomes: Genomes, own: LatticeSettings) -> LatticeSettings:
    """Return the settings of the lattice that genomes develop on: the problem's, as large as the genomes say.

    Raises:
        GenomeError: the genomes are of another kind of lattice.
    """
    if not isinstance(genomes, PlacedGenomes):
        return own
    if type(genomes.lattice) is not type(own):
        got = f"genomes on the lattice {genomes.lattice.name} for a problem on {own.name}"
        remedy = f'make the problem with body="{_CHOICES.get(genomes.lattice.name, genomes.lattice.name)}"'
        raise GenomeError("genomes on the problem's kind of lattice", got, remedy)
    return replace(own, **{name: getattr(genomes.lattice, name) for name in genomes.fixed})


def bodies_of(given: Any, lattice: LatticeSettings, tissue: Tissue) -> Bodies:
    """Return what was given as bodies; genomes develop.

    Raises:
        GenomeError: genomes that do not fit the lattice, or of another kind of lattice.
        BodyError: neither bodies nor genomes, or bodies of several dimensions.
    """
    given = held(given)
    if isinstance(given, Bodies):
        if not len(given):
            raise BodyError("at least one body", "none", "give those that develop or load returned")
        return given
    if isinstance(given, Body):
        return Bodies.of([given])
    if is_genomes(given):
        genomes = genomes_of(given)
        return develop(lattice_for(genomes, lattice).build(), genomes, tissue)
    bodies = several_of(given)
    strangers = [each for each in bodies if not isinstance(each, Body)]
    if not bodies or strangers:
        got = _a(strangers[0]) if bodies else f"an empty {type(given).__name__}"
        got += " among them" if len(strangers) < len(bodies) or len(bodies) > 1 else ""
        remedy = "give what random, develop or load returned, or a Body"
        if isinstance(next(iter(strangers), None), Bodies):
            remedy = "join them first, with codesign.Bodies.concatenate"
        elif isinstance(given, str | Path):
            remedy = f"give codesign.load({str(given)!r})"
        raise BodyError("genomes or bodies, at least one", got, remedy)
    return Bodies.of(bodies)


def _a(thing: Any) -> str:
    """Return what kind of thing something is, with an article."""
    name = type(thing).__name__
    return "None" if thing is None else f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"


def _require_some(count: int) -> None:
    if not count:
        raise GenomeError("at least one genome", "none", "give those that random or load returned")
