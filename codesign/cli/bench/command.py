"""`codesign bench`: what it may be told, and the order in which it measures."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from codesign.cli.application import Command, Invocation, Plan
from codesign.cli.bench.comparison import FILE, Earlier, name_of, read_earlier, verdict
from codesign.cli.bench.plan import SIZES, Case, cases, executions, lattices, memory_rows, require_memory
from codesign.cli.catalogue import PLUGINS_MEANING, trial_catalogue
from codesign.cli.output_folder import repeatable
from codesign.cli.schemas import Catalogue
from codesign.cli.settings import build
from codesign.errors import ConfigError
from codesign.files import write_text
from codesign.sim import Execution
from codesign.sim.layout import ROWS
from codesign.streams import require_seed

MEASURES = ("speed", "space", "compile", "host", "driver", "cluster")
"""What can be measured, in this order."""


MEANINGS = {
    "seed": "seed of the random bodies and of their controllers.",
    "plugins": PLUGINS_MEANING,
    "measure": f"what is measured, of {', '.join(MEASURES)}; space puts cubes in 3D beside triangles in 2D, with cpg.",
    "worlds": "numbers of worlds that are simulated at once.",
    "grids": "grids to compare with the body's own, such as 13x22 (cubes: 6x6x4); null for its lattice's usual one.",
    "sizes": "mixed: random bodies, each another; uniform: the same body in every world.",
    "precisions": "precisions to compare; the first is that of all other comparisons.",
    "segments": "steps between kept states, to compare with execution.segment_steps.",
    "full": "whether every grid, sizes and precision is measured at every number of worlds, not only at the one nearest"
    " to 256.",
    "seconds": "time for each measurement of a simulation [s]; there are three repetitions at least.",
    "breeding": "designs drawn and varied on the host.",
    "driver": "designs of a generation whose driver is timed, everything but simulation, stage by stage.",
    "driver_generations": "generations of that run; a hundred show whether the driver's memory stays flat.",
    "cluster": "designs evaluated through the evaluators local and ray.",
    "previous": "bench.json of an earlier bench, to compare with; null for none.",
}


def bench_catalogue() -> Catalogue:
    """Return what the configuration holds: a spec without learning, and what to measure."""
    trials = trial_catalogue()
    choices = {key: registry for key, registry in trials.choices.items() if key != "learner"}
    choices["cubes.lattice"] = choices["body.lattice"]
    choices["cubes_sim.contact"] = choices["sim.contact"]
    # Every body has one world here, and none learns.
    records = {key: record for key, record in trials.records.items() if key not in ("conditions", "learner.body")}
    records |= {"cubes.tissue": records["body.tissue"], "cubes_sim": records["sim"]}
    lists = {"measure": list[str], "worlds": list[int], "grids": list[str] | None, "sizes": list[str]}
    lists |= {"precisions": list[str], "segments": list[int]}
    numbers = {"seconds": float, "breeding": int, "driver": int, "driver_generations": int, "cluster": int}
    numbers |= {"full": bool, "previous": str | None}
    values = {key: kind for key, kind in trials.values.items() if key != "weights"}
    return Catalogue(choices, records, {**values, **lists, **numbers}, MEANINGS)


def prepare(invocation: Invocation) -> Plan:
    """Check an invocation for measurements.

    Raises:
        ConfigError: a setting that is unknown, of the wrong type or out of range, or a previous file that is none.
        MemoryBudgetError: more worlds than fit into the memory.
    """
    settings = build(bench_catalogue(), invocation.config)
    require_seed(settings["seed"])
    _require_lists(settings)
    if not settings["seconds"] > 0:
        raise ConfigError("seconds above 0", str(settings["seconds"]), "set for example seconds=2")
    for key, least in (("breeding", 1), ("driver", 2), ("driver_generations", 2), ("cluster", 1)):
        if settings[key] < least:
            raise ConfigError(f"{key} of {least} or more", str(settings[key]), f"set for example {key}=256")
    lattices(settings)
    earlier = read_earlier(settings["previous"])
    planned = [case for execution in executions(settings) for case in cases(settings, execution)]
    if "speed" in settings["measure"]:
        require_memory(settings, planned)
    return Plan(invocation.folder, partial(_run, settings, planned, earlier, invocation.folder))


def _require_lists(settings: Mapping[str, Any]) -> None:
    for key, known in (("measure", MEASURES), ("sizes", SIZES), ("precisions", tuple(ROWS))):
        for word in settings[key]:
            if word not in known:
                raise ConfigError(f"{key} as a list of {', '.join(known)}", repr(word), f"leave {key} out for all")
    for key in ("measure", "worlds", "sizes", "precisions"):
        if not settings[key]:
            raise ConfigError(f"{key} as a list with an entry", "an empty list", f"leave {key} out for the default")
    for key in ("worlds", "segments"):
        if min(settings[key], default=1) < 1:
            raise ConfigError(f"{key} of 1 or more", str(min(settings[key])), f"set for example {key}=[256]")


def _run(settings: Mapping[str, Any], planned: list[Case], earlier: Earlier, folder: Path) -> int:
    from codesign.cli.bench.machine import machine, versions  # noqa: PLC0415 - only what is measured loads them
    from codesign.cli.bench.tables import WIDTH, tables  # noqa: PLC0415

    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    wanted = settings["measure"]
    report: dict[str, Any] = {"machine": machine(settings["execution"]), "versions": versions()}
    report |= {"peaks": [], "rows": [], "compile": [], "host": [], "driver": [], "cluster": []}
    report["memory"] = [
        {"device": _kind(execution.device), **row}
        for execution in executions(settings)
        for row in memory_rows(settings, execution)
    ]
    if {"speed", "space"} & set(wanted):
        report["peaks"] = list(_peaks(settings, console))
    if "speed" in wanted:
        report["rows"] = list(_speeds(settings, planned, report["peaks"], earlier, console))
    if "space" in wanted:
        report["rows"] += list(_space(settings, report["peaks"], earlier, console))
    report |= _others(settings, planned, earlier, folder, console)
    wide = Console(file=sys.stdout, highlight=False, width=max(console.width, WIDTH))
    for table in tables(report):
        wide.print(table)
    for line in verdict(earlier, report["machine"], report["rows"]):
        console.print(line, markup=False, style="bold red" if line.startswith("SLOWER") else None)
    with repeatable("hydra.run.dir"):
        write_text(folder / FILE, json.dumps(report, indent=1) + "\n")
    console.print(f"Numbers: {folder / FILE}", markup=False)
    return 0


def _peaks(settings: Mapping[str, Any], console: Console) -> Iterator[dict[str, Any]]:
    from codesign.cli.bench.peak import peak  # noqa: PLC0415

    for execution in executions(settings):
        for precision in settings["precisions"]:
            found = peak(replace(execution, precision=precision))
            kind = _kind(execution.device)
            console.print(f"peak of {kind}, {precision}: {found / 1e9:,.0f} GFLOP/s", markup=False)
            yield {"device": kind, "precision": precision, "operations_per_second": found}


def _speeds(
    settings: Mapping[str, Any], planned: list[Case], peaks: list[dict[str, Any]], earlier: Earlier, console: Console
) -> Iterator[dict[str, Any]]:
    from codesign.cli.bench.speed import measured  # noqa: PLC0415

    for case in planned:
        for row in measured(settings, case, _peaks_of(peaks, case.execution)):
            console.print(f"{name_of(row)}: {row['robot_steps_per_second']:,.0f} robot-steps/s", markup=False)
            yield {**row, **earlier.ratio_of(row)}


def _space(
    settings: Mapping[str, Any], peaks: list[dict[str, Any]], earlier: Earlier, console: Console
) -> Iterator[dict[str, Any]]:
    """Yield the rows of what is compared between two and three dimensions, and print the comparison."""
    from codesign.cli.bench.space import cases_in_space, comparison_in_space  # noqa: PLC0415
    from codesign.cli.bench.speed import measured  # noqa: PLC0415

    for execution in executions(settings):
        rows = []
        for own, case in cases_in_space(dict(settings), execution):
            for row in measured(own, case, _peaks_of(peaks, execution)):
                console.print(f"{name_of(row)}: {row['spring_updates_per_second']:,.0f} spring-updates/s", markup=False)
                rows.append({**row, **earlier.ratio_of(row)})
        for line in comparison_in_space(rows):
            console.print(line, markup=False)
        yield from rows


def _peaks_of(peaks: list[dict[str, Any]], execution: Execution) -> dict[str, float]:
    """Return the peaks of an execution's device, by precision."""
    kind = _kind(execution.device)
    return {peak["precision"]: peak["operations_per_second"] for peak in peaks if peak["device"] == kind}


