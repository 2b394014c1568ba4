"""Small tables that are committed beside a study: CSV, JSON and lines of JSON."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from codesign.errors import ConfigError
from codesign.files import write_text

Tables = Mapping[str, Any]
"""Tables by the name of their file: rows that are mappings by column, or of `.json` anything that JSON holds."""

Rows = list[dict[str, Any]]

SUFFIXES = (".csv", ".json", ".jsonl")


def write_table(path: Path, table: Any) -> None:
    """Write a table whole or not at all; numbers of CSV have six significant digits.

    Raises:
        ConfigError: a name that ends in none of `SUFFIXES`.
    """
    if path.suffix == ".csv":
        text = io.StringIO()
        writer = csv.DictWriter(text, list(table[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _written(value) for name, value in row.items()} for row in table)
        content = text.getvalue()
    elif path.suffix == ".jsonl":
        content = "".join(json.dumps(row) + "\n" for row in table)
    elif path.suffix == ".json":
        content = json.dumps(table, separators=(",", ":")) + "\n"
    else:
        raise _unknown(path)
    write_text(path, content)


def read_table(path: Path) -> Any:
    """Return a table as `write_table` wrote it; what reads as a number in CSV is one.

    Raises:
        ConfigError: a name that ends in none of `SUFFIXES`, or no such file.
    """
    if path.suffix not in SUFFIXES:
        raise _unknown(path)
    if not path.is_file():
        raise ConfigError(f"a table in {path}", "no such file", "run the study, or take the table from the repository")
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".csv":
        return [{name: _read(value) for name, value in row.items()} for row in csv.DictReader(io.StringIO(text))]
    return [json.loads(line) for line in text.splitlines()] if path.suffix == ".jsonl" else json.loads(text)


def markdown(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)


def _unknown(path: Path) -> ConfigError:
    return ConfigError(f"a table that ends in one of {', '.join(SUFFIXES)}", path.name, "rename it")


def _written(value: Any) -> Any:
    return f"{value:.6g}" if isinstance(value, float) else value


def _read(value: str) -> Any:
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value
