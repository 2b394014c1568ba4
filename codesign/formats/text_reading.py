"""Reading bodies drawn in text; what is wrong is told by line and column."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from codesign.formats.body_plan import MOST_BODIES, MOST_CELLS, BodyPlan, FormatError
from codesign.formats.notation import (
    MARGIN,
    PASSIVE,
    TRIANGLES,
    Springs,
    bits_of,
    body_edges,
    characters_of,
    settings_drawn,
)
from codesign.genome import LATTICES, Lattice, LatticeSettings
from codesign.reading import MOST, read_text

_HEAD = re.compile(r"\s*([a-z_]+)\s*:\s*(.*?)\s*")

_LAYER = re.compile(r"\s*z\s*=\s*([0-9]{1,7})\s*")

_REMEDY = "mend the drawing (docs/formats.md shows one of each kind)"

_MOST_CELLS_WITH_SPRINGS = 20_000
"""Cells of a lattice whose springs a drawing gives one by one; all of these are worked out to read them."""


@dataclass(frozen=True)
class _Line:
    """A line of a drawing: its number, the column of its first character, and its text, all counted from 1."""

    number: int
    column: int
    text: str


@dataclass
class _Drawing:
    """The parts of one body's drawing, in the order of the file.

    Attributes:
        name: the body's.
        heads: what lines of the form `key: value` say, with the number of the first; values of several are joined.
        layers: rows by layer from the lowest; layer 0 for what has none.
        springs: the lines of springs, without their margin.
        layer: the layer that rows go to; None before the first `z=`.
    """

    name: str
    heads: dict[str, tuple[int, str]] = field(default_factory=dict)
    layers: dict[int, list[_Line]] = field(default_factory=dict)
    springs: list[_Line] = field(default_factory=list)
    layer: int | None = None


def read_text_file(path: Path) -> list[BodyPlan]:
    """Return the bodies that are drawn in a file.

    Raises:
        FormatError: a drawing that is none; the message names line and column.
        OSError: it cannot be read, or is too large.
        ValueError: it is not UTF-8.
    """
    text = read_text(path, MOST.drawings).removeprefix("\ufeff")
    plans, names = list[BodyPlan](), set[str]()
    for drawing in _drawings(text, path.stem):
        if drawing.name in names:
            _fail(
                "bodies of different names", f"another {drawing.name!r}", drawing.heads["body"][0], None, "rename one"
            )
        names.add(drawing.name)
        plans.append(_plan_of(drawing))
        if len(plans) > MOST_BODIES:
            raise FormatError(f"at most {MOST_BODIES} bodies", "more", "give them in several files")
    return plans


def _fail(expected: str, got: str, line: int, column: int | None = None, remedy: str = _REMEDY) -> NoReturn:
    place = f"line {line}" if column is None else f"line {line}, column {column}"
    raise FormatError(expected, f"{got} at {place}", remedy)


def _drawings(text: str, stem: str) -> Iterator[_Drawing]:
    """Yield the drawings in a text, at least one; a line `body: NAME` begins each but the first."""
    drawing = _Drawing(stem)
    for number, line in enumerate(text.split("\n"), 1):
        content = line.partition("#")[0].rstrip()
        if not content:
            continue
        head = _HEAD.fullmatch(content)
        if content.lstrip().startswith(MARGIN):
            begin = content.index(MARGIN) + 1
            drawing.springs.append(_Line(number, begin + 1, content[begin:]))
        elif head and head[1] == "body":
            if drawing.heads or drawing.layers:
                yield drawing
            drawing = _Drawing(_name(head[2], number), {"body": (number, "")})
        elif head:
            _add_head(drawing, number, head[1], head[2])
        elif layer := _LAYER.fullmatch(content):
            drawing.layer = int(layer[1])
            if drawing.layers.setdefault(drawing.layer, []):
                _fail("each layer once", f"another z={drawing.layer}", number)
        else:
            row = content.lstrip()
            if drawing.springs:
                _fail(f"a line of springs, which begins with {MARGIN}", repr(row[:40]), number)
            rows = drawing.layers.setdefault(drawing.layer or 0, [])
            rows.append(_Line(number, len(content) - len(row) + 1, row))
    yield drawing


def _name(text: str, number: int) -> str:
    if text.startswith('"'):
        try:
            text = json.loads(text)
        except ValueError:
            _fail("the name of a body, between quotation marks", repr(text[:40]), number)
    if not text or not text.isprintable():
        _fail("the name of a body in printable characters", repr(text[:40]), number)
    return text


def _add_head(drawing: _Drawing, number: int, key: str, value: str) -> None:
    if key in ("silent", "muscles"):
        first, before = drawing.heads.get(key, (number, ""))
        drawing.heads[key] = first, before + value
    elif key in drawing.heads:
        _fail(f"{key} once", "another", number)
    else:
        drawing.heads[key] = number, value


def _plan_of(drawing: _Drawing) -> BodyPlan:
    line, kind_name = drawing.heads.get("lattice", (1, "square"))
    if kind_name not in LATTICES:
        _fail(f"a lattice of kind {', '.join(sorted(LATTICES))}", repr(kind_name[:40]), line)
    kind = LATTICES[kind_name]
    three = len(kind.extents) == 3
    if not drawing.layers:
        _fail("rows of cells", "none", line, remedy="draw the body, a character for each cell")
    if three != (drawing.layer is not None):
        rows = next((rows for rows in drawing.layers.values() if rows), [_Line(line, 1, "")])
        expected = f"{'a line z=0 above the lowest layer' if three else 'rows without layers'} (lattice: {kind_name})"
        _fail(expected, "none" if three else "a layer", rows[0].number)
    fitness = _number(*drawing.heads["fitness"]) if "fitness" in drawing.heads else None
    settings = _settings_of(drawing, kind_name)
    cells, muscles = (_triangles if kind_name == "triangle" else _cells)(drawing, kind, settings)
    return BodyPlan(
        name=drawing.name, lattice=kind_name, cells=cells, muscles=muscles, settings=settings, fitness=fitness
    )


def _settings_of(drawing: _Drawing, kind: str) -> dict[str, Any]:
    known, found = settings_drawn(kind), dict[str, Any]()
    for key, (line, value) in drawing.heads.items():
        if key in known:
            found[key] = value if isinstance(known[key], str) else _number(line, value)
        elif key not in ("body", "lattice", "fitness", "springs", "silent", "muscles"):
            keys = ", ".join(["body", "lattice", "fitness", "springs", *known])
            _fail(f"one of {keys}", key, line)
    LATTICES[kind](**found)  # which checks them
    return found


def _number(line: int, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = np.nan
    if not np.isfinite(number):
        _fail("a finite number", repr(text[:40]), line)
    return number


def _grid(rows: list[_Line], characters: str, remedy: str = _REMEDY) -> np.ndarray:
    """Return the place of each character of rows of one length among those allowed, the first row first, uint8."""
    wide = len(rows[0].text)
    for row in rows:
        if len(row.text) != wide:
            _fail(f"rows of {wide} cells each", f"{len(row.text)}", row.number)
        if odd := set(row.text) - set(characters):
            column = min(row.text.index(each) for each in odd)
            named = " ".join(characters)
            _fail(f"cells of {named}", repr(row.text[column]), row.number, row.column + column, remedy)
    if len(rows) * wide > MOST_CELLS:
        _fail(f"at most {MOST_CELLS} cells", f"{len(rows) * wide}", rows[0].number)
    table = {ord(character): number for number, character in enumerate(characters)}
    flat = "".join(row.text for row in rows).translate(table).encode("latin-1")
    return np.frombuffer(flat, np.uint8).reshape(len(rows), wide)


def _cells(
    drawing: _Drawing, kind: type[LatticeSettings], settings: dict[str, Any]
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the cells of squares or cubes, or of any lattice that comes in by itself, and their muscle bits."""
    name = kind.name
    characters = characters_of(name)
    other = " (lattice: triangle)" if name == "square" else ""
    remedy = f"draw with these, or name another lattice above{other}"
    if len(kind.extents) == 2:
        cells = _grid(drawing.layers[0], characters, remedy)[::-1].copy()
    else:
        cells = _stacked(drawing, characters, remedy)
    if "springs" in drawing.heads or "silent" in drawing.heads or drawing.springs:
        _fail(
            "springs of triangles alone", "some", drawing.heads.get("springs", drawing.heads.get("silent", (1, "")))[0]
        )
    if "muscles" not in drawing.heads:
        return cells, None
    line, digits = drawing.heads["muscles"]
    lattice = _lattice_of(kind, settings, cells.shape, line)
    if not lattice.muscle_genes:
        remedy = "leave the line out: the materials say what is a muscle"
        _fail("a lattice whose springs are muscles one by one", kind.name, line, None, remedy)
    return cells, _bits(digits, len(lattice.edges), line)


