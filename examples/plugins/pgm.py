"""Format `pgm`: bodies of squares as grey pictures, which image programs draw and show.

A pixel is a cell, and its grey from 0 to 4 the material: empty, rigid, soft, horizontal and vertical muscle. This is
the plain form (P2) of netpbm's grey maps, with a largest value of 4.

Try it in this folder:

    from codesign.testing import check_format
    from pgm import pgm

    check_format(pgm)
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from codesign.files import write_text
from codesign.formats import BodyPlan, Format, FormatError
from codesign.plugins import register
from codesign.reading import MOST, read_text

LARGEST = 4


def read(path: Path) -> list[BodyPlan]:
    """Return the body in a picture, whose first row is the highest one."""
    lines = [line.partition("#")[0] for line in read_text(path, MOST.drawings).splitlines()]
    kind, *numbers = " ".join(lines).split() or [""]
    columns, rows, largest, *pixels = [int(number) for number in numbers]
    if kind != "P2" or largest != LARGEST or columns < 1 or len(pixels) != rows * columns:
        raise ValueError(f"no plain grey map (P2) of {columns} x {rows} values up to {LARGEST}")
    if not all(0 <= pixel <= LARGEST for pixel in pixels):
        raise ValueError(f"a value that is not from 0 to {LARGEST}")
    cells = np.array(pixels, dtype=np.uint8).reshape(rows, columns)[::-1]
    return [BodyPlan(path.stem, "square", cells)]


def write(plans: Sequence[BodyPlan], path: Path) -> list[Path]:
    """Write a picture for each body, and return the files."""
    paths = [path] if len(plans) == 1 else [path.with_name(f"{path.stem}-{plan.name}.pgm") for plan in plans]
    for plan, each in zip(plans, paths, strict=True):
        if plan.lattice != "square":
            raise FormatError("bodies of squares for pgm", f"{plan.name} of another kind", "choose another format")
        rows = [" ".join(map(str, row)) for row in plan.cells[::-1].tolist()]
        size = f"{plan.cells.shape[1]} {plan.cells.shape[0]}"
        write_text(each, "\n".join(["P2", size, str(LARGEST), *rows]) + "\n")
    return paths


pgm = Format("pgm", (".pgm",), read, lambda _path, head: head.startswith(b"P2"), write)
register("format", pgm)
