"""Where a simulation runs."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import cache

import warp as wp

from codesign.errors import ConfigError
from codesign.sim.kernel_cache import folder_of_kernels, guard_kernel_cache, told
from codesign.sim.settings import Execution

GPU_SEGMENT = 8
"""Steps of a segment on a GPU, if not told otherwise: few, so that a world and its history fit into shared memory."""

NO_DRIVER = "Could not find or load the NVIDIA CUDA driver"
"""What Warp's native code prints where there is no GPU; on a laptop that is no news."""


def device_of(execution: Execution) -> wp.Device:
    """Return the device that a simulation runs on.

    Raises:
        ConfigError: a GPU was asked for that is not there.
    """
    start_warp()
    if execution.device == "auto":
        return wp.get_device("cuda:0") if wp.is_cuda_available() else wp.get_device("cpu")
    if execution.device == "cpu":
        return wp.get_device("cpu")
    found = [device.alias for device in wp.get_cuda_devices()]
    alias = "cuda:0" if execution.device == "cuda" else execution.device
    if alias not in found:
        expected = f"execution.device as one of {', '.join(['auto', 'cpu', *found])}"
        raise ConfigError(expected, repr(execution.device), "set execution.device=auto")
    return wp.get_device(alias)


def settled(execution: Execution) -> Execution:
    """Return how a simulation is computed, with what is left to the device settled."""
    if execution.segment_steps or not device_of(execution).is_cuda:
        return execution
    return replace(execution, segment_steps=GPU_SEGMENT)


@cache
def start_warp(*, quiet: bool = False) -> None:
    """Initialise Warp without its greeting, if that has not been done yet.

    Args:
        quiet: whether to keep back its notice that there is no GPU. What all threads of the process write to standard
            error meanwhile is held up, so this is for whoever owns the process, as the command line and workers do.

    Raises:
        OutputError: there is no folder for compiled kernels and none can be made.
    """
    wp.config.log_level = max(wp.config.log_level, wp.LOG_WARNING)
    with told(folder_of_kernels), _without_notice() if quiet else nullcontext():
        wp.init()
    guard_kernel_cache()


@contextmanager
def _without_notice() -> Iterator[None]:
    """Keep back the notice that there is no GPU from what is written to standard error meanwhile."""
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            said.seek(0)
            rest = [line for line in said.read().splitlines(keepends=True) if NO_DRIVER.encode() not in line]
            os.write(2, b"".join(rest))
