"""Drawings to scale of the parts of a body: one view in 2D, three orthographic views in 3D, with a list of lengths.

A sheet is measured in millimetres from its lower left corner, y upwards.
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from codesign.export.recording import Array
from codesign.export.workshop.part_list import Part, Parts, cut_list, joint_name
from codesign.export.workshop.settings import PrintSettings

Point = tuple[float, float]

LAYERS = ("struts", "muscles", "joints", "holes", "numbers", "joint_numbers", "sheet")
_MARGIN, _GAP = 12.0, 16.0
_TEXT, _TITLE = 2.5, 4.0
_COLUMN = 46.0
"""Width of the list of lengths."""

_VIEWS = {2: (("", (0, 1)),), 3: (("front", (0, 2)), ("side", (1, 2)), ("top", (0, 1)))}
"""Views by dimension: the axes that go to the right and upwards. The side is seen from the right, the top from
above."""


@dataclass(frozen=True)
class Line:
    """A line on a layer; `part` says whose axis it is, if it is one's."""

    layer: str
    start: Point
    end: Point
    part: str = ""


@dataclass(frozen=True)
class Circle:
    """A circle on a layer."""

    layer: str
    centre: Point
    diameter: float
    joint: str = ""


@dataclass(frozen=True)
class Text:
    """A line of text on a layer, so many millimetres high, from or around a point."""

    layer: str
    place: Point
    height: float
    words: str
    centred: bool = False


@dataclass(frozen=True)
class Sheet:
    """A drawing.

    Attributes:
        size: width and height.
        strut_width: width that struts are drawn with; 0 for thin lines.
    """

    size: Point
    strut_width: float
    lines: list[Line] = field(default_factory=list)
    circles: list[Circle] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)


def draw(parts: Parts, settings: PrintSettings) -> Sheet:
    """Return the drawing of a body's parts.

    In 2D the axis of every part is a line as long as the part is at rest, and joints have holes to drill. In 3D views
    show axes as they are seen; parts that lie behind each other have one number for all, and those that are seen end-on
    none: the list has their lengths.
    """
    places = parts.places
    extent, dimension = places.max(axis=0).tolist(), places.shape[1]
    origins = _origins(extent)
    depth = extent[1] + _GAP if dimension == 3 else 0.0
    wide, high = extent[0] + depth, extent[-1] + depth
    rows = cut_list(parts)
    foot = _MARGIN + 14.0
    height = foot + max(high, _TEXT * 1.8 * (len(rows) + 2)) + 2 * _MARGIN + (6.0 if dimension == 3 else 0.0)
    sheet = Sheet((_MARGIN * 3 + max(wide, 60.0) + _COLUMN, height), settings.width if dimension == 2 else 0.0)
    for (title, axes), (right, above) in zip(_VIEWS[dimension], origins, strict=True):
        origin = np.array([_MARGIN + right, foot + above])
        view = places[:, axes] + origin
        _view(sheet, parts, view, settings)
        if title:
            top = (float(origin[0]), float(view[:, 1].max()) + settings.joint / 2 + 2.5)
            sheet.texts.append(Text("sheet", top, _TEXT, f"{title} ({'xyz'[axes[0]]} to the right)"))
    _furniture(sheet, parts, rows, (_MARGIN * 2 + max(wide, 60.0), height - 2 * _MARGIN))
    return sheet


def _origins(extent: list[float]) -> list[Point]:
    """Return where views begin, in third-angle projection: the side at the right of the front, the top above it."""
    if len(extent) == 2:
        return [(0.0, 0.0)]
    return [(0.0, 0.0), (extent[0] + _GAP, 0.0), (0.0, extent[2] + _GAP)]


