"""Designs that a run evaluated, and writing them as the rows of a table for each generation."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from codesign.errors import DesignError
from codesign.evaluate import Evaluations
from codesign.files import replacing
from codesign.genome import Genome
from codesign.run.folder import table_of
from codesign.search import Individuals
from codesign.train import LearningStatus

MEASURE = "measure."
"""What the names of the columns of measures begin with."""

EDGES = b"edges"
"""Key of a table's metadata: how many muscle bits a genome has, which come in bytes."""

_ID = re.compile(r"g(\d+)-i(\d+)")


@dataclass(frozen=True)
class Design:
    """One design that a run evaluated.

    Attributes:
        identity: (generation, individual).
        parents: identities of the designs that it was made from.
        operator: name of the variation that made it.
        fitness: higher is better, -inf if invalid.
        status: how learning ended, the label of a `LearningStatus`; runs of older versions have "diverged" for all that
            made a design invalid, and "no_gradient".
        curve: performance before learning and after each iteration, NaN once invalid or stopped, float32, shape
            (iterations + 1,).
        measures: further numbers by name, the mean over its worlds.
        world_fitness: what it does in each of its worlds, NaN if invalid, float64, shape (worlds,).
        genome: what it grows from.
        masses, springs, muscles: size of its body.
    """

    identity: tuple[int, int]
    parents: tuple[tuple[int, int], ...]
    operator: str
    fitness: float
    status: str
    curve: np.ndarray
    measures: dict[str, float]
    world_fitness: np.ndarray
    genome: Genome
    masses: int
    springs: int
    muscles: int

    @property
    def id(self) -> str:
        """Name of the design within its run."""
        return design_id(*self.identity)


def design_id(generation: int, individual: int) -> str:
    """Return the name of a design within its run, say g012-i0007."""
    return f"g{generation:03d}-i{individual:04d}"


def identity_of(name: str) -> tuple[int, int]:
    """Return the (generation, individual) that a design's name speaks of.

    Raises:
        DesignError: it is not such a name.
    """
    match = _ID.fullmatch(name)
    if match is None:
        raise DesignError("a design such as g012-i0007", repr(name), "list the designs of a run in its designs folder")
    return int(match[1]), int(match[2])


def write_designs(folder: Path, generation: int, evaluated: Individuals, evaluations: Evaluations) -> None:
    """Write the table of one generation, a row per design, whole or not at all.

    Raises:
        OutputError: the folder cannot be written to.
    """
    import pyarrow.parquet  # noqa: PLC0415 - only runs that write load it

    names = [design_id(*identity) for identity in evaluated.identities.tolist()]
    parents = [[design_id(*parent) for parent in pair if parent[0] >= 0] for pair in evaluated.parents.tolist()]
    columns: dict[str, Any] = {
        "design": names,
        "generation": evaluated.identities[:, 0].astype(np.int32),
        "individual": evaluated.identities[:, 1].astype(np.int32),
        "parents": pyarrow.array(parents, pyarrow.list_(pyarrow.string())),
        "operator": list(evaluated.operators),
        "masses": evaluations.masses,
        "springs": evaluations.springs,
        "muscles": evaluations.muscles,
        "fitness": evaluations.fitness,
        "status": [LearningStatus(code).label for code in evaluations.status],
        "curve": pyarrow.array(list(evaluations.curves), pyarrow.list_(pyarrow.float32())),
        "world_fitness": pyarrow.array(list(evaluations.world_fitness), pyarrow.list_(pyarrow.float64())),
        "genome_cells": [row.tobytes() for row in evaluated.genomes.cells],
        "genome_muscles": [np.packbits(row).tobytes() for row in evaluated.genomes.muscles],
        **{f"{MEASURE}{name}": values for name, values in evaluations.measures.items()},
    }
    about = {EDGES: str(evaluated.genomes.muscles.shape[1])}
    table = pyarrow.table(columns).replace_schema_metadata(about)
    with replacing(table_of(folder, generation)) as temporary:
        pyarrow.parquet.write_table(table, temporary, compression="zstd")
