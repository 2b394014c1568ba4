"""Designs by what their search looks at: an archive as a map, a front or a population as a scatter."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from codesign.export.arrays import Array, convert
from codesign.export.numbers import plain, plain_list


@dataclass(frozen=True, eq=False)
class MapAxis:
    """One axis of a map of designs.

    Attributes:
        name: of the measure.
        values: of the designs, float64[designs].
        unit: of the values; empty where they have none.
        lowest, highest: ends of the axis; NaN where they follow from the values.
        cells: cells that the axis is divided into; 0 for none.
    """

    name: str
    values: Array
    unit: str = ""
    lowest: float = np.nan
    highest: float = np.nan
    cells: int = 0

    def __post_init__(self) -> None:
        convert(self, "values", np.float64, (None,))


@dataclass(frozen=True, eq=False)
class DesignMap:
    """Designs by two numbers each; entry i of every array belongs to design i.

    Attributes:
        title: what is shown, a few words.
        note: a sentence about it.
        designs: ids.
        fitness: float64[designs].
        across, up: the two axes.
        marked: designs that stand out, bool[designs].
        mark: what these are, a word or two; empty where nothing stands out.
        empty: places without a design that are shown too, float64[any, 2].

    Raises:
        RecordingError: arrays of other shapes.
    """

    title: str
    note: str
    designs: tuple[str, ...]
    fitness: Array
    across: MapAxis
    up: MapAxis
    marked: npt.NDArray[np.bool_]
    mark: str
    empty: Array

    def __post_init__(self) -> None:
        convert(self, "fitness", np.float64, (len(self.designs),))
        convert(self, "empty", np.float64, (None, 2))

    def numbers(self) -> dict[str, Any]:
        """Return it as plain values, numbers of six digits."""
        columns = zip(
            self.designs,
            plain_list(self.across.values),
            plain_list(self.up.values),
            plain_list(self.fitness),
            self.marked.tolist(),
            strict=True,
        )
        return {
            "title": self.title,
            "note": self.note,
            "mark": self.mark,
            "axes": [
                {
                    "name": axis.name,
                    "unit": axis.unit,
                    "lowest": plain(axis.lowest),
                    "highest": plain(axis.highest),
                    "cells": axis.cells,
                }
                for axis in (self.across, self.up)
            ],
            "designs": [
                dict(zip(("design", "across", "up", "fitness", "marked"), each, strict=True)) for each in columns
            ],
            "empty": [plain_list(place) for place in self.empty],
        }
