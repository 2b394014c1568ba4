"""Measurements of the simulator and of the host's part of a generation."""

import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import warp as wp
from rich.box import SIMPLE_HEAD
from rich.table import Table

import codesign
from codesign.body import Tissue, develop
from codesign.genome import LATTICES, VariationSettings, random_genomes, vary
from codesign.machine import available_cores
from codesign.sim import ROWS, Execution, Simulator, bytes_per_world, pack
from codesign.streams import Purpose, streams


def simulation(settings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a row per precision, number of worlds and kind of sweep, measured on random bodies.

    Args:
        settings: by dotted key, as the bench command checks them.
    """
    lattice = settings["body.lattice"].build()
    for precision in settings["precisions"]:
        execution = replace(settings["execution"], precision=precision)
        for worlds in settings["worlds"]:
            generators = streams(settings["seed"], 0, worlds, Purpose.GENOME)
            bodies = develop(
                lattice, random_genomes(lattice, settings["body.lattice"], generators), settings["body.tissue"]
            )
            begin = time.perf_counter()
            simulator = Simulator(
                bodies, settings["sim"], settings["controller"], settings["task"], settings["terrain"], execution
            )
            simulator.load(simulator.initial(streams(settings["seed"], 0, worlds, Purpose.CONTROLLER)))
            yield from _sweeps(simulator, settings, precision, time.perf_counter() - begin)


def _sweeps(
    simulator: Simulator, settings: Mapping[str, Any], precision: str, preparing: float
) -> Iterator[dict[str, Any]]:
    def forward() -> None:
        simulator.forward()
        simulator.loss.numpy()

    def both() -> None:
        simulator.forward()
        simulator.reverse()
        simulator.gradient.numpy()

    for reverse, sweep in ((False, forward), (True, both)):
        first = _seconds(sweep)
        seconds = _steady(sweep, settings["seconds"])
        steps = simulator.worlds * settings["sim"].steps
        yield {
            "worlds": simulator.worlds,
            "reverse": reverse,
            "precision": precision,
            "robot_steps_per_second": steps / seconds,
            "seconds": seconds,
            "compile_seconds": max(preparing + first - seconds, 0.0),
            "bytes_per_robot": _bytes(simulator, replace(settings["execution"], precision=precision))
            / simulator.worlds,
        }


def _bytes(simulator: Simulator, execution: Execution) -> int:
    copies = 3  # the weights, their gradient, and the best so far
    steps, memory = simulator.physics.steps, simulator.task.memory
    return int(bytes_per_world(simulator.layout, simulator.controller, steps, execution, memory, copies).sum())


def breeding(count: int, seed: int) -> dict[str, Any]:
    """Return how many designs a second one core draws, varies, repairs, develops and packs on the 13 x 22 grid."""
    settings = LATTICES["triangle"](rows=13, columns=22)
    lattice, tissue, variation = settings.build(), Tissue(), VariationSettings()

    def breed() -> None:
        genomes = random_genomes(lattice, settings, streams(seed, 0, count, Purpose.GENOME))
        generators = streams(seed, 1, count, Purpose.VARIATION)
        children = vary(lattice, genomes, np.arange(count), generators, variation).genomes
        pack(develop(lattice, children, tissue), ROWS["float32"])

    _seconds(breed)
    return {"designs": count, "lattice": "triangle 13 x 22", "designs_per_second": count / _seconds(breed)}


def machine() -> dict[str, Any]:
    """Return what this machine is, as far as it tells."""
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": _processor(),
        "cores": available_cores(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "gpus": [device.name for device in wp.get_cuda_devices()],
    }


def versions() -> dict[str, str]:
    """Return the versions that speed depends on."""
    libraries = {name: version(name) for name in ("warp-lang", "numpy", "scipy")}
    return {"codesign": codesign.__version__, "python": platform.python_version(), **libraries}


def table(report: Mapping[str, Any]) -> Table:
    """Return the report for reading."""
    host = report["host"]
    speed = f"{host['designs_per_second']:,.0f} designs/s"
    caption = f"{speed} drawn, varied, repaired, developed and packed on {host['lattice']}"
    title = f"{report['machine']['processor']}, {report['machine']['cores']} cores"
    shown = Table(box=SIMPLE_HEAD, title=title, caption=caption, title_justify="left", caption_justify="left")
    headings = ("worlds", "precision", "sweeps", "robot-steps/s", "KiB/robot", "compile")
    ratios = any("ratio" in row for row in report["rows"])
    for heading in (*headings, "to previous") if ratios else headings:
        shown.add_column(heading, justify="right", no_wrap=True)
    for row in report["rows"]:
        sweeps = "and reverse" if row["reverse"] else "forward"
        cells = [str(row["worlds"]), row["precision"], sweeps, f"{row['robot_steps_per_second']:,.0f}"]
        cells += [f"{row['bytes_per_robot'] / 1024:.0f}", f"{row['compile_seconds']:.1f} s"]
        if ratios:
            cells.append(f"x {row['ratio']:.2f}" if "ratio" in row else "")
        shown.add_row(*cells)
    return shown


def _steady(work: Callable[[], None], seconds: float) -> float:
    """Return the median time of one call, over as many as fit into `seconds`, three at least."""
    times: list[float] = []
    while len(times) < 3 or sum(times) < seconds:
        times.append(_seconds(work))
    return float(np.median(times))


def _seconds(work: Callable[[], None]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
