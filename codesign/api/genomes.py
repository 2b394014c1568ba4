"""Genomes and bodies as the functions of this room take and return them: they know their lattice, names and fitness."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from codesign.body import Bodies, Body, Tissue, develop
from codesign.errors import BodyError, GenomeError
from codesign.genome import Genome, Genomes, LatticeSettings
from codesign.run import Design

AnyGenomes = Genomes | Genome | Design | Sequence[Genome] | Sequence[Design]
AnyBodies = AnyGenomes | Bodies | Body | Sequence[Body]
"""What stands for bodies wherever bodies are asked for."""


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
        return f"{len(self)} genomes on {self.lattice.build().title} cells"


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


def is_genomes(given: Any) -> bool:
    """Return whether something is genomes, designs, or one of these, and so no body yet."""
    first = given[0] if isinstance(given, Sequence) and len(given) else given
    return isinstance(first, Genomes | Genome | Design)


def genomes_of(given: Any) -> Genomes:
    """Return what was given as a population; one that knows its lattice goes on knowing it.

    Raises:
        GenomeError: something else, or genomes on several lattices.
    """
    if isinstance(given, Genomes):
        _require_some(len(given))
        return given
    several = [given] if isinstance(given, Genome | Design) else list(given)
    _require_some(len(several))
    own = [each.genome if isinstance(each, Design) else each for each in several]
    strangers = [each for each in own if not isinstance(each, Genome)]
    if strangers:
        raise GenomeError(
            "genomes", f"a {type(strangers[0]).__name__} among them", "give genomes alone, or bodies alone"
        )
    if len({each.cells.shape for each in own}) > 1:
        raise GenomeError("genomes on one lattice", "genomes of several sizes", "give those of each lattice apart")
    stacked = Genomes.stack(own)
    placed = [each for each in own if isinstance(each, PlacedGenome)]
    if len(placed) < len(own):
        return stacked
    if any(each.lattice != placed[0].lattice for each in placed):
        raise GenomeError("genomes on one lattice", "genomes on several", "give those of each lattice apart")
    names = tuple(each.name for each in placed)
    return PlacedGenomes(stacked.cells, stacked.muscles, placed[0].lattice, names, placed[0].fixed)


def lattice_for(genomes: Genomes, own: LatticeSettings) -> LatticeSettings:
    """Return the settings of the lattice that genomes develop on: the problem's, as large as the genomes say.

    Raises:
        GenomeError: the genomes are of another kind of lattice.
    """
    if not isinstance(genomes, PlacedGenomes):
        return own
    if type(genomes.lattice) is not type(own):
        got = f"genomes on the lattice {genomes.lattice.name} for a problem on {own.name}"
        remedy = f'make the problem with body="{genomes.lattice.name}"'
        raise GenomeError("genomes on the problem's kind of lattice", got, remedy)
    return replace(own, **{name: getattr(genomes.lattice, name) for name in genomes.fixed})


def bodies_of(given: Any, lattice: LatticeSettings, tissue: Tissue) -> Bodies:
    """Return what was given as bodies; genomes develop.

    Raises:
        GenomeError: genomes that do not fit the lattice, or of another kind of lattice.
        BodyError: neither bodies nor genomes, or bodies of several dimensions.
    """
    if isinstance(given, Bodies):
        return given
    if isinstance(given, Body):
        return Bodies.of([given])
    if is_genomes(given):
        genomes = genomes_of(given)
        return develop(lattice_for(genomes, lattice).build(), genomes, tissue)
    bodies = list(given) if isinstance(given, Sequence) and not isinstance(given, str) else []
    if not bodies or not all(isinstance(each, Body) for each in bodies):
        got = "an empty list" if isinstance(given, Sequence) and not len(given) else f"a {type(given).__name__}"
        raise BodyError("genomes or bodies, at least one", got, "give what random, develop or load returned, or a Body")
    return Bodies.of(bodies)


def _require_some(count: int) -> None:
    if not count:
        raise GenomeError("at least one genome", "none", "give those that random or load returned")
