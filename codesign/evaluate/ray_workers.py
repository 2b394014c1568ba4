"""Workers on the machines of a Ray cluster: as many as there is room for, whoever leaves and whoever joins."""

import math
import pickle
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

from codesign.errors import EvaluatorError
from codesign.evaluate.batches import shared
from codesign.evaluate.evaluator import Workforce
from codesign.plugins import restore
from codesign.sim import Execution, start_warp

_PORT_SECONDS = 2.0
"""Time that a node has to accept a connection; one that is gone refuses it at once, or never answers."""

_SUSPECTED_SECONDS = 30.0
"""Time after which a node that seemed to be gone, and of which Ray still says that it lives, is tried again."""

_PAUSES = (0.0, 1.0, 5.0, 15.0, 30.0)
"""Seconds before a worker is started again on a node where so many in a row did not come up."""


@dataclass(frozen=True)
class Needs:
    """What each worker takes of a machine.

    Attributes:
        cores: CPU cores.
        gpus: GPUs, or the share of one; 0 for a worker that computes on its cores.
        resource: name of one of the cluster's own resources, of which it takes 1; empty for none.
        most: workers altogether; 0 for as many as there is room for.
    """

    cores: int
    gpus: float
    resource: str
    most: int

    def __str__(self) -> str:
        """Return it as one would say it."""
        named = [f"{self.cores} CPU core{'s' * (self.cores > 1)}"]
        named += [f"{self.gpus:g} GPU"] * (self.gpus > 0) + [f"1 {self.resource}"] * bool(self.resource)
        return " and ".join(named)

    def places(self, offered: dict[str, float]) -> int:
        """Return how many workers a machine has room for which offers these resources."""
        room = [int(offered.get("CPU", 0) / self.cores + 1e-6)]
        if self.gpus:
            room.append(int(offered.get("GPU", 0)) * int(1 / self.gpus + 1e-6))
        if self.resource:
            room.append(int(offered.get(self.resource, 0)))
        return min(room)

    def sharing(self, places: int) -> int:
        """Return how many workers share the memory that each of them computes in, on a machine with so many places."""
        each = int(1 / self.gpus + 1e-6) if self.gpus else places
        return max(1, min(each, places, self.most or each))


@dataclass(eq=False)
class Member:
    """A worker, and what it is doing.

    Attributes:
        handle: of its Ray actor.
        node: id of the machine that it is on.
        host: name of that machine.
        called: its answer to the last call, while that is awaited; None where it has answered.
        task: its answer to the last piece, while that is awaited.
        piece: the designs that it evaluates.
        work: their expected work.
        since: when it was called or got its piece [s, monotonic].
        allowed: how long it may take to answer [s].
        late: whether it took longer for its piece, which was therefore given to another.
        known: whether it has ever answered.
    """

    handle: Any
    node: str
    host: str
    called: Any = None
    task: Any = None
    piece: list[int] = field(default_factory=list)
    work: float = 0.0
    since: float = 0.0
    allowed: float = math.inf
    late: bool = False
    known: bool = False

    @property
    def idle(self) -> bool:
        """Whether it answers and has nothing to do."""
        return self.called is None and self.task is None


