"""`python -m benchmarks.compare`: the same robots through this project, JAX and PyTorch, alternately, in one run."""

import argparse
import importlib
import importlib.util
import json
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks.agreement import EXACT, ROUNDED, DisagreementError, agreements
from benchmarks.case import Case, Implementation, build_case
from benchmarks.ours import Ours
from codesign.errors import CodesignError, ConfigError
from codesign.files import write_text
from codesign.sim import Execution
from codesign.streams import require_seed

PEERS = {
    "jax": ("jax", "benchmarks.jax_peer", "JaxPeer"),
    "plain_jax": ("jax", "benchmarks.plain_jax_peer", "PlainJaxPeer"),
    "torch": ("torch", "benchmarks.torch_peer", "TorchPeer"),
}
"""Library, and where the model is written in it."""

EXACT_WORLDS, EXACT_STEPS = 16, 100
"""What is computed in float64 before anything is timed."""

Maker = Callable[[Case, str], Implementation]


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare as the command line says, and return the exit status."""
    console = Console(highlight=False, soft_wrap=True)
    try:
        settings = _settings(arguments)
        makers = [Ours, *(_peer(name) for name in settings.peers)]
        report = {"rows": [], "agreement": []}
        for grid in settings.grid:
            _compare(grid, makers, settings, report, console)
        report = {**_machine(settings.peers), "settings": _recorded(settings), **report}
        write_text(settings.output, json.dumps(report, indent=1) + "\n")
    except CodesignError as error:
        sys.stderr.write(f"compare: {error}\n")
        return 2
    except DisagreementError as error:
        sys.stderr.write(f"compare: {error}\n")
        return 1
    console.print(_table(report), f"Numbers: {settings.output}")
    return 0


def _settings(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("--worlds", type=int, default=256, help="robots at a time (%(default)s)")
    parser.add_argument("--grid", nargs="+", default=["6x10", "13x22"], help="lattices (%(default)s)")
    parser.add_argument("--steps", type=int, default=1000, help="steps of an episode (%(default)s)")
    parser.add_argument("--repeats", type=int, default=3, help="measurements, of which the median counts (%(default)s)")
    parser.add_argument(
        "--peers", nargs="+", default=list(PEERS), choices=list(PEERS), help="what to compare with (all)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of robots and weights (%(default)s)")
    parser.add_argument("--output", type=Path, default=Path("runs/peers.json"), help="file (%(default)s)")
    settings = parser.parse_args(arguments)
    for name in ("worlds", "steps", "repeats"):
        if getattr(settings, name) < 1:
            raise ConfigError(f"--{name} of 1 or more", str(getattr(settings, name)), f"leave --{name} out")
    require_seed(settings.seed)
    for grid in settings.grid:
        _size(grid)
    return settings


def _size(grid: str) -> tuple[int, int]:
    rows, _, columns = grid.partition("x")
    if not (rows.isdigit() and columns.isdigit()):
        raise ConfigError("--grid as ROWSxCOLUMNS", repr(grid), "set for example --grid 6x10")
    return int(rows), int(columns)


def _peer(name: str) -> Maker:
    library, module, maker = PEERS[name]
    if importlib.util.find_spec(library) is None:
        raise ConfigError(
            f"the library {library}", "none", "run pip install 'codesign[bench]', or choose other --peers"
        )
    return getattr(importlib.import_module(module), maker)


def _compare(
    grid: str, makers: Sequence[Maker], settings: argparse.Namespace, report: dict[str, Any], console: Console
) -> None:
    """Check that all agree on a grid's robots, measure them in turn, and add both to the report."""
    case = build_case(settings.worlds, *_size(grid), settings.steps, settings.seed)
    short = build_case(
        min(settings.worlds, EXACT_WORLDS), *_size(grid), min(settings.steps, EXACT_STEPS), settings.seed
    )
    for precision, robots, bounds in (("float64", short, EXACT), ("float32", case, ROUNDED)):
        ours, *peers = (make(robots, precision) for make in makers)
        for agreement in agreements(robots, ours, peers, bounds):
            console.print(
                f"{grid}, {precision}, {len(robots.bodies)} worlds, {robots.physics.steps} steps: {agreement.name} "
                f"differs in loss by {agreement.loss:.1e} m (median; worst {agreement.worst_loss:.1e}), "
                f"gradients have cosine {agreement.cosine:.9f} (worst {agreement.worst_cosine:.6f})"
            )
            steps = robots.physics.steps
            record = {"grid": grid, "precision": precision, "worlds": len(robots.bodies), "steps": steps}
            report["agreement"].append({**record, **agreement.record()})
    seconds = _alternate([ours, *peers], settings.repeats)
    for reverse in (False, True):
        fastest = seconds[0][reverse]
        for implementation, measured in zip([ours, *peers], seconds, strict=True):
            speed = settings.worlds * settings.steps / measured[reverse]
            row = {"grid": grid, "worlds": settings.worlds, "steps": settings.steps, "reverse": reverse}
            row |= {"name": implementation.name, "device": implementation.device, "robot_steps_per_second": speed}
            row |= {"seconds": measured[reverse], "ratio": measured[reverse] / fastest}
            report["rows"].append(row)


def _alternate(implementations: Sequence[Implementation], repeats: int) -> list[tuple[float, float]]:
    """Return the median seconds of each one's forward sweep and of both sweeps, measured in turn."""
    times = np.zeros((repeats, len(implementations), 2))
    for repeat in range(repeats):
        for index, implementation in enumerate(implementations):
            for sweep, work in enumerate((implementation.forward, implementation.both)):
                begin = time.perf_counter()
                work()
                times[repeat, index, sweep] = time.perf_counter() - begin
    return [(float(forward), float(both)) for forward, both in np.median(times, axis=0)]


def _machine(peers: Sequence[str]) -> dict[str, Any]:
    from codesign.cli.bench.machine import machine, versions  # noqa: PLC0415 - it loads what only a report needs

    libraries = {PEERS[name][0] for name in peers}
    return {
        "machine": machine(Execution()),
        "versions": versions() | {name: version(name) for name in sorted(libraries)},
    }


def _recorded(settings: argparse.Namespace) -> dict[str, Any]:
    return {name: value for name, value in vars(settings).items() if name != "output"}


def _table(report: dict[str, Any]) -> Table:
    machine, settings = report["machine"], report["settings"]
    table = Table(
        box=SIMPLE_HEAD,
        title=f"{machine['processor']}, {machine['cores']} cores; {settings['worlds']} robots, float32",
        caption="ratio: how many times faster codesign is",
        title_justify="left",
        caption_justify="left",
    )
    for heading in ("grid", "sweeps", "by", "on", "robot-steps/s", "ratio"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in report["rows"]:
        sweeps = "and reverse" if row["reverse"] else "forward"
        speed = f"{row['robot_steps_per_second']:,.0f}"
        table.add_row(row["grid"], sweeps, row["name"], row["device"], speed, f"{row['ratio']:.2f}")
    return table


if __name__ == "__main__":
    sys.exit(main())
