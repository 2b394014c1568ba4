"""Exporter `csv_motion`: the motion of every mass as a table, for spreadsheets and other programs.

A row has the time [s], the number of a mass, and its position [m], the last coordinate upwards.

Try it in this folder:

    from codesign.testing import check_exporter
    from csv_motion import exporter

    check_exporter(exporter)
"""

from pathlib import Path

import numpy as np

from codesign.export import Exporter, Gallery, Recording, each_design
from codesign.files import write_text
from codesign.plugins import register


def write_table(recording: Recording, path: Path) -> None:
    """Write the motion of one design after it has learned."""
    frames, masses, dimension = recording.after.positions.shape
    columns = [np.repeat(recording.after.times, masses), np.tile(np.arange(masses), frames)]
    columns += list(recording.after.positions.reshape(-1, dimension).T)
    # NumPy's text of a float32 is its shortest decimal that reads back the same.
    rows = [",".join(row) for row in zip(*(column.astype(str) for column in columns), strict=True)]
    write_text(path, "\n".join([",".join(["time", "mass", *"xyz"[:dimension]]), *rows]) + "\n")


def write_tables(gallery: Gallery, path: Path) -> list[Path]:
    """Write a table for each design, and return the files."""
    return each_design(write_table, gallery, path)


exporter = Exporter("csv_motion", ".csv", write_tables, each=True, motions="one")
register("exporter", exporter)
