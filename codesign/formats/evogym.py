"""EvoGym's structure files, .npz: a body and its connections, as `numpy.savez(path, body, connections)` writes them."""

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from codesign.files import write_bytes
from codesign.formats.body_plan import BodyPlan, FormatError
from codesign.formats.evogym_structures import MOST_NUMBERS, plans_of_structures, structure_of
from codesign.formats.format import Format, paths_for
from codesign.npy_reading import npz_arrays
from codesign.reading import MOST, read_bytes

_FIRST_ARRAY = re.compile(rb"PK\x03\x04.{26}(arr_0|arr_1|body|connections)\.npy", re.DOTALL)


def read_structure(path: Path, name: str, fitness: float | None, about: Mapping[str, str]) -> BodyPlan:
    """Return the body in a structure file.

    Args:
        path: the file.
        name: what the plan is called.
        fitness: what it is worth.
        about: what else is known of it.

    Raises:
        FormatError: it holds no body of EvoGym.
        OSError: it cannot be read.
        ValueError: it is no file of arrays, or an array is not of numbers.
    """
    arrays = npz_arrays(read_bytes(path, MOST.bodies), MOST_NUMBERS)
    body, connections = (
        arrays.get(key, arrays.get(place)) for key, place in (("body", "arr_0"), ("connections", "arr_1"))
    )
    if body is None or body.ndim != 2 or not body.size:
        got = f"arrays {', '.join(arrays) or 'of no name'}" if body is None else f"one of shape {body.shape}"
        expected = "a body as an array of rows and columns, arr_0 or body"
        raise FormatError(expected, got, "save it with numpy.savez(path, body, connections)")
    joins = None
    if connections is not None:
        if connections.size and (connections.ndim != 2 or len(connections) != 2):
            got = f"connections of shape {connections.shape}"
            raise FormatError("connections of shape (2, count)", got, "save two rows, of the cells that are joined")
        pairs = connections.T.reshape(-1, 2)
        joins = np.zeros(len(pairs), dtype=np.int64), pairs
    return plans_of_structures([name], body[None], joins, [fitness], [about])[0]


def read(path: Path) -> list[BodyPlan]:
    """Return the one body in a structure file, named like it."""
    return [read_structure(path, path.stem, None, {})]


def write(plans: Sequence[BodyPlan], path: Path) -> list[Path]:
    """Write each body to a structure file, all neighbours joined.

    Raises:
        FormatError: a body that is not of squares.
        OutputError: a file cannot be written.
    """
    structures = [structure_of(plan) for plan in plans]
    paths = paths_for([plan.name for plan in plans], path)
    for place, (body, connections) in zip(paths, structures, strict=True):
        stream = io.BytesIO()
        np.savez(stream, body, connections)
        write_bytes(place, stream.getvalue())
    return paths


EVOGYM = Format(
    name="evogym",
    suffixes=(".npz",),
    read=read,
    recognises=lambda _path, head: _FIRST_ARRAY.match(head) is not None,
    write=write,
)