def _others(
    settings: Mapping[str, Any], planned: list[Case], earlier: Earlier, folder: Path, console: Console
) -> dict[str, list[dict[str, Any]]]:
    """Return what is measured besides speed, by its name in the report."""
    from codesign.cli.bench.compiling import compile_times  # noqa: PLC0415
    from codesign.cli.bench.driver import driver  # noqa: PLC0415
    from codesign.cli.bench.host import breeding, cluster  # noqa: PLC0415

    wanted, found = settings["measure"], {}
    if "compile" in wanted:
        console.print("compiling with an empty folder of kernels, then again with a full one", markup=False)
        devices = {case.execution.device: case for case in reversed(planned)}
        found["compile"] = [compile_times(settings, case) for case in reversed(devices.values())]
    if "host" in wanted:
        console.print("breeding designs on the host", markup=False)
        bred = [breeding(settings, lattice) for lattice in lattices(settings)]
        found["host"] = [{**host, **earlier.ratio_of_breeding(host)} for host in bred]
    if "driver" in wanted:
        console.print("timing the driver of a run whose device computes in no time", markup=False)
        found["driver"] = [driver(settings, lattice, folder) for lattice in lattices(settings)]
    if "cluster" in wanted:
        console.print("evaluating the same designs through local and through ray", markup=False)
        found["cluster"] = [cluster(settings)]
    return found


def _kind(device: str) -> str:
    return device.partition(":")[0]


COMMAND = Command("bench", "bench", bench_catalogue, prepare)
