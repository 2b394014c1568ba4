"""Designs that a run evaluated, and writing them as the rows of a table for each generation."""

import json
import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from codesign.errors import DesignError
from codesign.evaluate import DesignWeights, Evaluations
from codesign.files import replacing
from codesign.genome import Genome
from codesign.run.folder import table_of
from codesign.search import Individuals
from codesign.train import LearningStatus

MEASURE = "measure."
"""What the names of the columns of measures begin with."""

BODY_WEIGHTS = "body_weights"
"""Name of the column of what was learned of bodies, which runs have whose bodies learn."""

INHERITED = "inherited"
"""Name of the column of the share of a design's weights that it inherited, which runs have that pass on controllers."""

COMPLETED = "completed"
"""Name of the column of how many designs of a run were completed before each, which asynchronous runs have."""

ISLAND = "island"
"""Name of the column of the island that each design was born on, which runs with several have."""

START = "start"
"""Name of the column of the starts that designs learned from, which runs have whose designs have several."""

FROM_SCRATCH = "from_scratch"
"""Name of the column of fitness from drawn weights, NaN of designs that never entered the population; in runs that tell
of it."""

ENTERED = "entered"
"""Name of the column of whether designs were selected into the population, 1 or 0, which runs have where that does not
follow from their fitness."""

EDGES = b"edges"
"""Key of a table's metadata: how many muscle bits a genome has, which come in bytes."""

BOUNDS = b"bounds"
"""Key of a file's metadata: least and highest individual and highest fitness in each group of rows, JSON. The format's
own statistics say the same, but looking at those of a damaged file ends the process (Arrow 26)."""

ROWS_TOGETHER = 4096
"""Rows that are made, and lie in a table, together: readers that look for one design read so many."""

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
        body_weights: what was learned of its body, flat, float64; none where it is as drawn (`DesignWeights`).
        inherited: share of its weights that it inherited, from 0 to 1; None in runs that pass on no controllers.
        start: which of its starts it learned from, 0 for its own (`Request.attempts`).
        from_scratch: fitness that it comes to from drawn weights, NaN if it never entered the population; None in runs
            that do not tell (`SearchSettings.from_scratch`).
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
    body_weights: np.ndarray = field(default_factory=lambda: np.zeros(0))
    inherited: float | None = None
    start: int = 0
    from_scratch: float | None = None

    @property
    def id(self) -> str:
        """Name of the design within its run."""
        return design_id(*self.identity)

    def __repr__(self) -> str:
        """Return in a line which design it is, how good and how large."""
        size = f"{self.masses} masses, {self.springs} springs, {self.muscles} muscles"
        return f"<Design {self.id}: fitness {self.fitness:.4g}, {self.status}, {size}, made by {self.operator}>"


def design_id(generation: int, individual: int) -> str:
    """Return the name of a design within its run, say g012-i0007."""
    return f"g{generation:03d}-i{individual:04d}"


def design_ids(identities: np.ndarray) -> Any:
    """Return the names of many designs, an Arrow array of strings.

    Args:
        identities: (generation, individual) of each, shape (n, 2).
    """
    import pyarrow  # noqa: PLC0415 - only who reads or writes tables loads it
    import pyarrow.compute  # noqa: PLC0415

    compute: Any = pyarrow.compute
    generations, individuals = (
        compute.utf8_lpad(pyarrow.array(np.ascontiguousarray(identities[:, place])).cast(pyarrow.string()), width, "0")
        for place, width in ((0, 3), (1, 4))
    )
    return compute.binary_join_element_wise("g", generations, "-i", individuals, "")


def identity_of(name: str) -> tuple[int, int]:
    """Return the (generation, individual) that a design's name speaks of.

    Raises:
        DesignError: it is not such a name.
    """
    match = _ID.fullmatch(name)
    if match is None:
        raise DesignError("a design such as g012-i0007", repr(name), "list the designs of a run in its designs folder")
    return int(match[1]), int(match[2])


