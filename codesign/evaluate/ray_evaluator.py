"""Evaluation by worker processes, on the cores or GPUs of this machine or of a cluster."""

import pickle
import sys
from dataclasses import dataclass, replace
from typing import Any

import cloudpickle
import numpy as np

from codesign.checks import require_count, require_number
from codesign.errors import ConfigError
from codesign.evaluate.dispatch import Rules
from codesign.evaluate.evaluation import evaluate_designs
from codesign.evaluate.evaluation_spec import EvaluationSpec
from codesign.evaluate.evaluations import Evaluations
from codesign.evaluate.evaluator import EvaluateDesigns, Evaluator, EvaluatorSettings
from codesign.evaluate.pace import Patience
from codesign.evaluate.ray_cluster import LOCAL
from codesign.evaluate.ray_driver import DONE, NOTICE, WORKFORCE, Orders
from codesign.evaluate.ray_process import RayProcess
from codesign.evaluate.ray_stream import RayStream
from codesign.evaluate.ray_workers import Needs
from codesign.evaluate.request import Request
from codesign.machine import available_cores
from codesign.plugins import loaded, used_by
from codesign.sim import Execution, device_of


@dataclass(frozen=True)
class Ray(EvaluatorSettings):
    """Settings of evaluation by Ray actors.

    Attributes:
        name: key in the registry.
        address: "local" starts a cluster on this machine for as long as the run lasts, reachable from nowhere else;
            "auto" or host:port joins one that is there, whose nodes may come and go.
        workers: processes at most; 0 means as many as there is room for, at any time.
        cores_per_worker: CPU cores that each worker takes and computes on.
        gpus_per_worker: share of a GPU that each worker takes, where GPUs are used; workers of a GPU share its memory.
        resource: name of a resource of the cluster of which each worker takes 1, so that it lies on nodes that have it;
            empty for none.
        smallest_piece: designs in a piece of work at least; 0 means 1 on CPU cores and 256 on a GPU.
        retries: times that a design is given to another worker after the one that had it was lost.
        patience: how many times as long as measured speed says a worker may take for a piece, before that is given to
            another; one that is silent for twice as long is ended.
        grace_seconds: time that it may take besides [s].
        startup_seconds: time that it may take instead for its first piece, for which it compiles kernels [s].
        wait_seconds: time to wait for a worker where there is none, before the run ends [s].

    Raises:
        ConfigError: a number out of range, or an empty address.
    """

    name: str = "ray"
    address: str = LOCAL
    workers: int = 0
    cores_per_worker: int = 1
    gpus_per_worker: float = 1.0
    resource: str = ""
    smallest_piece: int = 0
    retries: int = 3
    patience: float = 10.0
    grace_seconds: float = 60.0
    startup_seconds: float = 900.0
    wait_seconds: float = 300.0

    def __post_init__(self) -> None:
        for field in ("workers", "smallest_piece", "retries"):
            require_count(self, field, at_least=0)
        require_count(self, "cores_per_worker")
        require_number(self, "gpus_per_worker", at_least=0.01, at_most=1.0, example=0.5)
        require_number(self, "patience", at_least=1.0, example=10.0)
        for field in ("grace_seconds", "startup_seconds", "wait_seconds"):
            require_number(self, field, above=0.0, unit="s", example=60.0)
        if not isinstance(self.address, str) or not self.address:
            raise ConfigError("local, auto or host:port", repr(self.address), "set {field}=local", "address")
        if not isinstance(self.resource, str):
            raise ConfigError("the name of a resource", repr(self.resource), "set {field} to a name", "resource")

    def processes(self, execution: Execution) -> int | None:
        """Return how many processes will share this machine's memory, None for a cluster that is there already.

        Raises:
            ConfigError: the execution's device is not there.
        """
        if self.address != LOCAL:
            return None
        needs = self._needs
        if device_of(execution).is_cuda:
            return needs.sharing(self.workers)
        return replace(needs, gpus=0.0).sharing(max(1, self._cores // self.cores_per_worker))

    def start(self, spec: EvaluationSpec, function: EvaluateDesigns = evaluate_designs) -> "RayEvaluator":
        """Return a running evaluator of `spec`.

        Raises:
            ConfigError: no cluster at the address, or one of this machine's own with less than workers ask for.
        """
        patience = Patience(self.patience, self.grace_seconds, self.startup_seconds)
        return RayEvaluator(
            Orders(
                self.address,
                self._cores,
                self._needs,
                spec.execution,
                Rules(self.smallest_piece, self.retries, self.wait_seconds, patience),
                _packed(spec, function),
                sys.argv[0],
            )
        )

    @property
    def _needs(self) -> Needs:
        return Needs(self.cores_per_worker, self.gpus_per_worker, self.resource, self.workers)

    @property
    def _cores(self) -> int:
        """CPU cores that a cluster of this machine's own offers."""
        return self.workers * self.cores_per_worker or available_cores()


def _packed(spec: EvaluationSpec, function: EvaluateDesigns) -> bytes:
    """Return what workers are to do, pickled, with the plug-ins that it needs.

    These come first, because what is pickled after them names their classes.
    """
    needed = [plugin for plugin in loaded() if not plugin.package] + list(used_by(spec))
    return pickle.dumps((tuple(dict.fromkeys(needed)), cloudpickle.dumps((spec, function))))


class RayEvaluator(Evaluator):
    """Keeps a worker at every place of a cluster, hands out pieces, and puts the results back in order.

    A piece whose worker or machine is lost, or does not answer, is computed again by another: a design's numbers
    depend on the run's seed and on the design's identity, not on who computes them.

    Args:
        orders: what the process that talks to Ray is to do.
    """

    def __init__(self, orders: Orders) -> None:
        self._process: RayProcess | None = RayProcess(orders)

    def evaluate(
        self,
        request: Request,
    ) -> Evaluations:
        """Return the evaluations of designs, in their order.

        Raises:
            EvaluatorError: Ray ended, nobody was left to work, or a design took more workers down than `retries`
                allows.
        """
        assert self._process is not None, "closed"
        self._process.send(request)
        pieces: list[np.ndarray] = []
        results: list[Evaluations] = []
        done = 0
        while True:
            kind, value = self._process.receive()
            if kind == DONE:
                break
            if kind in (NOTICE, WORKFORCE):
                self._hear(kind, value)
            else:
                pieces.append(value[0])
                results.append(value[1])
                done += len(value[0])
                self.listener.on_progress(done, len(request))
        order = np.argsort(np.concatenate(pieces), kind="stable")
        return Evaluations.concatenate(results).take(order).kept(request.keep, request.identities)

    def stream(self, in_flight: int, together: int) -> RayStream:
        """Return a way to hand each design to whoever is free, which has its own number of designs in flight."""
        del in_flight, together
        assert self._process is not None, "closed"
        return RayStream(self._process, self._hear)

    def _hear(self, kind: str, value: Any) -> None:
        if kind == NOTICE:
            self.listener.on_notice(value)
        elif kind == WORKFORCE:
            self.listener.on_workforce(value)

    def close(self) -> None:
        """Stop the workers, and the cluster if this evaluator started it."""
        if self._process is not None:
            self._process.close()
            self._process = None
