"""The speed of simulations: robot-steps and spring-updates a second, forward and forward + reverse."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from codesign.cli.bench.operations import step_operations
from codesign.cli.bench.plan import Case, bodies_of, body_name, bytes_needed
from codesign.sim import Conditions, Simulator
from codesign.streams import Purpose, generation_keys


def measured(settings: Mapping[str, Any], case: Case, peaks: Mapping[str, float]) -> Iterator[dict[str, Any]]:
    """Yield the row of a case forward, and the one forward + reverse.

    Args:
        settings: by dotted key, as the command checks them.
        case: what to simulate.
        peaks: floating-point operations a second of the case's device, by precision.
    """
    bodies = bodies_of(case, settings["body.tissue"], settings["seed"])
    parts = (settings["sim"], settings["controller"], [Conditions(settings["terrain"], settings["task"])])
    begin = time.perf_counter()
    simulator = Simulator(bodies, *parts, case.execution)
    simulator.draw(generation_keys(settings["seed"], 0, case.worlds, Purpose.CONTROLLER))
    preparing = time.perf_counter() - begin
    steps, precision = settings["sim"].steps, case.execution.precision
    springs = np.diff(bodies.spring_start)
    layout = simulator.layout
    operations = step_operations(settings["controller"], layout.masses, layout.springs, layout.dimension)
    held = bytes_needed(settings, bodies, case.execution).mean()
    for reverse, sweep in ((False, _forward(simulator)), (True, _both(simulator))):
        first = seconds_of(sweep)
        seconds = steady_seconds(sweep, settings["seconds"])
        row = {
            **identity_of(settings, case),
            "reverse": reverse,
            "robot_steps_per_second": case.worlds * steps / seconds,
            "spring_updates_per_second": int(springs.sum()) * steps / seconds,
            "seconds": seconds,
            "first_seconds": preparing + first,
            "compile_seconds": max(preparing + first - seconds, 0.0),
            "bytes_per_robot": float(held),
            "masses_per_robot": float(layout.masses.mean()),
            "springs_per_robot": float(springs.mean()),
        }
        if operations is not None:
            # Reverse counts twice what forward does: a product for each factor of every product. Computing a segment
            # again counts nothing, since it brings nothing new.
            work = float(operations.sum()) * steps * (3 if reverse else 1)
            row |= {"operations_per_second": work / seconds, "share_of_peak": _share(work / seconds, peaks, precision)}
        yield row


def identity_of(settings: Mapping[str, Any], case: Case) -> dict[str, Any]:
    """Return what tells a row from others, apart from `reverse`."""
    return {
        "device": case.execution.device.partition(":")[0],
        "body": body_name(case.lattice),
        "sizes": case.sizes,
        "controller": settings["controller"].name,
        "task": settings["task"].name,
        "terrain": settings["terrain"].name,
        "contact": settings["sim"].contact.name,
        "steps": settings["sim"].steps,
        "segment_steps": case.execution.segment(settings["sim"].steps),
        "checkpoints": case.execution.checkpoints,
        "precision": case.execution.precision,
        "worlds": case.worlds,
    }


def _forward(simulator: Simulator) -> Callable[[], None]:
    def sweep() -> None:
        simulator.forward()
        simulator.loss.numpy()

    return sweep


def _both(simulator: Simulator) -> Callable[[], None]:
    def sweep() -> None:
        simulator.forward()
        simulator.reverse()
        simulator.gradient.numpy()

    return sweep


def _share(rate: float, peaks: Mapping[str, float], precision: str) -> float | None:
    return rate / peaks[precision] if precision in peaks else None


def steady_seconds(work: Callable[[], None], seconds: float) -> float:
    """Return the median time of one call, over as many as fit into `seconds`, three at least [s]."""
    times: list[float] = []
    while len(times) < 3 or sum(times) < seconds:
        times.append(seconds_of(work))
    return float(np.median(times))


def seconds_of(work: Callable[[], object]) -> float:
    """Return the time of one call [s]."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