def _view(sheet: Sheet, parts: Parts, view: Array, settings: PrintSettings) -> None:
    """Draw all parts and joints at their places on the sheet, float64[joints, 2]."""
    spots = [(float(x), float(y)) for x, y in view]
    seen: dict[tuple[Point, ...], list[Part]] = {}
    for part in parts.parts:
        ends = sorted(((round(x, 2), round(y, 2)) for x, y in (spots[joint] for joint in part.joints)))
        if ends[0] != ends[1]:
            seen.setdefault(tuple(ends), []).append(part)
            layer = "muscles" if part.muscle else "struts"
            sheet.lines.append(Line(layer, spots[part.joints[0]], spots[part.joints[1]], part.number))
    size = min(1.8, 0.16 * float(np.median([part.length for part in parts.parts])))
    middles = Counter(_between(start, end, 0.5) for start, end in seen)
    for (start, end), several in seen.items():
        # Off the middle where diagonals cross there.
        spot = _between(start, end, 0.5 if middles[_between(start, end, 0.5)] == 1 else 0.32)
        more = f"+{len(several) - 1}" if len(several) > 1 else ""
        sheet.texts.append(Text("numbers", spot, size, f"{several[0].number}{more}", centred=True))
    behind: dict[Point, list[int]] = {}
    for joint, (x, y) in enumerate(spots):
        behind.setdefault((round(x, 2), round(y, 2)), []).append(joint)
    for joints in behind.values():
        centre, name = spots[joints[0]], joint_name(joints[0])
        sheet.circles.append(Circle("joints", centre, settings.joint, name))
        if settings.hole and parts.places.shape[1] == 2:
            sheet.circles.append(Circle("holes", centre, settings.hole, name))
        more = f"+{len(joints) - 1}" if len(joints) > 1 else ""
        beside = (centre[0] + 0.36 * settings.joint + 0.2, centre[1] + 0.36 * settings.joint + 0.2)
        sheet.texts.append(Text("joint_numbers", beside, 0.8 * size, f"{name}{more}"))


def _between(start: Point, end: Point, share: float) -> Point:
    x, y = (round(a + share * (b - a), 1) for a, b in zip(start, end, strict=True))
    return x, y


def _furniture(sheet: Sheet, parts: Parts, rows: list[tuple[str, int, float]], column: Point) -> None:
    """Draw title, scale bar and the list of lengths."""
    width, height = sheet.size
    ratio = 1000.0 / parts.scale
    scale = f"1:{ratio:g}" if ratio >= 1 else f"{1 / ratio:g}:1"
    muscles = len(parts.muscles)
    title = f"{parts.design}: {len(parts.parts) - muscles} struts, {muscles} muscles, {len(parts.places)} joints"
    sheet.texts.append(Text("sheet", (_MARGIN, height - _MARGIN), _TITLE, title))
    note = f"scale {scale}, all lengths in mm, at rest"
    note += "; M1+2 is M1 and two more in line with it" if parts.places.shape[1] == 3 else ""
    sheet.texts.append(Text("sheet", (_MARGIN, height - _MARGIN - 1.4 * _TITLE), _TEXT, note))
    bar = _bar_length((width - 2 * _MARGIN) / 3)
    for start, end in (((0.0, 0.0), (bar, 0.0)), ((0.0, -1.5), (0.0, 1.5)), ((bar, -1.5), (bar, 1.5))):
        ends = [(_MARGIN + x, _MARGIN / 2 + 1.0 + y) for x, y in (start, end)]
        sheet.lines.append(Line("sheet", ends[0], ends[1], "scale bar" if end == (bar, 0.0) else ""))
    words = f"{bar:g} mm = {bar / parts.scale:g} m of the simulated body"
    sheet.texts.append(Text("sheet", (_MARGIN + bar + 3.0, _MARGIN / 2), _TEXT, words))
    table = [
        "to cut:",
        *(f"{count} {kind}{'s' if count > 1 else ''} of {length:.1f} mm" for kind, count, length in rows),
    ]
    for line, words in enumerate(table):
        place = (column[0], column[1] - 1.8 * _TEXT * (line + 1))
        sheet.texts.append(Text("sheet", place, _TEXT, words))


def _bar_length(longest: float) -> float:
    """Return the longest of 1, 2, 5, 10, ... millimetres that is no longer."""
    power = 10.0 ** np.floor(np.log10(longest))
    return float(max(step * power for step in (1, 2, 5) if step * power <= longest))
