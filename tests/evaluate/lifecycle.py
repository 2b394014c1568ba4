"""Start a cluster of this machine's own, look at who can reach it, and end it; run as a program of its own."""

import os
import time
from pathlib import Path

from codesign.evaluate import Request
from codesign.evaluate.ray_evaluator import Ray
from tests.evaluate.clusters import descendants
from tests.evaluate.fakes import designs, quick, spec

LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
LISTENING = "0A"


def listening(processes: set[int]) -> set[str]:
    """Return the local addresses, in hexadecimal, on which the processes listen."""
    inodes = set()
    for process in processes:
        for link in Path(f"/proc/{process}/fd").glob("*"):
            try:
                inodes.add(str(link.readlink()))
            except OSError:
                continue
    addresses = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == LISTENING and f"socket:[{columns[9]}]" in inodes:
                addresses.add(columns[1].partition(":")[0])
    return addresses


if __name__ == "__main__":
    with Ray(workers=2).start(spec(), quick) as evaluator:
        evaluator.evaluate(Request(*designs(6)))
        processes = descendants(os.getpid()) - {os.getpid()}
        addresses = listening(descendants(os.getpid()))
    print("loopback" if addresses and addresses <= LOOPBACK else f"open to {addresses - LOOPBACK}")
    deadline = time.monotonic() + 10
    while (
        left := {process for process in processes if Path(f"/proc/{process}").exists()} & descendants(os.getpid())
    ) and (time.monotonic() < deadline):
        time.sleep(0.1)
    print(f"{len(left)} processes left" if left else "gone")
