"""What this machine lets a process have: its cores and its memory, containers and batch systems respected."""

import math
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

KIBIBYTE = 2**10

_UNLIMITED = 2**60
"""What version 1 of control groups says where there is no limit is some number above this."""

_CONTROL_GROUPS = Path("/sys/fs/cgroup")
_PROCESS = Path("/proc")


def available_cores(process: Path = _PROCESS, groups: Path = _CONTROL_GROUPS) -> int:
    """Return the CPU cores that this process may use: those it may run on, or fewer where its time on them is limited.

    A quota of part of a core counts as the whole of it. Variables such as OMP_NUM_THREADS say nothing about this: batch
    systems and containers set affinity and quotas, which count.

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


def available_memory(
    process: Path = _PROCESS, groups: Path = _CONTROL_GROUPS, environment: Mapping[str, str] = os.environ
) -> int:
    """Return the memory that this process can still have [bytes].

    Files that the system keeps in memory count as available, because they make room when a program needs it. What Slurm
    grants a job counts where no control group limits it, since Slurm may then end a job that takes more.

    Args:
        process: where the system tells about itself (proc(5)).
        groups: where control groups are mounted, version 2 or 1; containers and batch systems limit memory by them.
        environment: variables of this process.
    """
    limits = list(_memory_of_groups(process, groups)) or list(_memory_of_slurm(process, environment))
    return min([_memory_of_the_machine(process), *limits])


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
        yield from _memory_left(group, "memory.max", "memory.current", "inactive_file")
    for group in _groups_of(process, groups, "memory"):
        # Version 1, whose counts without "total" leave out the groups inside.
        yield from _memory_left(group, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


def _memory_left(group: Path, limit_file: str, used_file: str, files_key: str) -> Iterator[int]:
    """Yield the memory that is left in a group [bytes], if it is limited."""
    try:
        limit = (group / limit_file).read_text(encoding="ascii").strip()
        used = int((group / used_file).read_text(encoding="ascii"))
        statistics = (group / "memory.stat").read_text(encoding="ascii").split()
    except OSError:
        return
    if limit != "max" and int(limit) < _UNLIMITED:
        files = int(statistics[statistics.index(files_key) + 1]) if files_key in statistics else 0
        yield max(int(limit) - used + files, 0)


def _memory_of_slurm(process: Path, environment: Mapping[str, str]) -> Iterator[int]:
    """Yield what is left of the memory that Slurm grants a job on this machine [bytes], if it says so."""
    of_node, of_core, cores = (
        int(value) if (value := environment.get(f"SLURM_{name}", "")).isdecimal() else 0
        for name in ("MEM_PER_NODE", "MEM_PER_CPU", "CPUS_ON_NODE")
    )
    granted = of_node or of_core * cores  # 0 where the job may have all of it
    if granted:
        yield max(granted * KIBIBYTE**2 - _resident(process), 0)


def _resident(process: Path) -> int:
    """Return the memory that this process has already [bytes]."""
    try:
        pages = (process / "self" / "statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


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
