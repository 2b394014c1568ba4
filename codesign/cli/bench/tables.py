"""A report for reading."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from codesign.cli.bench.comparison import IDENTITY, SLOW
from codesign.cli.bench.driver import INSIDE
from codesign.cli.bench.machine import described

WIDTH = 160
"""Columns that the widest table needs."""


def tables(report: Mapping[str, Any]) -> Iterator[Table]:
    """Yield the report's tables: speed on each device, memory, and the rest."""
    for device in dict.fromkeys(row["device"] for row in report["rows"]):
        yield _speed(report, device)
    yield _memory(report["memory"])
    for found in report["driver"]:
        yield _driver(found)
    rest = list(_rest(report))
    if rest:
        shown = _table(["also measured", ""], words=2)
        for row in rest:
            shown.add_row(*row)
        yield shown


def _speed(report: Mapping[str, Any], device: str) -> Table:
    """Return a line for each case, forward and forward + reverse side by side."""
    pairs: dict[tuple[Any, ...], dict[bool, Mapping[str, Any]]] = {}
    for row in report["rows"]:
        if row["device"] == device:
            pairs.setdefault(tuple(row[key] for key in IDENTITY if key != "reverse"), {})[row["reverse"]] = row
    ratios = any("ratio" in row for row in report["rows"])
    rest = ["\nspring-\nupdates/s", "of\npeak", *(["to\nbefore"] if ratios else [])]
    sweeps = ["forward\nrobot-\nsteps/s", *rest, "+ reverse\nrobot-\nsteps/s", *rest]
    shown = _table(
        ["body", "controller", "sizes", "precision", "segment\nsteps", "worlds", *sweeps, "KiB a\nrobot"], words=4
    )
    shown.title = f"{device}: {described(report['machine'])}"
    peaks = [f"{_giga(peak)} ({peak['precision']})" for peak in report["peaks"] if peak["device"] == device]
    shown.caption = f"Peak, measured in this run: {', '.join(peaks)} GFLOP/s."
    for pair in pairs.values():
        either = pair[False]
        ground = "" if either["terrain"] == "flat" else f", {either['terrain']}"
        cells = [f"{either['body']}{ground}", either["controller"], either["sizes"], either["precision"]]
        cells += [str(either["segment_steps"]), f"{either['worlds']:,}"]
        numbers = [cell for reverse in (False, True) for cell in _numbers(pair[reverse], ratios)]
        shown.add_row(*cells, *numbers, f"{either['bytes_per_robot'] / 1024:,.0f}")
    return shown


def _numbers(row: Mapping[str, Any], ratios: bool) -> list[str | Text]:
    share = row.get("share_of_peak")
    cells: list[str | Text] = [f"{row['robot_steps_per_second']:,.0f}"]
    cells += [f"{row['spring_updates_per_second'] / 1e6:,.1f} M", "" if share is None else f"{share:.1%}"]
    return [*cells, ratio_text(row)] if ratios else cells


def ratio_text(row: Mapping[str, Any]) -> Text:
    """Return the ratio to before, coloured where it is below one; nothing where there is none."""
    if "ratio" not in row:
        return Text("")
    style = "bold red" if row["ratio"] < SLOW else "yellow" if row["ratio"] < 1.0 else ""
    return Text(f"x {row['ratio']:.2f}", style)


def _memory(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return a line for each lattice, a column for each segment."""
    lengths = sorted({row["segment_steps"] for row in rows})
    shown = _table(["device", "body", "KiB by segment", *(f"{length} steps" for length in lengths)], words=3)
    kinds = {
        "expected": "bytes_per_robot",
        "largest": "bytes_of_largest",
        "largest, without weights": "state_bytes_of_largest",
    }
    for device, body in dict.fromkeys((row["device"], row["body"]) for row in rows):
        own = [row for row in rows if (row["device"], row["body"]) == (device, body)]
        size = f" ({own[0]['largest_masses']} masses, {own[0]['largest_springs']} springs)"
        for name, key in kinds.items():
            cells = {row["segment_steps"]: f"{row[key] / 1024:,.0f}" for row in own}
            shown.add_row(device, body, name + (size if name == "largest" else ""), *(cells[at] for at in lengths))
    return shown


def _driver(found: Mapping[str, Any]) -> Table:
    """Return a line for each stage of a generation, and one for all of them together."""
    shown = _table(["driver, without simulation", "us a design", "designs/s"], words=1)
    shown.title = f"{found['designs']:,} designs a generation, {found['body']}, {found['controller']}"
    first, last = (f"{size / 2**20:,.0f} MiB" for size in found["memory_bytes"])
    shown.caption = f"{found['cores']} cores; memory {first} after 2 generations, {last} after {found['generations']}."
    for stage, seconds in found["seconds"].items():
        name = f"  of that {stage}" if stage in INSIDE else stage
        shown.add_row(name, *_stage(seconds / found["designs"]))
    shown.add_row("all", *_stage(1.0 / found["designs_per_second"]))
    return shown


def _stage(seconds: float) -> tuple[str, str]:
    """Return the time of a design in a stage and how many a second that is; nothing for what is below the noise."""
    return f"{seconds * 1e6:,.2f}", f"{1.0 / seconds:,.0f}" if seconds else ""


def _rest(report: Mapping[str, Any]) -> Iterator[tuple[str, str | Text]]:
    for found in report["compile"]:
        what = f"{found['device']}, {found['controller']}, {found['precision']}"
        times = f"{found['cold_seconds']:.1f} s with compiling, {found['warm_seconds']:.1f} s without"
        yield f"first gradient in a new process ({what})", times
    for host in report["host"]:
        speed = Text(f"{host['designs_per_second']:,.0f} designs/s on one core  ")
        yield f"designs from drawing to packing ({host['body']})", speed + ratio_text(host)
    for found in report["cluster"]:
        work = f"local {found['local_seconds']:.2f} s, ray {found['ray_seconds']:.2f} s ({found['overhead']:+.1%})"
        start = f"; starting ray {found['ray_start_seconds']:.1f} s more"
        yield f"{found['designs']} designs evaluated ({found['body']}, {found['cores']} cores)", work + start


def _giga(peak: Mapping[str, Any]) -> str:
    return f"{peak['operations_per_second'] / 1e9:,.0f}"


def _table(headings: Sequence[str], words: int) -> Table:
    """Return a table without rows, whose first columns hold words and whose others hold numbers."""
    shown = Table(box=SIMPLE_HEAD, title_justify="left", caption_justify="left", padding=(0, 1, 0, 0), pad_edge=False)
    for place, heading in enumerate(headings):
        shown.add_column(heading, justify="left" if place < words else "right", no_wrap=True)
    return shown
