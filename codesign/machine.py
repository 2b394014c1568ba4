"""What this machine lets a process have: its cores and its memory, containers and batch systems respected."""

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

KIBIBYTE = 2**10

_CONTROL_GROUPS = Path("/sys/fs/cgroup")
_PROCESS = Path("/proc")


def available_cores(process: Path = _PROCESS, groups: Path = _CONTROL_GROUPS) -> int:
    """Return the CPU cores that this process may use: those it may run on, or fewer where its time on them is limited.

    A quota of part of a core counts as the whole of it.

    Args:
        process: where the system tells about itself (proc(5)).
        groups: where control groups are mounted, version 2 or 1; containers limit time by their quotas.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min([cores, *(max(1, math.ceil(quota)) for quota in _cpu_quotas(process, groups))])


def vector_bytes(process: Path = _PROCESS) -> int:
    """Return the width of the processor's vector registers [bytes], 32 where it does not tell.

    Args:
        process: where the system tells about itself (proc(5)).
    """
    try:
        lines = (process / "cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        lines = []
    flags = next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), [])
    return 64 if "avx512f" in flags else 32


def available_memory(process: Path = _PROCESS, groups: Path = _CONTROL_GROUPS) -> int:
    """Return the memory that this process can still have [bytes].

    Files that the system keeps in memory count as available, because they make room when a program needs it.

    Args:
        process: where the system tells about itself (proc(5)).
        groups: where control groups, version 2, are mounted; containers and batch systems limit memory by them.
    """
    return min([_memory_of_the_machine(process), *_memory_of_groups(process, groups)])


def _memory_of_the_machine(process: Path) -> int:
    try:
        lines = (process / "meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        lines = []
    for line in lines:
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * KIBIBYTE
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def _memory_of_groups(process: Path, groups: Path) -> Iterator[int]:
    """Yield the memory that is left in each limited group that this process is in [bytes]."""
    for group in _groups_of(process, groups):
        try:
            limit = (group / "memory.max").read_text(encoding="ascii").strip()
            used = int((group / "memory.current").read_text(encoding="ascii"))
            statistics = (group / "memory.stat").read_text(encoding="ascii").split()
        except OSError:
            continue
        if limit != "max":
            files = int(statistics[statistics.index("inactive_file") + 1]) if "inactive_file" in statistics else 0
            yield max(int(limit) - used + files, 0)


def _cpu_quotas(process: Path, groups: Path) -> Iterator[float]:
    """Yield the processor time per time that each limited group may take which this process is in [cores]."""
    for group in _groups_of(process, groups):
        with suppress(OSError):
            quota, period = (group / "cpu.max").read_text(encoding="ascii").split()
            if quota != "max":
                yield int(quota) / int(period)
    for group in _groups_of(process, groups, "cpu"):
        with suppress(OSError):
            quota, period = ((group / f"cpu.cfs_{name}_us").read_text(encoding="ascii") for name in ("quota", "period"))
            if int(quota) > 0:  # -1 where there is none
                yield int(quota) / int(period)


def _groups_of(process: Path, groups: Path, controller: str = "") -> Iterator[Path]:
    """Yield the folders of the control groups that this process is in, from its own to the outermost.

    In a container a group's path may be that outside of it; then only the outermost folder is there, and is its own.

    Args:
        process: where the system tells about itself.
        groups: where control groups are mounted.
        controller: one of version 1, which has groups of its own; empty for version 2.
    """
    try:
        memberships = (process / "self" / "cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for membership in memberships:
        _, controllers, path = membership.split(":", 2)
        if controller in controllers.split(","):
            mount = groups / controllers
            own = mount / path.lstrip("/")
            yield from (group for group in (own, *own.parents) if group.is_relative_to(mount))
            return
