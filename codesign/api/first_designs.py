"""The designs that a run from Python begins with: files as on the command line, or genomes that the program has."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from codesign.api.genomes import AnyGenomes, PlacedGenomes, genomes_of, held, lattice_for, names_of, several_of
from codesign.body import Bodies, Body
from codesign.errors import ConfigError, GenomeError
from codesign.formats import BodyPlan, plans_of
from codesign.genome import Genomes, LatticeSettings
from codesign.run import Design

AnyFirst = str | Path | Sequence[str | Path] | AnyGenomes | Sequence[Genomes]
"""What a run may begin with: files or folders of bodies, or genomes."""

GIVEN = "designs given in Python"
"""What `search.first` of a run says that began with genomes of a program, whose record is among the run's inputs."""


def first_designs_of(given: AnyFirst, lattice: LatticeSettings) -> tuple[Any, list[tuple[str, BodyPlan]]]:
    """Return what `search.first` says of first designs, and for genomes the source and the plan of each.

    Args:
        given: what was given.
        lattice: the problem's.

    Raises:
        GenomeError: genomes that do not fit the problem's kind of lattice, or none.
        ConfigError: neither files nor genomes.
    """
    given = held(given)
    several = several_of(given)
    if several and all(isinstance(each, str | Path) for each in several):
        return [str(each) for each in several], []
    if any(isinstance(each, str | Path) for each in several):
        raise ConfigError("first as files or as genomes", "both", "give what codesign.load returns for the files")
    parts = several if several and all(isinstance(each, Genomes) for each in several) else [given]
    plans = [plan for part in parts for plan in _plans(part, lattice)]
    return GIVEN, [(GIVEN, plan) for plan in plans]


def _plans(given: Any, lattice: LatticeSettings) -> list[BodyPlan]:
    if any(isinstance(each, Bodies | Body) for each in several_of(given)):
        remedy = "let them learn with Problem.evaluate, or give the genomes that they grew from"
        raise GenomeError("genomes, which a search can change", "bodies of masses and springs", remedy)
    genomes = genomes_of(given)
    lattice_for(genomes, lattice)
    designs = [each for each in several_of(given) if isinstance(each, Design)]
    fitness = [design.fitness for design in designs] or getattr(genomes, "fitness", ())
    names = names_of(given) or tuple(f"genome-{number}" for number in range(len(genomes)))
    own = genomes.lattice if isinstance(genomes, PlacedGenomes) else lattice
    cells = own.build().cells
    if genomes.cells.shape[1] != cells:
        expected = f"genomes of {cells} cells, those of the problem's lattice"
        remedy = "make the problem with a body of their size"
        raise GenomeError(expected, f"genomes of {genomes.cells.shape[1]} cells", remedy)
    plans = plans_of(genomes, own, names)
    if not len(fitness):
        return plans
    known = [None if not np.isfinite(worth) else float(worth) for worth in fitness]
    return [replace(plan, fitness=worth) for plan, worth in zip(plans, known, strict=True)]
