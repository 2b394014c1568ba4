"""How long it takes to the first gradient in a new process: with an empty folder of kernels, and with a full one."""

import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from codesign.cli.bench.plan import Case, bodies_of, body_name
from codesign.sim import Conditions, Simulator
from codesign.streams import Purpose, generation_keys

_KERNELS = "WARP_CACHE_PATH"


def compile_times(settings: Mapping[str, Any], case: Case) -> dict[str, Any]:
    """Return the time until the first gradient of one world, without and with compiled kernels on the disk [s].

    Each is measured in a process of its own, imports not counted.

    Args:
        settings: by dotted key, as the command checks them.
        case: what to simulate; of its worlds only one.
    """
    one = replace(case, worlds=1)
    with tempfile.TemporaryDirectory() as folder, _kernels_in(folder):
        cold, warm = (_in_a_new_process(settings, one) for _ in range(2))
    return {
        "device": case.execution.device.partition(":")[0],
        "body": body_name(case.lattice),
        "controller": settings["controller"].name,
        "precision": case.execution.precision,
        "cold_seconds": cold,
        "warm_seconds": warm,
    }


def first_gradient_seconds(settings: Mapping[str, Any], case: Case) -> float:
    """Return the time until the first gradient in this process [s]."""
    bodies = bodies_of(case, settings["body.tissue"], settings["seed"])
    begin = time.perf_counter()
    parts = (settings["sim"], settings["controller"], [Conditions(settings["terrain"], settings["task"])])
    simulator = Simulator(bodies, *parts, case.execution)
    simulator.draw(generation_keys(settings["seed"], 0, case.worlds, Purpose.CONTROLLER))
    simulator.forward()
    simulator.reverse()
    simulator.gradient.numpy()
    return time.perf_counter() - begin


def _in_a_new_process(settings: Mapping[str, Any], case: Case) -> float:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(first_gradient_seconds, settings, case).result()


@contextmanager
def _kernels_in(folder: str) -> Iterator[None]:
    """Let processes that start meanwhile keep their kernels in `folder`."""
    before = os.environ.get(_KERNELS)
    os.environ[_KERNELS] = folder
    try:
        yield
    finally:
        if before is None:
            del os.environ[_KERNELS]
        else:
            os.environ[_KERNELS] = before
