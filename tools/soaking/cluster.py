"""A Ray cluster of several nodes on this machine, and the processes of its workers."""

import contextlib
import logging
import os
import signal
from pathlib import Path
from typing import Any

from ray.cluster_utils import Cluster

_QUICK_TO_NOTICE = {
    "health_check_initial_delay_ms": 1000,
    "health_check_period_ms": 1000,
    "health_check_timeout_ms": 2000,
    "health_check_failure_threshold": 3,
}
"""Nodes that do not answer are given up within some seconds, in place of half a minute."""

_OBJECT_STORE = 80 * 1024 * 1024  # bytes, about the least that Ray takes


class Nodes:
    """A cluster whose first node, on which drivers are, offers no cores, and whose others offer one each.

    Args:
        count: of other nodes at most; at first there is none.
    """

    def __init__(self, count: int) -> None:
        self.most = count
        self._dead: list[Any] = []
        self._cluster: Any = _started()

    @property
    def address(self) -> str:
        """Where the cluster is, host:port."""
        return self._cluster.address

    @property
    def live(self) -> list[Any]:
        """Nodes that offer a core, in a fixed order."""
        living = [
            node for node in self._cluster.worker_nodes if node not in self._dead and "raylet" in node.all_processes
        ]
        return sorted(living, key=_raylet)

    def add(self) -> None:
        """Start a node."""
        self._cluster.add_node(num_cpus=1, object_store_memory=_OBJECT_STORE, wait=False)

    def remove(self, node: Any) -> None:
        """End all processes of a node."""
        for process in _children(_raylet(node)):
            _send(process, signal.SIGCONT)  # one that is stopped would stay when its node is gone
        self._cluster.remove_node(node, allow_graceful=False)

    def kill_raylet(self, node: Any) -> None:
        """End the process by which Ray controls a node, and leave the rest of it as it is until `bury`."""
        _send(_raylet(node), signal.SIGKILL)
        self._dead.append(node)

    def bury(self) -> None:
        """Clear away what is left of nodes whose raylet was killed."""
        for node in self._dead:
            self._cluster.remove_node(node, allow_graceful=False)
        self._dead.clear()

    def workers(self, busy: bool = False) -> list[int]:
        """Return the processes of codesign's workers, ascending, all of them or those with a piece."""
        title = "ray::Worker.evaluate" if busy else "ray::Worker"
        children = [child for node in self.live for child in _children(_raylet(node))]
        return sorted(child for child in children if _title(child).startswith(title))

    def fill(self) -> None:
        """Start nodes up to the greatest number."""
        for _ in range(self.most - len(self.live)):
            self.add()

    def replace(self) -> None:
        """End the whole cluster, and start another one with as many nodes."""
        self.close()
        self._dead.clear()
        self._cluster = _started()
        self.fill()

    def close(self) -> None:
        """End the cluster."""
        for node in self.live:
            for process in _children(_raylet(node)):
                _send(process, signal.SIGCONT)
        with contextlib.suppress(AssertionError, OSError, ProcessLookupError):
            self._cluster.shutdown()


def _started() -> Any:
    # Ray tells its children by the environment where its newest cluster is.
    os.environ.pop("RAY_ADDRESS", None)
    logging.getLogger("ray").setLevel(logging.ERROR)
    head = {
        "num_cpus": 0,
        "include_dashboard": False,
        "object_store_memory": _OBJECT_STORE,
    }
    return Cluster(initialize_head=True, head_node_args={**head, "_system_config": _QUICK_TO_NOTICE})


def _raylet(node: Any) -> int:
    return node.all_processes["raylet"][0].process.pid


def _children(parent: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{parent}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []


def _title(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _send(process: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)
