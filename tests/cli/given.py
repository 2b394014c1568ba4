"""Files of bodies for tests of commands that take them."""

from pathlib import Path

import numpy as np

from codesign.formats import FORMATS, BodyPlan, Format, Inexpressible


def robots() -> list[BodyPlan]:
    """Return three robots of squares: a foot under one side, so that one sees which way is up."""
    cells = np.array([[3, 0, 0], [1, 2, 4]], np.uint8)
    wide = np.array([[1, 1, 3, 3, 2]], np.uint8)
    return [
        BodyPlan("biped", "square", cells, fitness=1.5, about={"environment": "Walker-v0"}),
        BodyPlan("wide", "square", wide, fitness=2.5),
        BodyPlan("tower", "square", wide.T.copy(), fitness=0.5),
    ]


def write_robots(path: Path) -> Path:
    """Write them to a file, and return its path."""
    write = FORMATS["bodies"].write
    assert write is not None
    write(robots(), path)
    return path


FIXED = Format(
    "fixed",
    (".fixed",),
    lambda _path: [
        BodyPlan(
            "anchored",
            "square",
            np.array([[1, 3]], np.uint8),
            inexpressible=(Inexpressible("fixed cells", "taken as rigid", ((0, 0),)),),
        )
    ],
)
"""A format whose only body has a cell that bodies here cannot have."""

PIECES = Format("pieces", (".pieces",), lambda _path: [BodyPlan("apart", "square", np.array([[1, 0, 1]], np.uint8))])
"""A format whose only body is in pieces."""
