"""What a measurement was made on."""

import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import warp as wp

import codesign
from codesign.machine import available_cores
from codesign.sim import Execution


def machine(execution: Execution) -> dict[str, Any]:
    """Return what this machine is, as far as it tells, and the CPU threads that an execution uses of it."""
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": _processor(),
        "cores": available_cores(),
        "threads": execution.threads or available_cores(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "gpus": [device.name for device in wp.get_cuda_devices()],
    }


def versions() -> dict[str, str]:
    """Return the versions that speed depends on."""
    libraries = {name: version(name) for name in ("warp-lang", "numpy", "scipy", "ray")}
    return {"codesign": codesign.__version__, "python": platform.python_version(), **libraries}


def described(machine: Mapping[str, Any]) -> str:
    """Return a machine in a few words."""
    gpus = "".join(f", {name}" for name in machine["gpus"])
    return f"{machine['processor']}, {machine['threads']} threads, {machine['cores']} cores{gpus}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
