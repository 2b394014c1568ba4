"""Tables of what designs did from further starts, one for each generation in which some had any."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from codesign.errors import RunError
from codesign.evaluate import Evaluations
from codesign.files import replacing
from codesign.run.design_tables import DesignTables, read_columns, reading
from codesign.run.designs import MEASURE, START, Design, design_ids, rows_as_lists
from codesign.run.folder import RunFolder, table_number, table_of
from codesign.run.identities import Identity, identity_pair
from codesign.train import LearningStatus


@dataclass(frozen=True, eq=False)
class Starts:
    """Evaluations of designs from other starts than their first; entry i of every field belongs to evaluation i.

    Attributes:
        identities: (generation, individual) of the design, int64, shape (n, 2).
        attempts: number of the start, from 1, int64.
        fitness: from this start, -inf if invalid, float64.
        fitness_of_all: what the design is worth by all its starts up to the generation of the table, which is what
            selected, float64.
    """

    identities: np.ndarray
    attempts: np.ndarray
    fitness: np.ndarray
    fitness_of_all: np.ndarray

    def judged(self) -> dict[Identity, float]:
        """Return what each design is worth by all its starts."""
        return dict(zip(map(identity_pair, self.identities.tolist()), self.fitness_of_all.tolist(), strict=True))


class StartTables:
    """What a run's designs did from further starts, read when it is asked for; empty where none had any.

    Args:
        folder: the run's.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder.starts

    def generations(self) -> list[int]:
        """Return the generations that have a table, ascending."""
        numbers = (table_number(path) for path in self._folder.glob("*.parquet"))
        return sorted(number for number in numbers if number is not None)

    def generation(self, generation: int) -> Starts:
        """Return the starts of a generation, none where it has no table.

        Raises:
            RunError: its table cannot be read.
        """
        path = table_of(self._folder, generation)
        if not path.exists():
            none = np.zeros(0)
            return Starts(np.zeros((0, 2), np.int64), np.zeros(0, np.int64), none, none)
        names = ["generation", "individual", "attempt", "fitness", "fitness_of_all"]
        table = read_columns(path, names)
        with reading(path):
            born, number, attempts, fitness, of_all = (table.column(name).to_numpy() for name in names)
            return Starts(
                np.stack([born, number], axis=1).astype(np.int64),
                attempts.astype(np.int64),
                fitness.astype(np.float64),
                of_all.astype(np.float64),
            )

    def judged(self) -> dict[Identity, float]:
        """Return what each design with several starts is worth by all of them, as it was judged last.

        Raises:
            RunError: a table cannot be read.
        """
        found: dict[Identity, float] = {}
        for generation in self.generations():
            found |= self.generation(generation).judged()
        return found

    def fitness(self, identities: Iterable[Identity], until: int | None = None) -> dict[Identity, list[float]]:
        """Return the fitness of designs from their starts 1, 2, ..., in that order, of each that has any.

        Args:
            identities: of the designs.
            until: last generation whose starts count; None for all.

        Raises:
            RunError: a table cannot be read, or lacks a start.
        """
        wanted = set(identities)
        found: dict[Identity, list[float]] = {}
        oldest = min((born for born, _ in wanted), default=0)
        for generation in self.generations():
            if generation < oldest or (until is not None and generation > until):
                continue
            starts = self.generation(generation)
            rows = zip(
                map(identity_pair, starts.identities.tolist()), starts.attempts, starts.fitness.tolist(), strict=True
            )
            for identity, attempt, fitness in rows:
                if identity not in wanted:
                    continue
                own = found.setdefault(identity, [])
                own.append(fitness)
                if attempt != len(own):
                    got = f"start {attempt} after {len(own) - 1} in {table_of(self._folder, generation)}"
                    raise RunError("tables with all starts of a design", got, "restore them, or start a new run")
        return found

    def table(self) -> Any:
        """Return all starts but the first of each design as one Arrow table, generation after generation.

        Raises:
            RunError: a table cannot be read.
        """
        import pyarrow  # noqa: PLC0415 - only who reads or writes tables loads it

        parts = [read_columns(table_of(self._folder, generation), None) for generation in self.generations()]
        if not parts:
            names = ("design", "generation", "individual", "attempt", "fitness", "fitness_of_all")
            return pyarrow.table({name: [] for name in names})
        with reading(self._folder):
            return pyarrow.concat_tables(parts, promote_options="default")


