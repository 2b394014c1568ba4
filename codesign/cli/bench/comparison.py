"""Numbers beside those of an earlier file: ratios, and what has become slower."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from codesign.errors import ConfigError
from codesign.reading import MOST, json_value, read_text

FILE = "bench.json"

IDENTITY = (
    "device",
    "body",
    "sizes",
    "controller",
    "task",
    "terrain",
    "contact",
    "steps",
    "segment_steps",
    "checkpoints",
    "precision",
    "worlds",
    "reverse",
)
"""What tells a row from others; rows that agree in all of it are compared."""

SLOW = 0.9
"""Ratio below which a row counts as slower: machines are rarely as quiet as not to differ by some percent."""


@dataclass(frozen=True)
class Earlier:
    """What an earlier file says.

    Attributes:
        name: the file.
        machine: what it was measured on.
        speeds: robot-steps a second by `identity`.
        designs: designs bred a second by body.
    """

    name: str = ""
    machine: Mapping[str, Any] = field(default_factory=dict)
    speeds: Mapping[tuple[Any, ...], float] = field(default_factory=dict)
    designs: Mapping[str, float] = field(default_factory=dict)

    def ratio_of(self, row: Mapping[str, Any]) -> dict[str, float]:
        """Return the speed of a row over that of its like, as its entry `ratio`; nothing where it has no like."""
        return _ratio(row["robot_steps_per_second"], self.speeds.get(identity(row)))

    def ratio_of_breeding(self, host: Mapping[str, Any]) -> dict[str, float]:
        """Return the same of how fast designs are bred."""
        return _ratio(host["designs_per_second"], self.designs.get(host["body"]))


def identity(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what tells a row from others.

    Raises:
        KeyError: the row lacks some of it.
    """
    return tuple(row[key] for key in IDENTITY)


def read_earlier(name: str | None) -> Earlier:
    """Return what an earlier file says; nothing where there is none to compare with.

    Raises:
        ConfigError: the file cannot be read, or is not one of these.
    """
    if name is None:
        return Earlier()
    try:
        report = json_value(read_text(Path(name), MOST.bench))
        speeds = {identity(row): _positive(row["robot_steps_per_second"]) for row in report["rows"]}
        designs = {host["body"]: _positive(host["designs_per_second"]) for host in report["host"]}
        return Earlier(name, dict(report["machine"]), speeds, designs)
    except (OSError, ValueError, KeyError, TypeError) as error:
        got = f"{name} ({type(error).__name__}: {error})"
        raise ConfigError(f"previous as a {FILE} of an earlier bench", got, "name one, or leave it out") from error


def verdict(earlier: Earlier, machine: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the lines that say how rows compare with an earlier file, the slower ones by name."""
    if not earlier.name:
        return []
    compared = [row for row in rows if "ratio" in row]
    if not compared:
        return [f"Nothing in {earlier.name} is like what was measured now."]
    lines = [f"Compared with {earlier.name}: {len(compared)} of {len(rows)} rows, median x {_median(compared):.2f}."]
    unlike = [key for key in ("processor", "cores", "threads", "gpus") if earlier.machine.get(key) != machine[key]]
    if unlike:
        was = ", ".join(f"{key} {earlier.machine.get(key)}" for key in unlike)
        lines.append(f"That file is of another machine ({was}): ratios compare machines too, not only code.")
    slower = sorted((row for row in compared if row["ratio"] < SLOW), key=lambda row: row["ratio"])
    if not slower:
        return [*lines, f"No row is slower than {SLOW} of before."]
    named = "; ".join(f"x {row['ratio']:.2f} {name_of(row)}" for row in slower)
    return [*lines, f"SLOWER than {SLOW} of before, {len(slower)} of {len(compared)} rows: {named}"]


def name_of(row: Mapping[str, Any]) -> str:
    """Return a row in a few words."""
    sweeps = "forward + reverse" if row["reverse"] else "forward"
    what = f"{row['device']}, {row['sizes']} {row['body']}, {row['precision']}, segments of {row['segment_steps']}"
    return f"{what}, {row['worlds']:,} worlds, {sweeps}"


def _ratio(speed: float, before: float | None) -> dict[str, float]:
    return {} if before is None else {"ratio": speed / before}


def _median(rows: Sequence[Mapping[str, Any]]) -> float:
    return median(row["ratio"] for row in rows)


def _positive(value: Any) -> float:
    if not float(value) > 0:
        raise ValueError(f"{value} where a speed should be")
    return float(value)
