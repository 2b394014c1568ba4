"""What the report about GPUs says, and that the default kernels keep everything in registers."""

import importlib
import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
KERNELS = ["forward", "reverse", "staged_forward", "staged_reverse"]
OTHERS = ("80", "100", "120")


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    return importlib.import_module("cuda_report")


def report(*options: str) -> list[dict[str, Any]]:
    command = [sys.executable, "tools/cuda_report.py", "--json", *options]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]


@pytest.mark.parametrize("architecture", ["90", *(pytest.param(other, marks=pytest.mark.slow) for other in OTHERS)])
def test_default_kernels_spill_nothing(architecture: str) -> None:
    records = report("--arch", architecture)
    assert [record["kernel"] for record in records] == KERNELS
    for record in records:
        assert 16 <= record["registers"] <= 255
        assert record["stack"] == 0
        assert record["local"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("controller", ["mlp", "cpg"])
def test_estimates(controller: str) -> None:
    records = report("--controller", controller, "--worlds", "1", "1024", "16384")
    for record in records:
        blocks, warps = record["blocks_per_multiprocessor"], record["warps_per_multiprocessor"]
        assert 1 <= blocks <= 32
        assert warps == 2 * blocks
        assert record["registers"] * 64 * blocks <= 65536
        assert (record["shared"] + record["needed_shared"]) * blocks <= 228 * 1024
        assert (record["needed_shared"] > 0) == (record["dynamic_shared"] > 0) == record["kernel"].startswith("staged")
        speeds = [row["robot_steps_per_second"] for row in record["estimate"]]
        assert 1e4 < speeds[0] < 2e6
        assert speeds == sorted(speeds)
        for row in record["estimate"]:
            assert row["robot_steps_per_second"] == row["limits"][row["bound"]] == min(row["limits"].values())
    forward, reverse, staged_forward, staged_reverse = (record["work"] for record in records)
    assert staged_forward["cycles"] < forward["cycles"]
    assert staged_reverse["l2_bytes"] < reverse["l2_bytes"]
    for quantity in ("flops", "wavefronts", "l2_bytes", "hbm_bytes", "history_bytes", "cycles"):
        assert forward[quantity] > 0
        assert staged_forward[quantity] <= forward[quantity] <= reverse[quantity]


def test_operations_are_those_of_the_network(tool: ModuleType) -> None:
    # 21 masses, 42 springs: 96 inputs and 42 outputs of 32 units.
    network = 2 * 32 * (96 + 42)
    flops = tool.forward_work(tool.Sizes(21, 42, "mlp", 64, 32, 4, False)).flops
    assert network < flops < 2 * network


@pytest.mark.parametrize(
    ("registers", "shared", "lanes", "blocks", "limit"),
    [
        (24, 1024, 128, 16, "warps"),
        (48, 1280, 64, 20, "registers"),
        (196, 1280, 64, 4, "registers"),
        (64, 20 * 1024, 64, 11, "shared memory"),
        (32, 1024, 32, 32, "blocks"),
        (255, 1024, 1024, 0, "registers"),
    ],
)
def test_occupancy(tool: ModuleType, registers: int, shared: int, lanes: int, blocks: int, limit: str) -> None:
    occupancy = tool.Occupancy.of(registers, shared, lanes)
    assert (occupancy.blocks, occupancy.limit) == (blocks, limit)


@pytest.mark.slow
def test_table(tool: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["cuda_report", "--controller", "sequence", "--worlds", "4096"])
    assert tool.main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["kernel", "arch", "registers"]
    assert [line.split()[:2] for line in lines[1:5]] == [[kernel, "sm_90"] for kernel in KERNELS]
    assert sum(line.split()[:1] == ["4096"] for line in lines) == 4


def test_without_cuobjdump(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "files", absent)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "argv", ["cuda_report"])
    assert tool.main() == 2
    error = capsys.readouterr().err
    assert error.startswith("cuda_report: expected cuobjdump")
    assert error.endswith("pip install 'codesign[cuda-report]'\n")
    assert error.count("\n") == 1
