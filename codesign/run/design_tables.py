"""Finding designs of a run again, in the tables that the run wrote."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from codesign.errors import DesignError, RunError
from codesign.genome import Genome, Genomes
from codesign.run.designs import EDGES, MEASURE, Design, design_id, identity_of
from codesign.run.folder import RunFolder, table_number, table_of
from codesign.search import NO_PARENT, Individuals

_DAMAGED = "restore it, or start a new run"


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
        table = _read(path, None, individuals)
        with _reading(path):
            edges = int((table.schema.metadata or {})[EDGES])
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

    def ranking(self, count: int | None = None, generations: Sequence[int] | None = None) -> list[tuple[int, int]]:
        """Return the identities of the valid designs, the best first; of equals the older, then the lower number.

        Args:
            count: how many at most; None for all of them.
            generations: those to look at; None for all.

        Raises:
            DesignError: there is no such generation.
            RunError: a table cannot be read.
        """
        fitness, identities = np.zeros(0), np.zeros((0, 2), dtype=np.int64)
        for generation in self.generations() if generations is None else generations:
            table = _read(self._table(generation), ["fitness", "generation", "individual"])
            more = table.column("fitness").to_numpy()
            least = fitness[-1] if count and len(fitness) >= count else -np.inf
            better = np.flatnonzero(np.isfinite(more) & (more >= least))
            born = np.stack([table.column(name).to_numpy()[better] for name in ("generation", "individual")], axis=1)
            fitness, identities = np.append(fitness, more[better]), np.concatenate([identities, born])
            order = np.lexsort((identities[:, 1], identities[:, 0], -fitness))[:count]
            fitness, identities = fitness[order], identities[order]
        return [(born, number) for born, number in identities.tolist()]

    def evaluated(self, generation: int) -> Individuals:
        """Return the designs of a generation as the search was told of them.

        Raises:
            DesignError: there is no such generation.
            RunError: its table cannot be read.
        """
        path = self._table(generation)
        names = ["generation", "individual", "parents", "operator", "fitness", "genome_cells", "genome_muscles"]
        table = _read(path, names)
        with _reading(path):
            edges = int((table.schema.metadata or {})[EDGES])
            born, number, parents, operators, fitness, cells, muscles = (
                table.column(name).to_pylist() for name in names
            )
            count = len(born)
            bits = np.frombuffer(b"".join(muscles), dtype=np.uint8).reshape(count, -1)
            genomes = Genomes(
                np.frombuffer(b"".join(cells), dtype=np.uint8).reshape(count, -1),
                np.unpackbits(bits, axis=1, count=edges),
            )
            lineage = np.full((count, 2, 2), NO_PARENT, dtype=np.int64)
            for row, pair in zip(lineage, parents, strict=True):
                row[: len(pair)] = [identity_of(name) for name in pair] or NO_PARENT
            identities = np.stack([born, number], axis=1).astype(np.int64)
            return Individuals(genomes, identities, lineage, tuple(operators), np.array(fitness, dtype=np.float64))

    def _table(self, generation: int) -> Path:
        path = table_of(self._folder, generation)
        if not path.exists():
            raise DesignError(f"a generation of this run ({self._known()})", str(generation), "choose one of these")
        return path

    def _known(self) -> str:
        generations = self.generations()
        return f"generations 0 to {generations[-1]}" if generations else "no generation yet"


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn what is wrong with the content of a table into an error that names the table."""
    try:
        yield
    except (KeyError, TypeError, ValueError, DesignError) as error:
        got = f"{path} ({type(error).__name__}: {error})"
        raise RunError("a table of designs as runs write it", got, _DAMAGED) from error


def _read(path: Path, columns: list[str] | None, individuals: Iterable[int] | None = None) -> Any:
    """Return columns of a table, None for all of them, and rows, None for all of them."""
    import pyarrow  # noqa: PLC0415 - only who reads or writes tables loads it
    import pyarrow.parquet  # noqa: PLC0415

    filters = None if individuals is None else [("individual", "in", list(individuals))]
    try:
        return pyarrow.parquet.read_table(path, columns=columns, filters=filters)
    except (OSError, pyarrow.ArrowException) as error:
        raise RunError("a table of designs", f"{path} ({str(error).splitlines()[0]})", _DAMAGED) from error


def _rows(path: Path) -> int:
    import pyarrow.parquet  # noqa: PLC0415 - as above

    return pyarrow.parquet.read_metadata(path).num_rows


def _design(row: dict[str, Any], edges: int) -> Design:
    bits = np.unpackbits(np.frombuffer(row["genome_muscles"], dtype=np.uint8), count=edges)
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
    )