def write_designs(
    folder: Path,
    generation: int,
    evaluated: Individuals,
    evaluations: Evaluations,
    inherited: np.ndarray | None = None,
    further: Mapping[str, np.ndarray] | None = None,
) -> None:
    """Write the table of one generation, a row per design, whole or not at all, into a folder that is there.

    Args:
        folder: of the tables.
        generation: its number.
        evaluated: the designs, at least one.
        evaluations: what came of them.
        inherited: which share of its weights each inherited, shape (n,); None where none inherits controllers.
        further: numbers of each by the names of their columns: `COMPLETED`, `ISLAND`, `FROM_SCRATCH`, `ENTERED`.

    Raises:
        OutputError: the folder cannot be written to.
    """
    import pyarrow  # noqa: PLC0415 - only runs that write load it
    import pyarrow.parquet  # noqa: PLC0415

    open_table: Any = pyarrow.parquet.ParquetWriter
    about = {EDGES: str(evaluated.genomes.muscles.shape[1])}
    with replacing(table_of(folder, generation), make_folder=False) as temporary, ExitStack() as open_files:
        writer, bounds = None, []
        for start in range(0, len(evaluated), ROWS_TOGETHER):
            rows = slice(start, start + ROWS_TOGETHER)
            columns = _columns(evaluated, evaluations, rows, inherited)
            columns |= {name: values[rows] for name, values in (further or {}).items()}
            table = pyarrow.table(columns).replace_schema_metadata(about)
            if writer is None:
                # Most columns hold numbers of which hardly two are equal: a dictionary of them costs time and space.
                made = open_table(
                    temporary,
                    table.schema,
                    compression="zstd",
                    use_dictionary=["operator", "status"],
                    write_statistics=False,
                    write_page_checksum=True,
                )
                writer = open_files.enter_context(made)
            writer.write_table(table)
            numbers, fitness = evaluated.identities[rows, 1], evaluations.fitness[rows]
            bounds.append([int(numbers.min()), int(numbers.max()), float(np.max(fitness, initial=-np.inf))])
        if writer is not None:
            writer.add_key_value_metadata({BOUNDS: json.dumps(bounds)})


def _columns(
    evaluated: Individuals, evaluations: Evaluations, rows: slice, inherited: np.ndarray | None
) -> dict[str, Any]:
    """Return the columns of some rows of a table by name, made of whole arrays."""
    import pyarrow  # noqa: PLC0415 - as above

    identities, lineage = evaluated.identities[rows], evaluated.parents[rows]
    has_parent = lineage[:, :, 0] >= 0
    statuses = [LearningStatus(code).label for code in range(max(LearningStatus) + 1)]
    return {
        "design": design_ids(identities),
        "generation": identities[:, 0].astype(np.int32),
        "individual": identities[:, 1].astype(np.int32),
        "parents": _lists(design_ids(lineage[has_parent]), has_parent.sum(axis=1)),
        "operator": pyarrow.array(evaluated.operators[rows], pyarrow.string()),
        "masses": evaluations.masses[rows],
        "springs": evaluations.springs[rows],
        "muscles": evaluations.muscles[rows],
        "fitness": evaluations.fitness[rows],
        "status": pyarrow.array(statuses, pyarrow.string()).take(pyarrow.array(evaluations.status[rows])),
        "curve": rows_as_lists(evaluations.curves[rows]),
        "world_fitness": rows_as_lists(evaluations.world_fitness[rows]),
        "genome_cells": _rows_as_bytes(evaluated.genomes.cells[rows]),
        "genome_muscles": _rows_as_bytes(np.packbits(evaluated.genomes.muscles[rows], axis=1)),
        **(
            {}
            if evaluations.body_weights is None
            else {BODY_WEIGHTS: _weights_as_lists(evaluations.body_weights, rows)}
        ),
        **({} if inherited is None else {INHERITED: inherited[rows]}),
        **({} if evaluations.starts is None else {START: evaluations.starts[rows].astype(np.int32)}),
        **{f"{MEASURE}{name}": values[rows] for name, values in evaluations.measures.items()},
    }


def _weights_as_lists(weights: DesignWeights, rows: slice) -> Any:
    """Return the weights of some designs as one list per row."""
    import pyarrow  # noqa: PLC0415 - as above

    start = weights.start[rows.start : rows.stop + 1]
    return _lists(pyarrow.array(weights.values[start[0] : start[-1]]), np.diff(start))


def rows_as_lists(values: np.ndarray) -> Any:
    """Return a table of numbers as one list of them per row."""
    import pyarrow  # noqa: PLC0415 - as above

    return _lists(pyarrow.array(values.ravel()), np.full(len(values), values.shape[1]))


def _lists(values: Any, lengths: np.ndarray) -> Any:
    """Return consecutive values as lists of the given lengths."""
    import pyarrow  # noqa: PLC0415 - as above

    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pyarrow.ListArray.from_arrays(offsets, values)


def _rows_as_bytes(values: np.ndarray) -> Any:
    """Return a table of bytes as one piece of binary per row."""
    import pyarrow  # noqa: PLC0415 - as above

    offsets = np.arange(len(values) + 1, dtype=np.int32) * np.int32(values.shape[1])
    buffers = [None, pyarrow.py_buffer(offsets), pyarrow.py_buffer(np.ascontiguousarray(values))]
    return pyarrow.Array.from_buffers(pyarrow.binary(), len(values), buffers)
