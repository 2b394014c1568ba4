"""`python -m benchmarks.validation`: every case that theory knows, its table, its figure and its numbers.

make validation
python -m benchmarks.validation --only pendulum incline      # tells what these come to, and writes nothing
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from rich.console import Console

from benchmarks.validation import beam_cases, mass_cases
from benchmarks.validation.case import Finding
from benchmarks.validation.figures import draw
from benchmarks.validation.report import numbers, speeds, table, write_tables
from codesign.errors import CodesignError
from codesign.files import write_text

ROOT = Path(__file__).resolve().parents[2]
CASES: dict[str, Callable[[], Finding]] = {**beam_cases.CASES, **mass_cases.CASES}


def main(arguments: Sequence[str] | None = None) -> int:
    """Compute as the command line says, and return the exit status: 1 if an error is beyond its bound."""
    settings = _settings(arguments)
    console = Console(highlight=False, soft_wrap=True)
    found = []
    for name in settings.only or CASES:
        start = time.perf_counter()
        found.append(CASES[name]())
        failures = found[-1].failures
        told = "confirmed" if not failures else f"{len(failures)} errors beyond their bounds"
        console.print(f"{name}: {told} ({time.perf_counter() - start:.0f} s)")
        if settings.only or failures:
            console.print(table(found[-1].rows))
    if not settings.only:
        try:
            _write(settings, found)
        except CodesignError as error:
            sys.stderr.write(f"validation: {error}\n")
            return 2
        console.print(f"Numbers: {settings.output}; tables: {settings.page}; figures: {settings.figures}")
    return int(any(each.failures for each in found))


def _settings(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.validation", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(CASES), metavar="CASE", help=f"some of {', '.join(CASES)}")
    output, page = ROOT / "docs/benchmarks/validation.json", ROOT / "docs/validation.md"
    parser.add_argument("--output", type=Path, default=output, help="file of numbers (%(default)s)")
    parser.add_argument("--page", type=Path, default=page, help="page whose tables are written (%(default)s)")
    figures, speed = ROOT / "docs/images/validation", ROOT / "docs/benchmarks/latest.json"
    parser.add_argument("--figures", type=Path, default=figures, help="folder of figures (%(default)s)")
    parser.add_argument("--speed", type=Path, default=speed, help="what codesign bench measured (%(default)s)")
    return parser.parse_args(arguments)


def _write(settings: argparse.Namespace, found: Sequence[Finding]) -> None:
    text = numbers(
        found, {"precision": "float64"} | {name: version(name) for name in ("codesign", "warp-lang", "numpy")}
    )
    write_text(settings.output, text)
    measured = json.loads(settings.speed.read_text(encoding="utf-8"))
    write_tables(settings.page, json.loads(text)["cases"], speeds(measured))
    draw({each.name: each for each in found}, settings.figures)


if __name__ == "__main__":
    sys.exit(main())
