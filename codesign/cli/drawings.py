"""Given bodies in the terminal: each drawn with what it consists of, many in a table."""

import sys
from collections.abc import Sequence

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from codesign.cli.at_rest import Inventory, inventory
from codesign.cli.given_bodies import GivenBody
from codesign.formats import BodyPlan, cropped, drawing_of

FEW = 4
"""Bodies up to which each is drawn; of more, all stand in a table."""

_WIDTH = 140
"""Columns of what is no terminal, such as a file."""

_IN_TABLE = 20
"""Bodies in a table."""

_DRAWN = 2
"""Of these, bodies that are drawn below it, the first ones."""

_STYLES = {
    **dict.fromkeys("Rr", "bold #e8e8e8 on #4a4f52"),
    **dict.fromkeys("S", "#1d2226 on #efe3c4"),
    **dict.fromkeys("Hm", "bold #1d2226 on #e39a5c"),
    **dict.fromkeys("VM", "bold #1d2226 on #7fb2e0"),
    **dict.fromkeys("v^", "#1d2226 on #c9d2cb"),
    **dict.fromkeys("123456789", "#1d2226 on #bfb2df"),
    **dict.fromkeys("-/\\", "bold #e39a5c"),
    **dict.fromkeys(".:|", "dim"),
}
"""How the characters of a drawing look: cells by their material, springs by whether they are muscles."""


def wide_console() -> Console:
    """Return a console for the standard output; what is no terminal gets room for the names of bodies in tables."""
    width = None if sys.stdout.isatty() else _WIDTH
    return Console(file=sys.stdout, highlight=False, soft_wrap=True, width=width)


def show_bodies(console: Console, bodies: Sequence[GivenBody], *, each: bool) -> None:
    """Print bodies.

    Args:
        console: where to.
        bodies: at least one.
        each: whether every one is drawn, however many there are.
    """
    several = len({body.file for body in bodies}) > 1
    if each or len(bodies) <= FEW:
        for body in bodies:
            _show_body(console, body, several_files=several)
        return
    _show_table(console, bodies[:_IN_TABLE], several_files=several)
    if len(bodies) > _IN_TABLE:
        console.print(f"and {len(bodies) - _IN_TABLE:,} more", markup=False)
    console.print(f"The first {_DRAWN} of them; design=NAME or design=top5 chooses others, design=all draws all", "\n")
    for body in bodies[:_DRAWN]:
        _show_body(console, body, several_files=several)


def _show_body(console: Console, body: GivenBody, *, several_files: bool) -> None:
    """Print what a body is, and a drawing of it."""
    console.print(Text(body.id if several_files else body.plan.name, style="bold"))
    facts = _facts(body.plan, inventory(body.plan))
    width = max(len(name) for name, _ in facts)
    for name, value in facts:
        console.print(Text.assemble("  ", (f"{name:<{width}}  ", "dim"), value))
    console.print()
    if body.plan.lattice:
        console.print(coloured(body.plan))


def _facts(plan: BodyPlan, found: Inventory) -> list[tuple[str, str]]:
    facts = [("lattice", _lattice(plan))]
    if plan.lattice:
        facts.append(("cells", _cells(found)))
    facts.append(("body", _sizes(found) if found.masses is not None else f"none that can be simulated: {found.fault}"))
    if plan.fitness is not None:
        facts.append(("fitness", f"{plan.fitness:g}"))
    facts += [(name, value) for name, value in plan.about.items() if value]
    return facts + [("replaced", f"{each}, {each.instead}") for each in plan.inexpressible]


def _lattice(plan: BodyPlan) -> str:
    if not plan.lattice:
        return f"none: masses and springs in {0 if plan.body is None else plan.body.positions.shape[1]}D"
    extents = ("columns", "rows", "layers") if plan.cells.ndim == 3 else ("rows", "columns")
    pairs = zip(plan.cells.shape, extents, strict=True)
    size = " x ".join(f"{count} {name.removesuffix('s') if count == 1 else name}" for count, name in pairs)
    units = {"side": " m"}
    settings = "".join(f", {name} {value}{units.get(name, '')}" for name, value in plan.settings.items())
    return f"{plan.lattice}, {size}{settings}"


