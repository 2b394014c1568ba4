"""Tables of EvoGym's bodies, parquet, with the columns of the public data set of robots."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from codesign.files import replacing
from codesign.formats.body_plan import BodyPlan, FormatError
from codesign.formats.evogym_structures import plans_of_structures, structures_of
from codesign.formats.format import Format
from codesign.formats.reading import renamed
from codesign.machine import available_memory
from codesign.reading import MOST, limited_memory, require_file

_COLUMNS = ("uid", "body", "connections", "reward", "env_name", "generated_by")

_MOST_ROWS = 2**22

_MOST_NUMBERS = 2**30
"""Cells of all bodies, or ends of all connections."""

_ABOUT = {"environment": "env_name", "generator": "generated_by"}


def read(path: Path) -> list[BodyPlan]:
    """Return the body of every row, named by its uid, with its reward as fitness; other columns are not read.

    Raises:
        FormatError: no table with a column of bodies; a row that is no body.
        OSError: it cannot be read.
        ValueError: it is no such file.
    """
    require_file(path, MOST.table)
    table = _table(path)
    names, rewards, about = _texts(table, "uid", "row-{}"), _rewards(table), _about(table)
    height, width, cells = _matrices(table, "body")
    joins = _matrices(table, "connections") if "connections" in table.column_names else None
    plans: list[Any] = [None] * len(names)
    for shape in np.unique(np.stack([height, width], axis=1), axis=0):
        rows = np.flatnonzero((height == shape[0]) & (width == shape[1]))
        made = plans_of_structures(
            [names[row] for row in rows],
            _blocks(cells, height * width, rows).reshape(len(rows), *shape),
            None if joins is None else _connections(names, rows, *joins),
            [rewards[row] for row in rows],
            [about[row] for row in rows],
        )
        for row, plan in zip(rows.tolist(), made, strict=True):
            plans[row] = plan
    return renamed(plans)


def _table(path: Path) -> Any:
    """Return the columns that are there of those that mean something.

    Raises:
        FormatError: there is none of bodies.
        OSError: the file cannot be read.
        ValueError: it is no table, or one of more rows than are read.
    """
    import pyarrow.parquet  # noqa: PLC0415 - only who reads or writes tables loads it

    # Threads that cannot get their stacks under the limit of memory would be waited for without end.
    alone = {"pre_buffer": False, "page_checksum_verification": True}
    try:
        with limited_memory(available_memory() // 2), pyarrow.parquet.ParquetFile(path, **alone) as file:
            if file.metadata.num_rows > _MOST_ROWS:
                raise ValueError(f"{file.metadata.num_rows} rows, more than {_MOST_ROWS}")
            names = file.schema_arrow.names
            if "body" not in names:
                got = f"columns {', '.join(names[:8]) or 'of no name'}"
                raise FormatError(f"a table with columns {', '.join(_COLUMNS)}", got, "save at least the column body")
            return file.read([name for name in _COLUMNS if name in names], use_threads=False)
    except MemoryError as error:
        raise ValueError("a table that does not fit into half of the memory") from error
    except (pyarrow.ArrowException, LookupError, TypeError, ArithmeticError) as error:
        raise ValueError(" ".join(str(error).split())[:200] or type(error).__name__) from error


def _texts(table: Any, name: str, instead: str) -> list[str]:
    """Return a column of texts, the number of the row in place of what is missing."""
    found = table.column(name).to_pylist() if name in table.column_names else [None] * len(table)
    return [instead.format(row) if text is None else str(text) for row, text in enumerate(found)]


def _rewards(table: Any) -> list[float | None]:
    """Return the fitness of each row, None where there is none.

    Raises:
        ValueError: rewards that are no numbers.
    """
    import pyarrow.types as of  # noqa: PLC0415 - as above

    if "reward" not in table.column_names:
        return [None] * len(table)
    column = table.column("reward")
    if not (of.is_floating(column.type) or of.is_integer(column.type)):
        raise ValueError(f"a column reward of {column.type}, not of numbers")
    return [None if value is None else float(value) for value in column.to_pylist()]


def _about(table: Any) -> list[dict[str, str]]:
    there = {key: table.column(name).to_pylist() for key, name in _ABOUT.items() if name in table.column_names}
    return [
        {key: str(values[row]) for key, values in there.items() if values[row] is not None} for row in range(len(table))
    ]


def _matrices(table: Any, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return how many rows and columns the array of each row of the table has, and all their numbers, one by one.

    Raises:
        FormatError: an array whose rows are of different lengths; the message names it.
        ValueError: a column of something else than lists of lists of numbers, or with gaps.
    """
    import pyarrow.compute  # noqa: PLC0415 - as above
    import pyarrow.types as of  # noqa: PLC0415

    compute: Any = pyarrow.compute
    column = table.column(name)
    inner = [column.type, getattr(column.type, "value_type", None)]
    numbers = getattr(inner[1], "value_type", None)
    lists = all(kind is not None and (of.is_list(kind) or of.is_large_list(kind)) for kind in inner)
    if not lists or not (of.is_integer(numbers) or of.is_floating(numbers)):
        raise ValueError(f"a column {name} of {column.type}, not of lists of lists of numbers")
    rows = compute.list_flatten(column)
    values = compute.list_flatten(rows)
    if column.null_count or rows.null_count or values.null_count:
        raise ValueError(f"a column {name} with gaps")
    if len(values) > _MOST_NUMBERS:
        raise ValueError(f"{len(values)} numbers in the column {name}, more than {_MOST_NUMBERS}")
    height = compute.list_value_length(column).to_numpy().astype(np.int64)
    lengths = compute.list_value_length(rows).to_numpy().astype(np.int64)
    first = np.cumsum(height) - height
    width = np.zeros(len(height), dtype=np.int64)
    width[height > 0] = lengths[first[height > 0]]
    for wrong in np.flatnonzero(lengths != np.repeat(width, height))[:1]:
        row = int(np.searchsorted(first, wrong, side="right")) - 1
        uid = _texts(table, "uid", "row-{}")[row]
        got = f"rows of {width[row]} and {lengths[wrong]} in {name} of {uid}"
        raise FormatError(f"a {name} whose rows are of one length", got, "complete its rows")
    return height, width, values.to_numpy()


