"""How much of a machine a process may take, told from files as Linux writes them."""

import os
from pathlib import Path

import pytest

from codesign.machine import available_cores, available_memory, vector_bytes

MEBIBYTE = 2**20


@pytest.fixture
def process(tmp_path: Path) -> Path:
    folder = tmp_path / "proc"
    (folder / "self").mkdir(parents=True)
    (folder / "meminfo").write_text("MemTotal: 8388608 kB\nMemFree: 1024 kB\nMemAvailable: 4194304 kB\n")
    (folder / "self" / "cgroup").write_text("1:name=systemd:/\n0::/job/step\n")
    return folder


def group(folder: Path, limit: str, used: int, files: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.max").write_text(f"{limit}\n")
    (folder / "memory.current").write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 1\ninactive_file {files}\nactive_file 3\n")


@pytest.mark.parametrize(("flags", "width"), [("fpu sse2 avx2 fma", 32), ("fpu avx2 avx512f avx512dq", 64)])
def test_the_width_of_vectors_is_what_the_processor_says(process: Path, flags: str, width: int) -> None:
    assert vector_bytes(process) == 32  # nothing said
    (process / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\nbogomips\t: 1\n")
    assert vector_bytes(process) == width


@pytest.fixture
def machine_of_eight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)), raising=False)


@pytest.mark.usefixtures("machine_of_eight")
@pytest.mark.parametrize(
    ("own", "outer", "cores"),
    [
        ("max 100000", "max 100000", 8),
        ("200000 100000", "max 100000", 2),
        ("250000 100000", "max 100000", 3),
        ("max 100000", "50000 100000", 1),
        ("400000 100000", "150000 50000", 3),
        ("6400000 100000", "max 100000", 8),
    ],
)
def test_a_quota_of_processor_time_limits_the_cores(
    process: Path, tmp_path: Path, own: str, outer: str, cores: int
) -> None:
    groups = tmp_path / "groups"
    (groups / "job" / "step").mkdir(parents=True)
    assert available_cores(process, groups) == 8
    (groups / "job" / "step" / "cpu.max").write_text(f"{own}\n")
    (groups / "job" / "cpu.max").write_text(f"{outer}\n")
    assert available_cores(process, groups) == cores


@pytest.mark.usefixtures("machine_of_eight")
@pytest.mark.parametrize(("quota", "cores"), [(-1, 8), (20_000, 1), (350_000, 4), (900_000, 8)])
@pytest.mark.parametrize("inside", [".", "docker/abc"])
def test_so_does_one_of_control_groups_of_version_1(
    process: Path, tmp_path: Path, quota: int, cores: int, inside: str
) -> None:
    (process / "self" / "cgroup").write_text("5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/init\n")
    folder = tmp_path / "groups" / "cpu,cpuacct" / inside
    folder.mkdir(parents=True)
    (folder / "cpu.cfs_quota_us").write_text(f"{quota}\n")
    (folder / "cpu.cfs_period_us").write_text("100000\n")
    assert available_cores(process, tmp_path / "groups") == cores


def test_files_kept_in_memory_count_as_available(process: Path, tmp_path: Path) -> None:
    assert available_memory(process, tmp_path / "none") == 4096 * MEBIBYTE


def test_the_tightest_control_group_decides(process: Path, tmp_path: Path) -> None:
    groups = tmp_path / "groups"
    group(groups / "job" / "step", "max", 5, 5)
    assert available_memory(process, groups) == 4096 * MEBIBYTE
    group(groups / "job", str(1000 * MEBIBYTE), 300 * MEBIBYTE, 100 * MEBIBYTE)
    assert available_memory(process, groups) == 800 * MEBIBYTE
    group(groups / "job" / "step", str(500 * MEBIBYTE), 600 * MEBIBYTE, 50 * MEBIBYTE)
    assert available_memory(process, groups) == 0


def group_of_version_1(folder: Path, limit: int, used: int, files: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.limit_in_bytes").write_text(f"{limit}\n")
    (folder / "memory.usage_in_bytes").write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"cache 1\ninactive_file 2\ntotal_cache 3\ntotal_inactive_file {files}\n")


@pytest.mark.parametrize("inside", [".", "docker/abc"])
def test_control_groups_of_version_1_limit_memory(process: Path, tmp_path: Path, inside: str) -> None:
    groups = tmp_path / "groups"
    (process / "self" / "cgroup").write_text("5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n0::/\n")
    group_of_version_1(groups / "memory", 9223372036854771712, 300 * MEBIBYTE, 0)
    assert available_memory(process, groups) == 4096 * MEBIBYTE
    group_of_version_1(groups / "memory" / inside, 1000 * MEBIBYTE, 300 * MEBIBYTE, 100 * MEBIBYTE)
    assert available_memory(process, groups) == 800 * MEBIBYTE
    group(groups, str(500 * MEBIBYTE), 100 * MEBIBYTE, 0)  # both versions at once: the tighter one
    assert available_memory(process, groups) == 400 * MEBIBYTE


@pytest.mark.parametrize(
    ("granted", "mebibytes"),
    [
        ({"SLURM_MEM_PER_NODE": "2048"}, 2038),
        ({"SLURM_MEM_PER_CPU": "500", "SLURM_CPUS_ON_NODE": "4"}, 1990),
        ({"SLURM_MEM_PER_CPU": "500"}, 4096),
        ({"SLURM_MEM_PER_NODE": "0"}, 4096),
        ({"SLURM_MEM_PER_NODE": "much"}, 4096),
        ({"SLURM_MEM_PER_NODE": "8192"}, 4096),
        ({"SLURM_MEM_PER_NODE": "5"}, 0),
    ],
)
def test_what_slurm_grants_counts_where_no_group_limits(
    process: Path, tmp_path: Path, granted: dict[str, str], mebibytes: int
) -> None:
    pages = 10 * MEBIBYTE // os.sysconf("SC_PAGE_SIZE")
    (process / "self" / "statm").write_text(f"99999 {pages} 1 1 0 1 0\n")
    groups = tmp_path / "groups"
    assert available_memory(process, groups, granted) == mebibytes * MEBIBYTE
    group(groups / "job", str(1000 * MEBIBYTE), 300 * MEBIBYTE, 100 * MEBIBYTE)
    assert available_memory(process, groups, granted) == 800 * MEBIBYTE


def test_a_system_that_tells_nothing(tmp_path: Path) -> None:
    assert available_memory(tmp_path / "no", tmp_path / "none") > 0
    assert available_cores(tmp_path / "no", tmp_path / "none") >= 1


def test_this_machine() -> None:
    assert available_cores() >= 1
    assert available_memory() > 16 * MEBIBYTE
