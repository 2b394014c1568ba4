"""Finding designs of a run again, in the tables that the run wrote."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from codesign.errors import DesignError, RunError
from codesign.genome import Genome, Genomes
from codesign.machine import available_memory
from codesign.reading import MOST, json_value, limited_memory, require_file
from codesign.run.designs import (
    BODY_WEIGHTS,
    BOUNDS,
    COMPLETED,
    EDGES,
    ENTERED,
    FROM_SCRATCH,
    INHERITED,
    ISLAND,
    MEASURE,
    START,
    Design,
    design_id,
    identity_of,
)
from codesign.run.folder import RunFolder, table_number, table_of
from codesign.search import NO_PARENT, Individuals

_DAMAGED = "restore it, or start a new run"

_MOST_ROWS = 2**24
"""Rows of a table: more than any generation has."""


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What became of the designs of a generation; entry i of each field belongs to design i.

    Attributes:
        identities: (generation, individual) of each, int64, shape (n, 2).
        parents: identities of its parents, `NO_PARENT` where it has none, int64, shape (n, 2, 2).
        operators: names of what made them.
        fitness: minus infinity if invalid, float64.
        before: performance before learning, float64; NaN where it is not known.
        masses, muscles: sizes of the bodies, int64.
        entered: whether each was selected into the population, bool; None where as many as were are the fittest.
    """

    identities: np.ndarray
    parents: np.ndarray
    operators: np.ndarray
    fitness: np.ndarray
    before: np.ndarray
    masses: np.ndarray
    muscles: np.ndarray
    entered: np.ndarray | None = None


