"""Where designs lie in what a search looks at, for pages to show."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Axis:
    """One axis of an overview.

    Attributes:
        name: of the measure.
        values: of the designs, float64, shape (n,).
        lowest, highest: ends of the axis; NaN where they follow from the values.
        cells: cells that the axis is divided into; 0 for none.
    """

    name: str
    values: NDArray[np.float64]
    lowest: float = np.nan
    highest: float = np.nan
    cells: int = 0


@dataclass(frozen=True)
class Overview:
    """Designs by what their search looks at; entry i of every array belongs to design i.

    Attributes:
        title: what is shown, a few words.
        note: a sentence about it.
        identities: (generation, individual), int64, shape (n, 2).
        fitness: float64, shape (n,).
        across, up: the two axes.
        marked: designs that stand out, bool, shape (n,).
        mark: what these are, a word or two; empty where nothing stands out.
        empty: places where an archive has no design, float64, shape (any, 2); none of a grid, whose cells show it.
    """

    title: str
    note: str
    identities: NDArray[np.int64]
    fitness: NDArray[np.float64]
    across: Axis
    up: Axis
    marked: NDArray[np.bool_]
    mark: str = ""
    empty: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 2)))
