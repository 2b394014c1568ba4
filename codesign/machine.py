"""What this machine lets a process have: its cores and its memory, containers and batch systems respected."""

import os
from collections.abc import Iterator
from pathlib import Path

KIBIBYTE = 2**10

_CONTROL_GROUPS = Path("/sys/fs/cgroup")
_PROCESS = Path("/proc")


def available_cores() -> int:
    """Return the CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
    return min([_of_the_machine(process), *_of_control_groups(process, groups)])


def _of_the_machine(process: Path) -> int:
    try:
        lines = (process / "meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        lines = []
    for line in lines:
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * KIBIBYTE
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def _of_control_groups(process: Path, groups: Path) -> Iterator[int]:
    """Yield what is left in each limited group that this process is in, from its own to the outermost."""
    try:
        memberships = (process / "self" / "cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    inside = next((line.removeprefix("0::/") for line in memberships if line.startswith("0::/")), "")
    own = groups / inside
    for group in (own, *own.parents):
        if not group.is_relative_to(groups):
            return
        try:
            limit = (group / "memory.max").read_text(encoding="ascii").strip()
            used = int((group / "memory.current").read_text(encoding="ascii"))
            statistics = (group / "memory.stat").read_text(encoding="ascii").split()
        except OSError:
            continue
        if limit != "max":
            files = int(statistics[statistics.index("inactive_file") + 1]) if "inactive_file" in statistics else 0
            yield max(int(limit) - used + files, 0)