class DesignTables:
    """All designs that a run evaluated, read from its tables when they are asked for.

    A run may have millions of designs: each method reads the rows and columns that it needs, of one generation at a
    time.

    Args:
        folder: the run's.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder.designs

    def generations(self) -> list[int]:
        """Return the generations that have a table, ascending."""
        numbers = (table_number(path) for path in self._folder.glob("*.parquet"))
        return sorted(number for number in numbers if number is not None)

    def generation(self, generation: int, individuals: Iterable[int] | None = None) -> list[Design]:
        """Return the designs of a generation, all of them or those of the given numbers, in the table's order.

        Raises:
            DesignError: there is no such generation.
            RunError: its table cannot be read.
        """
        path = self._table(generation)
        table = read_columns(path, None, individuals)
        with reading(path):
            edges = _edges(table)
            return [_design(row, edges) for row in table.to_pylist()]

    def find(self, identities: Sequence[tuple[int, int]]) -> list[Design]:
        """Return the designs of the given identities (generation, individual), in that order; each table is read once.

        Raises:
            DesignError: the run has not evaluated one of them.
            RunError: a table cannot be read.
        """
        wanted: dict[int, set[int]] = {}
        for generation, individual in identities:
            wanted.setdefault(generation, set()).add(individual)
        found: dict[tuple[int, int], Design] = {}
        for generation, individuals in wanted.items():
            path = table_of(self._folder, generation)
            designs = self.generation(generation, sorted(individuals)) if path.exists() else []
            found |= {design.identity: design for design in designs}
            for missing in sorted(individuals - {design.identity[1] for design in designs}):
                known = self._known()
                if path.exists():
                    known = f"{design_id(generation, 0)} to {design_id(generation, _rows(path) - 1)}"
                name = design_id(generation, missing)
                raise DesignError(f"a design of this run ({known})", name, "choose one of these, or best")
        return [found[identity] for identity in identities]

    def ranking(
        self,
        count: int | None = None,
        generations: Sequence[int] | None = None,
        judged: Mapping[tuple[int, int], float] | None = None,
    ) -> list[tuple[int, int]]:
        """Return the identities of the valid designs, the best first; of equals the older, then the lower number.

        Args:
            count: how many at most; None for all of them.
            generations: those to look at; None for all.
            judged: fitness of designs by more than the evaluation that the tables hold, see `StartTables`.

        Raises:
            DesignError: there is no such generation.
            RunError: a table cannot be read.
        """
        fitness, identities = np.zeros(0), np.zeros((0, 2), dtype=np.int64)
        # From the youngest on: of a search that gets better, most tables hold nothing that is good enough.
        for generation in sorted(self.generations() if generations is None else generations, reverse=True):
            path = self._table(generation)
            least = fitness[-1] if count and len(fitness) >= count else -np.inf
            if not judged and _most_fit(path) < least:
                continue
            table = read_columns(path, ["fitness", "generation", "individual"])
            with reading(path):
                more = table.column("fitness").to_numpy()
                if judged:
                    numbers = table.column("individual").to_pylist()
                    pairs = zip(numbers, more.tolist(), strict=True)
                    more = np.array([judged.get((generation, number), own) for number, own in pairs])
                better = np.flatnonzero(np.isfinite(more) & (more >= least))
                born = np.stack(
                    [table.column(name).to_numpy()[better] for name in ("generation", "individual")], axis=1
                )
                fitness, identities = np.append(fitness, more[better]), np.concatenate([identities, born])
            order = np.lexsort((identities[:, 1], identities[:, 0], -fitness))[:count]
            fitness, identities = fitness[order], identities[order]
        return [(born, number) for born, number in identities.tolist()]

    def evaluated(self, generation: int, measured: Sequence[str] = ()) -> Individuals:
        """Return the designs of a generation as the search was told of them.

        Args:
            generation: its number.
            measured: names of the measures that the search looks at.

        Raises:
            DesignError: there is no such generation.
            RunError: its table cannot be read.
        """
        path = self._table(generation)
        names = ["generation", "individual", "parents", "operator", "fitness", "genome_cells", "genome_muscles"]
        measures = {name: f"{MEASURE}{name}" for name in measured}
        table = read_columns(path, [*names, *measures.values()])
        with reading(path):
            edges = _edges(table)
            cells, bits = (
                np.frombuffer(b"".join(table.column(name).to_pylist()), dtype=np.uint8).reshape(len(table), -1)
                for name in ("genome_cells", "genome_muscles")
            )
            return Individuals(
                Genomes(cells, _unpacked(bits, edges)),
                np.stack([table.column(name).to_numpy() for name in names[:2]], axis=1).astype(np.int64),
                _lineage(table.column("parents")),
                tuple(table.column("operator").to_pylist()),
                table.column("fitness").to_numpy().astype(np.float64),
                {name: table.column(column).to_numpy().astype(np.float64) for name, column in measures.items()},
            )

    def completed(self, generation: int) -> np.ndarray:
        """Return how many designs of the run were completed before each of a generation, int64, shape (n,).

        Raises:
            DesignError: there is no such generation.
            RunError: its table cannot be read, or does not say so: that of a run that waits for generations does not.
        """
        path = self._table(generation)
        table = read_columns(path, [COMPLETED])
        with reading(path):
            return table.column(COMPLETED).to_numpy().astype(np.int64)

    def outcomes(self, generation: int) -> Outcomes:
        """Return what became of the designs of a generation, without their genomes.

        Raises:
            DesignError: there is no such generation.
            RunError: its table cannot be read.
        """
        import pyarrow.compute  # noqa: PLC0415 - only who reads or writes tables loads it

        compute: Any = pyarrow.compute
        path = self._table(generation)
        numbers = ("generation", "individual", "masses", "muscles")
        with _opened(path) as file:
            own = [ENTERED] if ENTERED in file.schema_arrow.names else []
        table = read_columns(path, [*numbers, "parents", "operator", "fitness", "curve", *own])
        with reading(path):
            generations, individuals, masses, muscles = (
                table.column(name).to_numpy().astype(np.int64) for name in numbers
            )
            return Outcomes(
                np.stack([generations, individuals], axis=1),
                _lineage(table.column("parents")),
                np.array(table.column("operator").to_pylist(), dtype=np.str_),
                table.column("fitness").to_numpy().astype(np.float64),
                compute.list_element(table.column("curve"), 0).to_numpy().astype(np.float64),
                masses,
                muscles,
                table.column(ENTERED).to_numpy() != 0 if own else None,
            )

    def measures(self, generation: int) -> dict[str, np.ndarray]:
        """Return the measures of the designs of a generation by name, in the table's order, each float64, shape (n,).

        Raises:
            DesignError: there is no such generation.
            RunError: its table cannot be read.
        """
        path = self._table(generation)
        with _opened(path) as file:
            names = [name for name in file.schema_arrow.names if name.startswith(MEASURE)]
        table = read_columns(path, names)
        with reading(path):
            return {name.removeprefix(MEASURE): table.column(name).to_numpy().astype(np.float64) for name in names}

    def table(self) -> Any:
        """Return all designs as one Arrow table, generation after generation, with the columns of the run's tables.

        Raises:
            RunError: a table cannot be read, or they take more than half of the memory together.
        """
        import pyarrow  # noqa: PLC0415 - only who reads or writes tables loads it

        parts = [read_columns(self._table(generation), None) for generation in self.generations()]
        if not parts:
            return pyarrow.table({name: [] for name in ("generation", "individual", "design", "fitness")})
        with reading(self._folder):
            # Tables of older versions lack columns.
            return pyarrow.concat_tables(parts, promote_options="default")

    def _table(self, generation: int) -> Path:
        path = table_of(self._folder, generation)
        if not path.exists():
            raise DesignError(f"a generation of this run ({self._known()})", str(generation), "choose one of these")
        return path

    def _known(self) -> str:
        generations = self.generations()
        return f"generations 0 to {generations[-1]}" if generations else "no generation yet"


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what is wrong with a table into an error that names it, and limit the memory that it takes."""
    import pyarrow  # noqa: PLC0415 - only who reads or writes tables loads it

    try:
        with limited_memory(available_memory() // 2):
            yield
    except MemoryError as error:
        raise RunError("a table of designs that fits into half of the memory", f"{path}", _DAMAGED) from error
    except (OSError, ArithmeticError, LookupError, TypeError, ValueError, DesignError, pyarrow.ArrowException) as error:
        said = " ".join(str(getattr(error, "strerror", None) or error).split())
        got = f"{path} ({type(error).__name__}: {said})"
        raise RunError("a table of designs as runs write it", got, _DAMAGED) from error


def read_columns(path: Path, columns: list[str] | None, individuals: Iterable[int] | None = None) -> Any:
    """Return columns of a table, None for all of them, and rows, None for all of them."""
    import pyarrow.compute  # noqa: PLC0415 - only who reads or writes tables loads it

    compute: Any = pyarrow.compute
    with _opened(path) as file:
        if individuals is None:
            return _whole(file.read(columns, use_threads=False))
        wanted = sorted(individuals)
        groups = [
            group
            for group, (least, most, _) in enumerate(_bounds(file).tolist())
            if any(least <= number <= most for number in wanted)
        ]
        rows = _whole(file.read_row_groups(groups, columns, use_threads=False))
        return rows.filter(compute.is_in(rows.column("individual"), pyarrow.array(wanted, pyarrow.int32())))


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a table whose columns are of the right types, and turn what goes wrong with it into an error."""
    import pyarrow.parquet  # noqa: PLC0415 - as above

    with reading(path):
        require_file(path, MOST.table)
        # Threads that get no stacks under the limit of memory would be waited for without end.
        alone = {"pre_buffer": False, "page_checksum_verification": True}
        with pyarrow.parquet.ParquetFile(path, **alone) as file:
            if file.metadata.num_rows > _MOST_ROWS:
                raise ValueError(f"{file.metadata.num_rows} rows")
            for field in file.schema_arrow:
                _require_type(field.name, field.type)
            yield file


def _require_type(name: str, kind: Any) -> None:
    """Check that a column is of the type that runs write.

    Raises:
        ValueError: it is of another.
    """
    import pyarrow.types as of  # noqa: PLC0415 - as above

    inner = kind.value_type if of.is_list(kind) else None
    fits = {
        **dict.fromkeys(
            ("generation", "individual", "masses", "springs", "muscles", "attempt", COMPLETED, ENTERED, ISLAND, START),
            of.is_integer(kind),
        ),
        **dict.fromkeys(("design", "operator", "status"), of.is_string(kind)),
        **dict.fromkeys(("curve", "world_fitness", BODY_WEIGHTS), inner is not None and of.is_floating(inner)),
        **dict.fromkeys(("genome_cells", "genome_muscles"), of.is_binary(kind)),
        **dict.fromkeys(("fitness", "fitness_of_all", INHERITED, FROM_SCRATCH), of.is_floating(kind)),
        "parents": inner is not None and of.is_string(inner),
    }
    measured = name.startswith(MEASURE) and (of.is_floating(kind) or of.is_integer(kind))
    if not fits.get(name, measured):
        raise ValueError(f"a column {name} of {kind}")


def _whole(table: Any) -> Any:
    """Return a table that has every value.

    Raises:
        ValueError: one is missing, or an index is that of no generation or individual.
    """
    for name, column in zip(table.column_names, table.columns, strict=True):
        if column.null_count:
            raise ValueError(f"a column {name} with gaps")
        if name in ("generation", "individual", START) and len(column):
            numbers = column.to_numpy()
            if numbers.min() < 0 or numbers.max() >= 2**31:
                raise ValueError(f"a {name} of {numbers.min()} to {numbers.max()}")
    return table


def _bounds(file: Any) -> np.ndarray:
    """Return least and highest individual and highest fitness of each group of rows, float64, shape (groups, 3).

    Tables of older versions do not tell, and others may have been written again in other groups: those may have any.

    Raises:
        ValueError: the table tells something else.
    """
    groups = file.metadata.num_row_groups
    told = json_value((file.metadata.metadata or {}).get(BOUNDS, b"[]"), settings=True)
    bounds = np.array(told, dtype=np.float64)
    return bounds if bounds.shape == (groups, 3) else np.tile([-np.inf, np.inf, np.inf], (groups, 1))


def _most_fit(path: Path) -> float:
    """Return the highest fitness in a table, plus infinity where the table must be read to know."""
    with _opened(path) as file:
        return float(np.max(_bounds(file)[:, 2], initial=-np.inf))


def _rows(path: Path) -> int:
    with _opened(path) as file:
        return file.metadata.num_rows


def _lineage(parents: Any) -> np.ndarray:
    """Return the identities of the parents that a column names, `NO_PARENT` where there is none, shape (n, 2, 2).

    Raises:
        ValueError: more than two parents, or a name that is none.
    """
    import pyarrow.compute  # noqa: PLC0415 - as above

    compute: Any = pyarrow.compute
    counts = compute.list_value_length(parents).to_numpy()
    found = compute.extract_regex(compute.list_flatten(parents), "^g(?P<generation>[0-9]+)-i(?P<individual>[0-9]+)$")
    if found.null_count or (counts > 2).any():
        raise ValueError("parents that are no designs")
    lineage = np.full((len(parents), 2, 2), NO_PARENT, dtype=np.int64)
    there = np.arange(2) < counts[:, None]
    for place, name in enumerate(("generation", "individual")):
        lineage[there, place] = compute.struct_field(found, name).cast(pyarrow.int64()).to_numpy()
    return lineage


def _edges(table: Any) -> int:
    """Return how many muscle bits a genome of the table has."""
    return int((table.schema.metadata or {})[EDGES])


def _unpacked(packed: np.ndarray, edges: int) -> np.ndarray:
    """Return the muscle bits in rows of bytes.

    Raises:
        ValueError: rows of another number of bytes, which NumPy would fill up.
    """
    if packed.shape[-1] != (edges + 7) // 8:
        raise ValueError(f"{packed.shape[-1]} bytes, where {edges} bits should be")
    return np.unpackbits(packed, axis=-1, count=edges)


def _design(row: dict[str, Any], edges: int) -> Design:
    bits = _unpacked(np.frombuffer(row["genome_muscles"], dtype=np.uint8), edges)
    # Tables of versions in which a design had one world only do not have this column.
    in_worlds = row.get("world_fitness", [row["fitness"] if np.isfinite(row["fitness"]) else np.nan])
    return Design(
        identity=(row["generation"], row["individual"]),
        parents=tuple(identity_of(name) for name in row["parents"]),
        operator=row["operator"],
        fitness=row["fitness"],
        status=row["status"],
        curve=np.array(row["curve"], dtype=np.float32),
        measures={name.removeprefix(MEASURE): row[name] for name in row if name.startswith(MEASURE)},
        world_fitness=np.array(in_worlds, dtype=np.float64),
        genome=Genome(np.frombuffer(row["genome_cells"], dtype=np.uint8), bits),
        masses=row["masses"],
        springs=row["springs"],
        muscles=row["muscles"],
        body_weights=np.array(row.get(BODY_WEIGHTS, []), dtype=np.float64),
        inherited=row.get(INHERITED),
        start=row.get(START, 0),
        from_scratch=row.get(FROM_SCRATCH),
    )
