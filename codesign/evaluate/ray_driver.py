"""The process that talks to Ray.

Whatever Ray does happens there: it prints, takes over signals, waits for minutes, and ends its process when its own
processes are lost. See `ray_process` for the other end of the connection.
"""

import contextlib
import os
import queue
import sys
import threading
import time
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any

import cloudpickle
import numpy as np

from codesign.errors import ConfigError, EvaluatorError
from codesign.evaluate.dispatch import AbandonedError, Dispatcher, Rules
from codesign.evaluate.evaluations import Evaluations
from codesign.evaluate.ray_cluster import LOCAL, connect
from codesign.evaluate.ray_workers import Fleet, Needs
from codesign.evaluate.request import Request
from codesign.sim import Execution

FAILED, READY, NOTICE, WORKFORCE, PIECE, DONE = "failed", "ready", "notice", "workforce", "piece", "done"
"""What this process says: an exception, nothing, a text, a workforce, a piece with its evaluations, nothing."""

COMPLETED, ROOM = "completed", "room"
"""What it says of a stream: identities with evaluations, and how many designs there should be in flight."""

STREAM, SUBMIT, END = "stream", "submit", "end"
"""What it hears besides a request for a generation, which comes alone: that a stream begins, a request for designs of
it, and that it ends."""

_GPU_PIECE = 256
"""Designs in a piece at least where a GPU evaluates; fewer would leave much of it idle."""

_ENDING_SECONDS = 10.0
"""Time that anything may take after the other end is closed, leaving Ray in particular."""


@dataclass(frozen=True)
class Orders:
    """What this process is to do, all of it known when it starts.

    Attributes:
        address: of the cluster, as in the settings.
        cores: that a cluster of this machine's own offers.
        needs: what a worker takes; its GPUs count only where the device is one.
        execution: device and memory as configured; "auto" means GPUs where there are any.
        rules: what to put up with; `smallest` is 0 for what suits the device.
        work: what a worker is given, pickled.
        program: name of the program that started this, whose folder the workers import from.
    """

    address: str
    cores: int
    needs: Needs
    execution: Execution
    rules: Rules
    work: bytes
    program: str


def main() -> None:
    """Do what the process at the other end of the connection says until it closes that."""
    descriptor = int(sys.argv[1])
    os.set_inheritable(descriptor, False)
    connection = Connection(descriptor)
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    closed = threading.Event()
    orders: Orders = connection.recv()
    threading.Thread(target=_listen, args=(connection, inbox, closed), daemon=True).start()
    sys.argv[0] = orders.program
    try:
        driver = _Driver(connection, orders, closed)
    except Exception as error:  # told at the other end
        _say_failure(connection, _as_mistake(error))
        closed.wait()
        return
    connection.send((READY, None))
    while (heard := inbox.get()) is not None:
        if isinstance(heard, Request):
            driver.evaluate(heard)
        elif heard[0] == STREAM:
            driver.stream(inbox)
    driver.close()


