"""What the validation writes: numbers as JSON, and tables into docs/validation.md."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.validation.case import Finding, Row
from codesign.errors import ConfigError
from codesign.files import write_text

DIGITS = 4
"""Of a number in a table."""

LITERATURE: tuple[Row, ...] = (
    {
        "simulator": "Titan (Austin et al. 2019, arXiv:1911.10274)",
        "on": "one GPU",
        "bodies": "masses and springs in 3D",
        "forward": "300 M",
        "forward and reverse": "",
    },
    {
        "simulator": "Cronos (Clay et al. 2022, arXiv:2207.09334)",
        "on": "one consumer GPU",
        "bodies": "masses and springs in 3D",
        "forward": "more than 1,000 M",
        "forward and reverse": "",
    },
)
"""Primitive or element updates per second, as the abstracts of the papers say."""


def numbers(found: Sequence[Finding], machine: Mapping[str, Any]) -> str:
    """Return the findings as JSON text, numbers rounded to six digits."""
    cases = {each.name: {"passed": not each.failures, "rows": [_rounded(row) for row in each.rows]} for each in found}
    return json.dumps({"machine": dict(machine), "cases": cases}, indent=1) + "\n"


def write_tables(page: Path, cases: Mapping[str, Any], speeds: Sequence[Row]) -> None:
    """Put the tables of cases, as the JSON has them, in place of those that a page has.

    A table stands between the lines `<!-- table NAME -->` and `<!-- end -->`.

    Raises:
        ConfigError: the page has no place for a table.
    """
    text = page.read_text(encoding="utf-8")
    for name, case in cases.items():
        text = _replaced(text, page, name, table(case["rows"]) + "\n\n" + verdict(case))
    text = _replaced(text, page, "speed", table(speeds))
    write_text(page, text)


def table(rows: Sequence[Row]) -> str:
    """Return rows as a table in Markdown."""
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "| " + " | ".join(["---"] * len(names)) + " |"]
    lines += ["| " + " | ".join(_shown(row[name]) for name in names) + " |" for row in rows]
    return "\n".join(lines)


def verdict(case: Mapping[str, Any]) -> str:
    """Return what a table comes to, in a line."""
    bounded = [row for row in case["rows"] if row["bound"] is not None]
    if not case["passed"]:
        return f"**Not confirmed:** not all of {len(bounded)} errors are within their bounds."
    largest = max(abs(row["error"]) / row["bound"] for row in bounded)
    return (
        f"**Confirmed:** all {len(bounded)} errors are within their bounds; the largest is {largest:.2g} of its bound."
    )


def speeds(benchmark: Mapping[str, Any]) -> list[Row]:
    """Return springs updated per second that `codesign bench` measured, beside those that the literature quotes."""
    measured = [row for row in benchmark["rows"] if row["worlds"] == 256 and row["segment_steps"] == 16]
    kinds: dict[tuple[str, ...], Row] = {}
    for row in measured:
        key = tuple(str(row[name]) for name in ("device", "body", "sizes", "precision"))
        machine = benchmark["machine"]
        processor = f"{machine['cores']} cores, {machine['processor']}" if row["device"] == "cpu" else row["device"]
        made = kinds.setdefault(
            key,
            {
                "simulator": f"codesign, {row['precision']}",
                "on": processor,
                "bodies": f"256 of {row['body']}, {row['sizes']}, {row['springs_per_robot']:.0f} springs each",
                "forward": "",
                "forward and reverse": "",
            },
        )
        direction = "forward and reverse" if row["reverse"] else "forward"
        made[direction] = f"{row['spring_updates_per_second'] / 1e6:,.0f} M"
    return [*LITERATURE, *kinds.values()]


def _replaced(text: str, page: Path, name: str, content: str) -> str:
    pattern = re.compile(rf"(<!-- table {re.escape(name)} -->\n).*?(\n<!-- end -->)", re.DOTALL)
    replaced, count = pattern.subn(lambda found: found[1] + content + found[2], text)
    if count != 1:
        expected = f"one line `<!-- table {name} -->` in {page}"
        raise ConfigError(expected, f"{count} of them", "put that line, and `<!-- end -->` below it, where it belongs")
    return replaced


def _rounded(row: Row) -> Row:
    return {name: float(f"{value:.6g}") if isinstance(value, float) else value for name, value in row.items()}


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    if not isinstance(value, float):
        return str(value)
    if value == 0.0:
        return "0"
    return f"{value:.2e}" if abs(value) < 1e-3 or abs(value) >= 1e6 else f"{value:.{DIGITS}g}"
