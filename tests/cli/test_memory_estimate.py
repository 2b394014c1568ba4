"""The line that tells the memory of a run before it computes anything."""

from codesign.cli.memory_estimate import format_estimate
from codesign.evaluate import MemoryEstimate
from codesign.sim import Execution


def test_one_process() -> None:
    line = format_estimate(MemoryEstimate(400 * 2**10, 100 * 2**10, 3 * 2**29, 1), Execution())
    fitting = "batches of up to 8,192 designs (3,932 of the largest) in 1.5 GiB (half of what is free)"
    assert line == f"Memory: up to 400 KiB a design, 100 KiB expected; {fitting}"


def test_workers_and_a_budget() -> None:
    line = format_estimate(MemoryEstimate(2**20, 2**19, 5 * 2**20, 3), Execution(memory_mib=15))
    assert line.endswith("10 designs (5 of the largest) in 5.0 MiB for each of 3 workers (execution.memory_mib)")


def test_a_cluster_elsewhere() -> None:
    line = format_estimate(MemoryEstimate(2**20, 2**19, None, 1), Execution())
    assert line.endswith("512 KiB expected; batches as the memory of the cluster's machines allows")