class _Driver:
    """A connection to a cluster, its workers, and who hands work to them."""

    def __init__(self, connection: Connection, orders: Orders, closed: threading.Event) -> None:
        self._connection, self._orders, self._closed = connection, orders, closed
        self._ray = connect(orders.address, orders.cores)
        self._dispatcher: Dispatcher | None = None
        self._fleet: Fleet | None = None
        if orders.address == LOCAL:
            self._prepare()

    def evaluate(
        self,
        request: Request,
    ) -> None:
        """Evaluate a generation, and send its pieces and notices as they come."""

        def arguments(piece: np.ndarray) -> tuple[Any, ...]:
            return (request.take(piece),)

        try:
            (self._dispatcher or self._wait_for_device()).evaluate(_work(request), arguments, self._deliver)
            self._send(DONE, None)
        except AbandonedError:
            return
        except Exception as error:  # told at the other end
            _say_failure(self._connection, error)

    def stream(self, inbox: "queue.SimpleQueue[Any]") -> None:
        """Evaluate designs as they come out of `inbox`, until that says that the stream ends."""
        waiting: dict[int, Request] = {}
        count = 0

        def arrived() -> np.ndarray | None:
            nonlocal count
            work = [np.zeros(0)]
            while not inbox.empty():
                heard = inbox.get()
                if heard is None:
                    raise AbandonedError
                kind, request = heard
                if kind == END:
                    return None
                waiting.update({count + place: request.take(np.array([place])) for place in range(len(request))})
                count += len(request)
                work.append(_work(request))
            return np.concatenate(work)

        def arguments(piece: np.ndarray) -> tuple[Any, ...]:
            return (Request.joined([waiting[number] for number in piece.tolist()]),)

        def deliver(piece: np.ndarray, evaluations: Evaluations) -> None:
            identities = [waiting.pop(number).identities for number in piece.tolist()]
            self._send(COMPLETED, (np.concatenate(identities), evaluations))

        try:
            dispatcher = self._dispatcher or self._wait_for_device()
            dispatcher.stream(arrived, arguments, deliver, lambda count: self._send(ROOM, count))
            self._send(DONE, None)
        except AbandonedError:
            inbox.put(None)
        except Exception as error:  # told at the other end
            _say_failure(self._connection, error)

    def close(self) -> None:
        """End the workers and leave the cluster, which ends if it is this machine's own."""
        if self._fleet is not None:
            self._fleet.close()
        self._ray.shutdown()
        os._exit(0)

    def _deliver(self, piece: np.ndarray, evaluations: Evaluations) -> None:
        self._send(PIECE, (piece, evaluations))

    def _notice(self, text: str) -> None:
        self._send(NOTICE, text)

    def _send(self, kind: str, value: Any) -> None:
        try:
            self._connection.send((kind, value))
        except OSError as error:
            raise AbandonedError from error

    def _wait_for_device(self) -> Dispatcher:
        """Return a dispatcher as soon as some machine of the cluster says which device is meant."""
        begin, wait = time.monotonic(), self._orders.rules.wait
        told = False
        while not any(self._offered("GPU")) and not any(self._offered("CPU")):
            if self._closed.is_set():
                raise AbandonedError
            waited = time.monotonic() - begin
            if waited > wait:
                raise EvaluatorError(
                    f"a worker within {wait:g} s",
                    "a cluster without CPU cores and GPUs",
                    "start nodes, or raise evaluator.wait_seconds",
                )
            if not told and waited > min(10.0, wait / 2):
                told = True
                self._notice(f"No node of the cluster offers CPU cores or GPUs; waiting up to {wait:g} s for one.")
            time.sleep(0.2)
        return self._prepare()

    def _offered(self, resource: str) -> list[float]:
        return [node["Resources"].get(resource, 0.0) for node in self._ray.nodes() if node["Alive"]]

    def _prepare(self) -> Dispatcher:
        """Decide for a device, once for the whole run because rounding depends on it, and start workers for it.

        Raises:
            ConfigError: this machine's own cluster does not have what was asked for.
        """
        orders, needs = self._orders, self._orders.needs
        device = orders.execution.device
        on_gpu = device != "cpu" and (device != "auto" or any(each >= 1 for each in self._offered("GPU")))
        needs = replace(needs, gpus=needs.gpus if on_gpu else 0.0)
        if orders.address == LOCAL:
            self._require_places(needs, device)
        # Each worker is one process of many: it computes on its own GPU or cores, within its share of the memory.
        execution = replace(orders.execution, threads=needs.cores, device="cuda:0" if on_gpu else "cpu")
        rules = replace(orders.rules, smallest=orders.rules.smallest or (_GPU_PIECE if on_gpu else 1))
        start, call = rules.wait, rules.patience.grace
        self._fleet = Fleet(self._ray, needs, orders.work, execution, start, call, self._notice)
        self._dispatcher = Dispatcher(
            self._ray,
            self._fleet,
            rules,
            self._notice,
            lambda workforce: self._send(WORKFORCE, workforce),
            self._closed.is_set,
        )
        return self._dispatcher

    def _require_places(self, needs: Needs, device: str) -> None:
        offered = self._ray.cluster_resources()
        if needs.gpus and not offered.get("GPU"):
            raise ConfigError("auto or cpu", f"{device!r}, and Ray sees no GPU", "set {field}=auto", "device")
        if needs.resource and not offered.get(needs.resource):
            got = f"{needs.resource!r}, which a cluster of this machine's own does not have"
            raise ConfigError("empty, or a resource of the cluster", got, "set {field} only with address", "resource")
        places = needs.places(offered)
        if not 1 <= (needs.most or places) <= places:
            expected = f"at most {places}, for which Ray has {needs} each"
            raise ConfigError(expected, str(needs.most), "lower {field}", "workers")


def _work(request: Request) -> np.ndarray:
    """Return the expected work of designs: the springs of a body, and with them its time, grow with its cells."""
    return np.maximum(np.count_nonzero(request.genomes.cells, axis=1), 1).astype(np.float64)


def _listen(connection: Connection, inbox: "queue.SimpleQueue[Any]", closed: threading.Event) -> None:
    """Put what the other end asks for into `inbox`, and None when it is closed."""
    try:
        while True:
            inbox.put(connection.recv())
    except (EOFError, OSError):
        closed.set()
        inbox.put(None)
        # Ray may wait for minutes for what is gone, and nobody is left to hear of it.
        last = threading.Timer(_ENDING_SECONDS, os._exit, (1,))
        last.daemon = True
        last.start()


def _say_failure(connection: Connection, error: BaseException) -> None:
    try:
        data = cloudpickle.dumps(error)
    except Exception:  # an exception may hold anything
        data = cloudpickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))
    with contextlib.suppress(OSError):
        connection.send((FAILED, data))


def _as_mistake(error: Exception) -> Exception:
    """Return what kept Ray from starting as an error that says what to do."""
    if isinstance(error, ConfigError):
        return error
    line = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    return ConfigError("Ray to start", f"{type(error).__name__}: {line}", "see what it says, or set evaluator=local")


if __name__ == "__main__":
    main()