def _stacked(drawing: _Drawing, characters: str, remedy: str) -> np.ndarray:
    """Return the cells of layers, each drawn as seen from above, as an array [x, y, z]."""
    for number, (z, rows) in enumerate(sorted(drawing.layers.items())):
        if z != number or not rows:
            _fail(
                "layers from z=0 on, with rows in each", f"none at z={number}", drawing.heads.get("lattice", (1, ""))[0]
            )
    layers = [_grid(drawing.layers[z], characters, remedy) for z in range(len(drawing.layers))]
    for (z, layer), (_, above) in pairwise(enumerate(layers)):
        if layer.shape != above.shape:
            expected = f"layers of one size, {' x '.join(map(str, layer.shape[::-1]))}"
            got = f"{' x '.join(map(str, above.shape[::-1]))} in z={z + 1}"
            _fail(expected, got, drawing.layers[z + 1][0].number)
    if sum(layer.size for layer in layers) > MOST_CELLS:
        _fail(f"at most {MOST_CELLS} cells", "more", drawing.layers[0][0].number)
    return np.stack([layer[::-1].T for layer in layers], axis=2)


def _triangles(
    drawing: _Drawing, kind: type[LatticeSettings], settings: dict[str, Any]
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the cells of triangles and their muscle bits."""
    rows = drawing.layers[0]
    drawn = _grid(rows, f".{TRIANGLES}")[::-1]
    row, column = np.indices(drawn.shape)
    # 1 points down and 2 up; a cell points up where row and column, counted from 0, add up to an odd number.
    filled, wrong = drawn[::-1] != 0, ((drawn == 2) != ((row + column) % 2 == 1))[::-1]
    moved = bool(wrong[filled][:1].any())
    for low, across in np.argwhere(filled & (wrong != moved))[:1].tolist():
        got, place = rows[low].text[across], rows[low].column + across
        wanted = TRIANGLES[1 - TRIANGLES.index(got)]
        _fail(f"triangles that point down and up in turn, {wanted} here", got, rows[low].number, place)
    # A drawing that begins with the other kind of triangle stands one column further to the right.
    cells = np.pad((drawn != 0).astype(np.uint8), ((0, 0), (int(moved), 0)))
    if "muscles" in drawing.heads:
        _fail("springs: and lines of springs, which lattices of triangles have", "muscles", drawing.heads["muscles"][0])
    if "springs" not in drawing.heads and "silent" not in drawing.heads and not drawing.springs:
        return cells, None
    line, _ = drawing.heads.get("springs", drawing.heads.get("silent", (rows[0].number, "")))
    lattice = _lattice_of(kind, settings, cells.shape, line)
    own = body_edges(lattice, cells)
    muscles = np.ones(len(lattice.edges), np.uint8)
    if "springs" in drawing.heads or drawing.springs:
        muscles[own] = _drawn_muscles(drawing.springs, Springs.of(lattice), own, 2 * int(moved), line)
    if "silent" in drawing.heads:
        line, digits = drawing.heads["silent"]
        muscles[~own] = _bits(digits, int((~own).sum()), line)
    return cells, muscles


def _drawn_muscles(lines: list[_Line], springs: Springs, own: np.ndarray, moved: int, head: int) -> np.ndarray:
    """Return the muscle bits of a body's springs, which are drawn so many columns further left than they are."""
    if len(lines) != springs.size[0]:
        got = f"{len(lines)}"
        _fail(f"{springs.size[0]} lines of springs, two for each row and one more", got, head)
    drawn = np.full((springs.size[0], springs.size[1] + moved), " ")
    for number, line in enumerate(lines):
        text = line.text.rstrip()
        if len(text) + moved > springs.size[1]:
            _fail(f"at most {springs.size[1] - moved} places", f"{len(text)}", line.number)
        drawn[number, moved : moved + len(text)] = list(text)
    places = springs.lines[own], springs.columns[own]
    found, muscles = drawn[places].copy(), springs.muscles[own]
    drawn[places] = " "
    for number, column in np.argwhere(drawn != " ")[:1].tolist():
        line = lines[number]
        _fail("springs of the cells alone", repr(str(drawn[number, column])), line.number, line.column + column - moved)
    wrong = np.flatnonzero((found != muscles) & (found != PASSIVE))
    if len(wrong):
        first = min(wrong.tolist(), key=lambda each: (places[0][each], places[1][each]))
        line, column = lines[places[0][first]], int(places[1][first]) - moved
        expected = f"a muscle, {muscles[first]}, or a passive spring, {PASSIVE}"
        _fail(expected, repr(str(found[first])), line.number, line.column + column)
    return (found != PASSIVE).astype(np.uint8)


def _bits(digits: str, count: int, line: int) -> np.ndarray:
    try:
        return bits_of(digits, count)
    except ValueError as error:
        _fail(f"{count} bits in hexadecimal digits", str(error), line)


def _lattice_of(kind: type[LatticeSettings], settings: dict[str, Any], shape: tuple[int, ...], line: int) -> Lattice:
    cells = int(np.prod(shape))
    if cells > _MOST_CELLS_WITH_SPRINGS:
        remedy = "leave the springs out, or draw the body on fewer cells"
        _fail(f"at most {_MOST_CELLS_WITH_SPRINGS} cells where springs are given", f"{cells}", line, None, remedy)
    extents: dict[str, Any] = dict(zip(kind.extents, shape, strict=True))
    return _constructed(kind(**settings, **extents))


@lru_cache(maxsize=1)
def _constructed(settings: LatticeSettings) -> Lattice:
    """Return the lattice, and forget it soon: a stranger's file may name many large ones."""
    return settings.construct()