class Fleet:
    """All workers of a run. There is one for each place on a live machine, up to the number asked for.

    A worker is bound to its machine, so that none waits for a place that does not come, and gets work only after it
    has answered.

    Args:
        ray: the module, connected.
        needs: what each worker takes.
        work: what a worker is given, pickled.
        execution: where a worker computes.
        start_seconds: time that a worker has to come up [s].
        call_seconds: time that one which has nothing to do has to answer a call [s].
        notice: called with what the user should know.
    """

    def __init__(
        self,
        ray: ModuleType,
        needs: Needs,
        work: bytes,
        execution: Execution,
        start_seconds: float,
        call_seconds: float,
        notice: Callable[[str], None],
    ) -> None:
        self._ray, self.needs, self._execution, self._notice = ray, needs, execution, notice
        self._work = ray.put(work)
        self._start_seconds, self._call_seconds = start_seconds, call_seconds
        self.members: list[Member] = []
        self._nodes: dict[str, str] = {}
        self._rooms: dict[str, int] = {}
        self._failures: dict[str, int] = {}
        self._not_before: dict[str, float] = {}
        self._unfit: dict[str, BaseException] = {}
        self._suspected: dict[str, float] = {}
        self._begun = False

    def workforce(self, retries: int) -> Workforce:
        """Return who answers."""
        answering = [member for member in self.members if member.known and not member.late]
        return Workforce(len({member.node for member in answering}), len(answering), retries)

    def call(self) -> None:
        """Ask all that have nothing to do whether they are there; they get no work before they have answered."""
        for member in self.members:
            if member.idle:
                member.called, member.since = member.handle.answer.remote(), time.monotonic()
                member.allowed = self._call_seconds

    def refresh(self) -> list[Member]:
        """See who left and who joined, start workers where there is room, and return those that left with a machine."""
        nodes = self._alive()
        if nodes is None:
            return []
        left: list[Member] = []
        for node in [node for node in self._nodes if node not in nodes]:
            left += self.remove_node(node)
        for node, found in nodes.items():
            if node not in self._nodes and self._suspected.get(node, 0.0) <= time.monotonic():
                self._join(node, found)
        self._begun = True
        self._give_up_silent()
        self._start_missing()
        return left

    def remove_node(self, node: str) -> list[Member]:
        """Forget a machine that is gone, and return the workers that were on it."""
        left = [member for member in self.members if member.node == node]
        host, room = self._nodes.pop(node, None), self._rooms.pop(node, 0)
        for member in left:
            self.remove(member)
        if host is not None and room:
            self._notice(f"A node left: {host}, with room for {room} workers; what they had goes to others.")
        return left

    def remove(self, member: Member) -> None:
        """Forget a worker, and end it if it still runs."""
        self.members.remove(member)
        self._ray.kill(member.handle, no_restart=True)

    def is_gone(self, node: str) -> bool:
        """Return whether a machine is gone; Ray itself says so only after a while."""
        found = (self._alive() or {}).get(node)
        if found is None or not _accepts(found):
            self._suspected[node] = time.monotonic() + _SUSPECTED_SECONDS
            return True
        return False

    def answered(self, member: Member) -> None:
        """Take the answer of a worker that was called; one that did not come up is removed."""
        reference, member.called = member.called, None
        try:
            self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            self._bar(member, error.cause)
        except self._ray.exceptions.RayActorError as error:
            if error.actor_init_failed:
                self._bar(member, EvaluatorError("workers that start", reason_of(error), _SAME_EVERYWHERE))
            else:
                self._failed(member)
        except self._ray.exceptions.RayError:
            self._failed(member)
        else:
            member.known = True
            self._failures.pop(member.node, None)

    def require_hope(self) -> None:
        """Check that workers can come up on some machine.

        Raises:
            Exception: what a worker raised when it began, where none can.
        """
        if self._unfit and not self.members and all(node in self._unfit for node in self._nodes):
            raise next(iter(self._unfit.values()))

    def why_nobody(self) -> str:
        """Return why no worker answers, as far as that is known."""
        nodes = f"{len(self._nodes)} nodes" if len(self._nodes) != 1 else "1 node"
        places = sum(self._rooms.values())
        if not places:
            return f"{nodes}, none with {self.needs} for a worker"
        return f"{nodes} with room for {places} workers, none of which answers"

    def close(self) -> None:
        """End all workers."""
        for member in list(self.members):
            self.remove(member)

    def _alive(self) -> dict[str, dict[str, Any]] | None:
        """Return what Ray says of the machines that live, by id; None while its control process does not answer."""
        try:
            return {node["NodeID"]: node for node in self._ray.nodes() if node["Alive"]}
        except Exception:  # of several unrelated types; if it never answers again, Ray ends this process
            return None

    def _join(self, node: str, found: dict[str, Any]) -> None:
        if node in self._suspected and not _accepts(found):
            self._suspected[node] = time.monotonic() + _SUSPECTED_SECONDS
            return
        self._nodes[node] = found["NodeManagerHostname"] or found["NodeManagerAddress"]
        room = self._rooms[node] = self.needs.places(found["Resources"])
        if self._begun and room:
            self._notice(f"A node joined: {self._nodes[node]}, with room for {room} workers.")

    def _start_missing(self) -> None:
        now, rooms = time.monotonic(), self._rooms
        most = self.needs.most or math.inf
        taken = {node: sum(member.node == node for member in self.members) for node in rooms}
        while len(self.members) < most:
            free = [
                node
                for node, room in rooms.items()
                if taken[node] < room and node not in self._unfit and self._not_before.get(node, 0.0) <= now
            ]
            if not free:
                return
            node = max(free, key=lambda node: rooms[node] - taken[node])
            self.members.append(self._started(node, self.needs.sharing(rooms[node])))
            taken[node] += 1

    def _started(self, node: str, sharing: int) -> Member:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415 - see ray_cluster

        needs = self.needs
        actor = self._ray.remote(Worker).options(
            num_cpus=needs.cores,
            num_gpus=needs.gpus,
            resources={needs.resource: 1} if needs.resource else None,
            max_restarts=0,
            scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False),
        )
        handle = actor.remote(self._work, self._execution, sharing)
        called, since = handle.answer.remote(), time.monotonic()
        return Member(handle, node, self._nodes[node], called=called, since=since, allowed=self._start_seconds)

    def _give_up_silent(self) -> None:
        now = time.monotonic()
        for member in list(self.members):
            if member.called is not None and now - member.since > member.allowed:
                self._failed(member)

    def _failed(self, member: Member) -> None:
        """Remove a worker that did not answer, and start the next on its machine after a pause."""
        failures = self._failures.get(member.node, 0)
        self._failures[member.node] = failures + 1
        self._not_before[member.node] = time.monotonic() + _PAUSES[min(failures, len(_PAUSES) - 1)]
        if member.known:
            self._notice(f"A worker on {member.host} that had nothing to do was lost.")
        self.remove(member)

    def _bar(self, member: Member, why: BaseException) -> None:
        """Use a machine no more whose workers raise an error when they begin."""
        if member.node not in self._unfit:
            self._unfit[member.node] = why
            if len(self._nodes) > 1:
                self._notice(f"The node {member.host} is not used, because its workers do not start: {_line(why)}")
        self.remove(member)


