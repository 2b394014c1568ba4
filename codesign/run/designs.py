"""Every design that a run evaluated, as rows of tables: writing them, and finding them again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from codesign.errors import DesignError, RunError
from codesign.evaluate import Evaluations
from codesign.files import replacing
from codesign.genome import Genome
from codesign.run.folder import table_number, table_of
from codesign.search import Individuals
from codesign.train import LearningStatus

_ID = re.compile(r"g(\d+)-i(\d+)")
_MEASURE = "measure."


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
        **{f"{_MEASURE}{name}": values for name, values in evaluations.measures.items()},
    }
    about = {"edges": str(evaluated.genomes.muscles.shape[1])}
    table = pyarrow.table(columns).replace_schema_metadata(about)
    with replacing(table_of(folder, generation)) as temporary:
        pyarrow.parquet.write_table(table, temporary, compression="zstd")


def generations_of(folder: Path) -> list[int]:
    """Return the generations that have a table, ascending."""
    return sorted(number for path in folder.glob("*.parquet") if (number := table_number(path)) is not None)


def read_designs(folder: Path, generation: int) -> list[Design]:
    """Return the designs of a generation, in order.

    Raises:
        DesignError: there is no such generation.
        RunError: its table cannot be read.
    """
    path = table_of(folder, generation)
    if not path.exists():
        known = generations_of(folder)
        there = f"generations 0 to {known[-1]}" if known else "no generation yet"
        raise DesignError(f"a generation of this run ({there})", str(generation), "choose one of these")
    table = _read(path, None)
    try:
        edges = int((table.schema.metadata or {})[b"edges"])
        return [_design(row, edges) for row in table.to_pylist()]
    except (KeyError, TypeError, ValueError) as error:
        got = f"{path} ({type(error).__name__}: {error})"
        raise RunError("a table of designs as runs write it", got, "restore it, or start a new run") from error


def ranking(folder: Path, generations: Sequence[int] | None = None) -> list[tuple[int, int]]:
    """Return the identities of all valid designs, of all generations or of some, the best first.

    Raises:
        RunError: a table cannot be read.
    """
    found: list[tuple[float, int, int]] = []
    for generation in generations_of(folder) if generations is None else generations:
        table = _read(table_of(folder, generation), ["fitness", "generation", "individual"])
        rows = zip(*(table.column(name).to_pylist() for name in ("fitness", "generation", "individual")), strict=True)
        found += [(-fitness, born, number) for fitness, born, number in rows if np.isfinite(fitness)]
    return [(born, number) for _, born, number in sorted(found)]


def read_design(folder: Path, identity: tuple[int, int]) -> Design:
    """Return one design.

    Raises:
        DesignError: the run has not evaluated it.
        RunError: its table cannot be read.
    """
    generation, individual = identity
    if generation in generations_of(folder):
        designs = read_designs(folder, generation)
        if individual < len(designs):
            return designs[individual]
        known = f"{design_id(generation, 0)} to {design_id(generation, len(designs) - 1)}"
    else:
        last = generations_of(folder)[-1:]
        known = f"generations 0 to {last[0]}" if last else "no generation yet"
    raise DesignError(f"a design of this run ({known})", design_id(*identity), "choose one of these, or best")


def _read(path: Path, columns: list[str] | None) -> Any:
    import pyarrow  # noqa: PLC0415 - as in write_designs
    import pyarrow.parquet  # noqa: PLC0415

    try:
        return pyarrow.parquet.read_table(path, columns=columns)
    except (OSError, pyarrow.ArrowException) as error:
        reason = str(error).splitlines()[0]
        raise RunError("a table of designs", f"{path} ({reason})", "restore it, or start a new run") from error


def _design(row: dict[str, Any], edges: int) -> Design:
    bits = np.unpackbits(np.frombuffer(row["genome_muscles"], dtype=np.uint8), count=edges)
    return Design(
        identity=(row["generation"], row["individual"]),
        parents=tuple(identity_of(name) for name in row["parents"]),
        operator=row["operator"],
        fitness=row["fitness"],
        status=row["status"],
        curve=np.array(row["curve"], dtype=np.float32),
        measures={name.removeprefix(_MEASURE): row[name] for name in row if name.startswith(_MEASURE)},
        world_fitness=np.array(row["world_fitness"], dtype=np.float64),
        genome=Genome(np.frombuffer(row["genome_cells"], dtype=np.uint8), bits),
        masses=row["masses"],
        springs=row["springs"],
        muscles=row["muscles"],
    )
