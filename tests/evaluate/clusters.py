"""Clusters of several nodes on this machine, and the processes of their workers."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

QUICK_TO_NOTICE = {
    "health_check_initial_delay_ms": 500,
    "health_check_period_ms": 500,
    "health_check_timeout_ms": 1000,
    "health_check_failure_threshold": 3,
}
"""Nodes that do not answer are given up within two seconds, in place of half a minute."""


@contextmanager
def started(cores: int, **head: Any) -> Iterator[Any]:
    """Yield a cluster (`ray.cluster_utils.Cluster`) whose first node offers so many cores."""
    from ray.cluster_utils import Cluster  # noqa: PLC0415 - it takes a second

    # Ray is told by the environment, which is that of all tests, where its newest cluster is.
    before, handler = os.environ.pop("RAY_ADDRESS", None), signal.getsignal(signal.SIGTERM)
    arguments = {"num_cpus": cores, "include_dashboard": False, "_system_config": QUICK_TO_NOTICE, **head}
    cluster = Cluster(initialize_head=True, head_node_args=arguments)
    try:
        yield cluster
    finally:
        # By SIGKILL, because a node that is asked to leave in good order may do so for ever on a busy machine.
        for node in [*cluster.worker_nodes, cluster.head_node]:
            cluster.remove_node(node, allow_graceful=False)
        cluster.shutdown()
        signal.signal(signal.SIGTERM, handler)
        if before is not None:
            os.environ["RAY_ADDRESS"] = before


def parents() -> dict[int, int]:
    """Return the parent of every process of this machine."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            found[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    return found


def descendants(of: int) -> set[int]:
    """Return a process and all that descend from it."""
    found, known = {of}, parents()
    while more := {process for process, parent in known.items() if parent in found} - found:
        found |= more
    return found