_SAME_EVERYWHERE = "install the same version of codesign, and what it is configured to use, on every machine"


def reason_of(error: BaseException) -> str:
    """Return what Ray says about a loss, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line.startswith("\t")]
    told = [line for line in lines if "Worker exit detail" in line or "Error:" in line]
    line = (told[-1:] or lines[-1:] or [type(error).__name__])[-1]
    return line.partition("Worker exit detail: ")[2].partition(" Some common causes")[0] or line[:200]


def _accepts(node: dict[str, Any]) -> bool:
    """Return whether Ray's process on a machine accepts connections."""
    try:
        address = node["NodeManagerAddress"], int(node["NodeManagerPort"])
        socket.create_connection(address, timeout=_PORT_SECONDS).close()
    except OSError:
        return False
    return True


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


class Worker:
    """A process that evaluates pieces one after the other; compiled kernels stay.

    Args:
        work: plug-ins, and pickled apart the spec and the function that evaluates, pickled by the process that started
            the evaluator.
        execution: where it computes.
        sharing: processes that share the memory which it computes in.
    """

    def __init__(self, work: bytes, execution: Execution, sharing: int) -> None:
        self._work: bytes | None = work
        self._execution, self._sharing = execution, sharing

    def answer(self) -> None:
        """Return when this worker is ready.

        Raises:
            ConfigError: the device that it was to compute on is not there, or a plug-in's package.
        """
        if self._work is not None:
            start_warp(quiet=True)
            plugins, work = pickle.loads(self._work)  # from our own process
            restore(plugins)
            spec, self._function = pickle.loads(work)
            self._spec = shared(replace(spec, execution=self._execution), self._sharing)
            self._work = None

    def evaluate(self, *arguments: Any) -> Any:
        """Return the evaluations of a piece, whose designs and whatever else the function takes are the arguments."""
        return self._function(self._spec, *arguments)