def best_attempts(folder: RunFolder, designs: Sequence[Design]) -> dict[Identity, int]:
    """Return the number of the start from which each design did best, the first of equals; empty if all have one only.

    Raises:
        RunError: a table cannot be read, or lacks a start.
    """
    further = StartTables(folder).fitness([design.identity for design in designs])
    if not further:
        return {}
    first = {design.identity: design.fitness for design in DesignTables(folder).find(list(further))}
    best = {identity: int(np.argmax([first[identity], *own])) for identity, own in further.items()}
    return {design.identity: best.get(design.identity, 0) for design in designs}


def from_best_start(folder: RunFolder, designs: Sequence[Design]) -> list[Design]:
    """Return designs with what they learned from their best starts: curves, status, measures, fitness in each world.

    Their fitness stays what it is.

    Raises:
        RunError: a table cannot be read, or lacks a start.
    """
    wanted = {identity: attempt for identity, attempt in best_attempts(folder, designs).items() if attempt}
    own = {design.identity: design for design in designs}
    found: dict[Identity, Design] = {}
    starts = StartTables(folder)
    for generation in starts.generations() if wanted else ():
        of = starts.generation(generation)
        pairs = [identity_pair(identity) for identity in of.identities.tolist()]
        places = [
            place
            for place, (identity, attempt) in enumerate(zip(pairs, of.attempts.tolist(), strict=True))
            if wanted.get(identity) == attempt
        ]
        if places:
            path = table_of(folder.starts, generation)
            table = read_columns(path, None)
            with reading(path):
                rows = table.take(places).to_pylist()
                found |= {pairs[place]: _with(own[pairs[place]], row) for place, row in zip(places, rows, strict=True)}
    return [found.get(design.identity, design) for design in designs]


def _with(design: Design, row: Mapping[str, Any]) -> Design:
    return replace(
        design,
        status=row["status"],
        # Rows of a table are as long as those of the designs that learn longest.
        curve=np.array(row["curve"][: len(design.curve)], dtype=np.float32),
        start=row[START],
        measures={name.removeprefix(MEASURE): value for name, value in row.items() if name.startswith(MEASURE)},
        world_fitness=np.array(row["world_fitness"], dtype=np.float64),
    )


def write_starts(folder: Path, generation: int, starts: Starts, evaluations: Evaluations) -> None:
    """Write the table of one generation, a row for each start, whole or not at all.

    Args:
        folder: of these tables.
        generation: its number.
        starts: in the order of `evaluations`.
        evaluations: what came of them.

    Raises:
        OutputError: the folder cannot be written to.
    """
    import pyarrow  # noqa: PLC0415 - only runs that write load it
    import pyarrow.parquet  # noqa: PLC0415

    write_table: Any = pyarrow.parquet.write_table
    labels = [LearningStatus(code).label for code in range(max(LearningStatus) + 1)]
    table = pyarrow.table(
        {
            "design": design_ids(starts.identities),
            "generation": starts.identities[:, 0].astype(np.int32),
            "individual": starts.identities[:, 1].astype(np.int32),
            "attempt": starts.attempts.astype(np.int32),
            START: (starts.attempts if evaluations.starts is None else evaluations.starts).astype(np.int32),
            "fitness": starts.fitness,
            "fitness_of_all": starts.fitness_of_all,
            "status": pyarrow.array(labels, pyarrow.string()).take(pyarrow.array(evaluations.status)),
            "curve": rows_as_lists(evaluations.curves),
            "world_fitness": rows_as_lists(evaluations.world_fitness),
            **{f"{MEASURE}{name}": values for name, values in evaluations.measures.items()},
        }
    )
    with replacing(table_of(folder, generation)) as temporary:
        write_table(table, temporary, compression="zstd", write_statistics=False, write_page_checksum=True)