def _cells(found: Inventory) -> str:
    parts = ", ".join(f"{count} {name}" for name, count in found.cells.items())
    return f"{sum(found.cells.values())} filled: {parts}" if found.cells else "none filled"


def _sizes(found: Inventory) -> str:
    return f"{found.masses} masses, {found.springs} springs, {found.muscles} of them muscles"


def narrow_table(headings: Sequence[str], texts: Sequence[str], caption: str | None = None) -> Table:
    """Return a table without rows, of which a terminal without room for it folds the texts and leaves numbers whole.

    Args:
        headings: of the columns; the first one names the rows.
        texts: those of columns that begin at the left.
        caption: a line below the table.
    """
    shown = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), caption=caption, caption_justify="left")
    for heading in headings:
        left, folded = heading in texts, heading in (headings[0], "notes")
        shown.add_column(heading, justify="left" if left else "right", no_wrap=not folded, overflow="fold")
    return shown


def _show_table(console: Console, bodies: Sequence[GivenBody], *, several_files: bool) -> None:
    inventories = [inventory(body.plan) for body in bodies]
    noted = any(body.plan.inexpressible or found.fault for body, found in zip(bodies, inventories, strict=True))
    headings = ("body", "lattice", "filled", "masses", "springs", "muscles", "fitness", *(["notes"] if noted else []))
    shown = narrow_table(headings, ("body", "lattice", "notes"))
    for body, found in zip(bodies, inventories, strict=True):
        plan = body.plan
        sizes = (found.masses, found.springs, found.muscles)
        notes = [each.what for each in plan.inexpressible] + (["in pieces or empty"] if found.fault else [])
        shown.add_row(
            Text(body.id if several_files else plan.name),
            Text(" ".join([plan.lattice, "x".join(map(str, plan.cells.shape))]) if plan.lattice else "none"),
            str(np.count_nonzero(plan.cells)) if plan.lattice else "",
            *("" if size is None else str(size) for size in sizes),
            "" if plan.fitness is None else f"{plan.fitness:.4g}",
            *([Text(", ".join(notes))] if noted else []),
        )
    console.print(shown)


def coloured(plan: BodyPlan) -> Text:
    """Return the drawing of a body without the empty cells around it, in the colours of what characters stand for."""
    drawn = Text()
    for line in drawing_of(cropped(plan)).splitlines():
        drawn.append_text(_coloured_line(line)).append("\n")
    return drawn


def fitting(plan: BodyPlan, width: int, height: int) -> Text | None:
    """Return the cells of a body as `coloured` draws them, layers side by side; None where it is larger than that.

    Args:
        plan: the body.
        width: columns at most.
        height: lines at most.
    """
    if not plan.lattice:
        return None
    blocks = list[list[str]]()
    for line in drawing_of(cropped(plan)).splitlines():
        if line.startswith("z="):
            blocks.append([line])
        elif _is_cells(line):
            blocks = blocks or [[]]
            blocks[-1].append(line)
        elif blocks:
            break  # what comes after the cells are springs, which tell nothing at a glance
    widths = [max(map(len, block)) for block in blocks]
    across = max(widths, default=0)
    beside = max((width + 2) // (across + 2), 1)
    shelves = [blocks[start : start + beside] for start in range(0, len(blocks), beside)]
    if across > width or not blocks or sum(max(map(len, shelf)) for shelf in shelves) > height:
        return None
    drawn = list[Text]()
    for shelf in shelves:
        for number in range(max(map(len, shelf))):
            parts = [_coloured_line(block[number]) if number < len(block) else Text() for block in shelf]
            for part in parts[:-1]:
                part.pad_right(across + 2 - len(part))
            drawn.append(Text().join(parts))
    return Text("\n").join(drawn)


def _is_cells(line: str) -> bool:
    """Return whether a line is a row of cells; all others are headings, such as `z=3` and `side: 0.1`, or springs."""
    return not (line.startswith("|") or ":" in line or "=" in line)


def _coloured_line(line: str) -> Text:
    drawn = Text()
    row = line.startswith("|") or _is_cells(line)
    for character in line:
        drawn.append(character, style=_STYLES.get(character, "") if row else "dim")
    return drawn
