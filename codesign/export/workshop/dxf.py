"""Sheets as DXF in millimetres, for programs of drawing and of cutting."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

from codesign.export.workshop.drawing import Sheet

_COLOURS = {"struts": 8, "muscles": 30, "joints": 7, "holes": 5, "numbers": 7, "joint_numbers": 5, "sheet": 7}
"""Numbers of colours of layers in AutoCAD's index."""


def dxf(sheet: Sheet) -> str:
    """Return a sheet as DXF of 2010 with a layer for each kind of thing; units are millimetres."""
    from ezdxf import units  # noqa: PLC0415 - an extra
    from ezdxf.document import Drawing  # noqa: PLC0415
    from ezdxf.enums import TextEntityAlignment  # noqa: PLC0415

    with _same_every_time():
        document = Drawing.new("AC1024")
        document.units = units.MM
        space = document.modelspace()
        for layer, colour in _COLOURS.items():
            document.layers.add(layer, color=colour)
        for line in sheet.lines:
            space.add_line(line.start, line.end, dxfattribs={"layer": line.layer})
        for circle in sheet.circles:
            space.add_circle(circle.centre, circle.diameter / 2, dxfattribs={"layer": circle.layer})
        for text in sheet.texts:
            entity = space.add_text(text.words, height=text.height, dxfattribs={"layer": text.layer})
            entity.set_placement(text.place, align=TextEntityAlignment["MIDDLE_CENTER" if text.centred else "LEFT"])
        stream = io.StringIO()
        document.write(stream)
    return stream.getvalue()


@contextmanager
def _same_every_time() -> Iterator[None]:
    """Leave the time and random identifiers out of files, by an option that the library has for tests."""
    from ezdxf._options import options  # noqa: PLC0415 - an extra

    before = options.write_fixed_meta_data_for_testing
    options.write_fixed_meta_data_for_testing = True
    try:
        yield
    finally:
        options.write_fixed_meta_data_for_testing = before