def _blocks(values: np.ndarray, counts: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the numbers of some rows of the table, of which each has equally many, shape (rows, numbers)."""
    first = np.cumsum(counts) - counts
    return values[first[rows][:, None] + np.arange(int(counts[rows[0]]))]


def _connections(
    names: Sequence[str], rows: np.ndarray, height: np.ndarray, width: np.ndarray, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the connections of some rows of the table, by their place among these, and the cells that they join.

    Raises:
        FormatError: connections that are not two rows of cells; the message names them.
    """
    counts = height * width
    for wrong in rows[(height[rows] != 2) & (counts[rows] > 0)][:1]:
        got = f"{height[wrong]} in body {names[wrong]}"
        raise FormatError("connections as two rows of cells", got, "save both ends of each connection")
    here = np.where(counts[rows] > 0, width[rows], 0)
    owners = np.repeat(np.arange(len(rows)), here)
    within = np.arange(len(owners)) - np.repeat(np.cumsum(here) - here, here)
    first = np.repeat((np.cumsum(counts) - counts)[rows], here) + within
    return owners, np.stack([values[first], values[first + here[owners]]], axis=1)


def write(plans: Sequence[BodyPlan], path: Path) -> list[Path]:
    """Write a table of the bodies, all neighbours joined; a fitness that is not known is a gap.

    Raises:
        FormatError: a body that is not of squares.
        OutputError: the file cannot be written.
    """
    import pyarrow  # noqa: PLC0415 - as above
    import pyarrow.parquet  # noqa: PLC0415

    structures = structures_of(plans)
    matrix = pyarrow.list_(pyarrow.list_(pyarrow.int64()))
    table = pyarrow.table(
        {
            "uid": pyarrow.array([plan.name for plan in plans], pyarrow.string()),
            "body": pyarrow.array([body.tolist() for body, _ in structures], matrix),
            "connections": pyarrow.array([joins.tolist() for _, joins in structures], matrix),
            "reward": pyarrow.array([plan.fitness for plan in plans], pyarrow.float64()),
            **{
                name: pyarrow.array([plan.about.get(key, "") for plan in plans], pyarrow.string())
                for key, name in _ABOUT.items()
            },
        }
    )
    with replacing(path) as temporary:
        pyarrow.parquet.write_table(table, temporary)
    return [path]


EVOGYM_DATASET = Format(
    name="evogym_dataset",
    suffixes=(".parquet",),
    read=read,
    recognises=lambda _path, head: head.startswith(b"PAR1"),
    write=write,
)
