"""Evaluation by worker processes, on the cores or GPUs of this machine or of a cluster."""

from collections import deque
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from codesign.checks import require_count
from codesign.errors import ConfigError, RunError
from codesign.evaluate.batches import shared
from codesign.evaluate.chunks import balanced_chunks
from codesign.evaluate.evaluation import evaluate_designs
from codesign.evaluate.evaluation_spec import EvaluationSpec
from codesign.evaluate.evaluations import Evaluations, KeptWeights
from codesign.evaluate.evaluator import EvaluateDesigns, Evaluator, EvaluatorSettings
from codesign.evaluate.ray_cluster import connect
from codesign.genome import Genomes
from codesign.machine import available_cores
from codesign.sim import Execution, device_of, start_warp


@dataclass(frozen=True)
class Ray(EvaluatorSettings):
    """Settings of evaluation by Ray actors.

    Attributes:
        name: key in the registry.
        address: "local" starts a cluster on this machine for as long as the run lasts, reachable from nowhere else;
            "auto" or host:port joins one that is there.
        workers: processes; 0 means one for each GPU, or for each CPU core where there is no GPU.
        chunks_per_worker: pieces of work per worker and generation; more balance better, fewer fill a GPU better; 0
            means 4 on CPU cores and 1 on a GPU.
        retries: times that a piece is given to another worker after the one that had it was lost.

    Raises:
        ConfigError: a number that is not whole or below 0, or an empty address.
    """

    name: str = "ray"
    address: str = "local"
    workers: int = 0
    chunks_per_worker: int = 0
    retries: int = 3

    def __post_init__(self) -> None:
        for field in ("workers", "chunks_per_worker", "retries"):
            require_count(self, field, at_least=0)
        if not isinstance(self.address, str) or not self.address:
            raise ConfigError("local, auto or host:port", repr(self.address), "set {field}=local", "address")

    def processes(self, execution: Execution) -> int | None:
        """Return how many processes will share this machine's memory, None for a cluster that is there already.

        Raises:
            ConfigError: the execution's device is not there.
        """
        if self.address != "local":
            return None
        # A GPU's memory is its only worker's.
        return 1 if device_of(execution).is_cuda else self.workers or available_cores()

    def start(self, spec: EvaluationSpec, function: EvaluateDesigns = evaluate_designs) -> "RayEvaluator":
        """Return a running evaluator of `spec`.

        Raises:
            ConfigError: no cluster at the address, or fewer cores or GPUs there than workers asked for.
        """
        return RayEvaluator(spec, self, function)


class RayEvaluator(Evaluator):
    """Keeps a worker per core or GPU, hands out chunks of equal work, and puts the results back in order.

    A worker that is lost is replaced and its chunk computed again: a design's numbers depend on the run's seed and on
    the design's identity, not on who computes them.
    """

    def __init__(self, spec: EvaluationSpec, settings: Ray, function: EvaluateDesigns) -> None:
        self._settings = settings
        self._ray, self._owns_cluster = connect(settings.address, settings.workers or available_cores())
        try:
            gpus = self._gpus(spec.execution.device)
            self._count = self._worker_count(gpus)
            chunks = settings.chunks_per_worker or (1 if gpus else 4)
            self._chunks = chunks * self._count
            # Each worker is one process of many: it computes on its own GPU or core, within its share of the memory.
            execution = replace(spec.execution, threads=1, device="cuda:0" if gpus else "cpu")
            processes = 1 if gpus else self._processes_per_node()
            self._spec = self._ray.put((replace(spec, execution=execution), processes, function))
            self._actor = self._ray.remote(num_cpus=1, num_gpus=1 if gpus else 0, max_restarts=0)(Worker)
            self._workers: list[Any] = [self._actor.remote(self._spec) for _ in range(self._count)]
        except BaseException:
            self._workers = []
            self.close()
            raise

    @property
    def workers(self) -> int:
        """Number of worker processes."""
        return self._count

    def evaluate(
        self,
        genomes: Genomes,
        identities: np.ndarray,
        thresholds: np.ndarray | None = None,
        keep: KeptWeights | None = None,
    ) -> Evaluations:
        """Return the evaluations of designs, in their order.

        Raises:
            RunError: a chunk was lost with its worker more often than `retries` allows.
        """
        # The springs of a body, and with them the time it takes, grow with its filled cells.
        chunks = balanced_chunks(np.count_nonzero(genomes.cells, axis=1).astype(np.float64), self._chunks)
        results = self._collect([(genomes[chunk], identities[chunk], thresholds, keep) for chunk in chunks])
        order = np.argsort(np.concatenate(chunks), kind="stable")
        return Evaluations.concatenate(results).take(order).kept(keep, identities)

    def close(self) -> None:
        """Stop the workers, and the cluster if this evaluator started it."""
        for worker in self._workers:
            self._ray.kill(worker, no_restart=True)
        self._workers = []
        if self._owns_cluster:
            self._ray.shutdown()
            self._owns_cluster = False

    def _collect(
        self, jobs: list[tuple[Genomes, np.ndarray, np.ndarray | None, KeptWeights | None]]
    ) -> list[Evaluations]:
        """Return the results of `jobs`, in their order, whichever worker computes them and however often."""
        failures = self._ray.exceptions
        # The second is raised where a machine is lost that had a result which was not fetched yet.
        lost = (failures.RayActorError, failures.ObjectLostError, failures.OutOfMemoryError)
        results: dict[int, Evaluations] = {}
        losses = [0] * len(jobs)
        waiting = deque(range(len(jobs)))
        idle = deque(range(len(self._workers)))
        running: dict[Any, tuple[int, int]] = {}
        while len(results) < len(jobs):
            while waiting and idle:
                job, place = waiting.popleft(), idle.popleft()
                running[self._workers[place].evaluate_designs.remote(*jobs[job])] = (job, place)
            for reference in self._ray.wait(list(running), num_returns=1)[0]:
                job, place = running.pop(reference)
                try:
                    results[job] = self._ray.get(reference)
                except failures.RayTaskError as error:
                    raise error.cause from error
                except lost as error:
                    losses[job] += 1
                    self._check_losses(losses[job], len(jobs[job][1]), error)
                    self._workers[place] = self._actor.remote(self._spec)
                    waiting.appendleft(job)
                idle.append(place)
        return [results[job] for job in range(len(jobs))]

    def _check_losses(self, losses: int, designs: int, error: Exception) -> None:
        if losses > self._settings.retries:
            reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
            raise RunError(
                f"a worker that survives {designs} designs",
                f"{losses} workers lost in a row on them ({reason})",
                "give it fewer workers or a smaller memory budget, then resume the run",
            ) from error

    def _gpus(self, device: str) -> int:
        """Return the GPUs to use: all of the cluster, or none where the device is the CPU."""
        found = 0 if device == "cpu" else int(self._ray.cluster_resources().get("GPU", 0))
        if device.startswith("cuda") and not found:
            got = f"{device!r}, and Ray sees no GPU"
            raise ConfigError("auto or cpu", got, "set {field}=auto", "device")
        return found

    def _worker_count(self, gpus: int) -> int:
        """Return how many workers to keep.

        Raises:
            ConfigError: more than there are cores or GPUs.
        """
        kind, places = ("GPUs", gpus) if gpus else ("CPU cores", int(self._ray.cluster_resources().get("CPU", 0)))
        workers = self._settings.workers or places
        if not 1 <= workers <= places:
            expected = f"at most {places}, as many as Ray has {kind}"
            raise ConfigError(expected, str(workers), "lower {field}", "workers")
        return workers

    def _processes_per_node(self) -> int:
        """Return how many workers may come to lie on one machine."""
        cores = [node["Resources"].get("CPU", 0) for node in self._ray.nodes() if node["Alive"]]
        return max(1, min(self._count, int(max(cores, default=1))))


class Worker:
    """A process that evaluates chunks one after the other; it receives the spec once, and compiled kernels stay.

    Args:
        work: how designs are evaluated, by how many processes the memory is shared, and what evaluates.
    """

    def __init__(self, work: tuple[EvaluationSpec, int, EvaluateDesigns]) -> None:
        start_warp(quiet=True)
        spec, processes, self._function = work
        self._spec = shared(spec, processes)

    def evaluate_designs(
        self, genomes: Genomes, identities: np.ndarray, thresholds: np.ndarray | None, keep: KeptWeights | None
    ) -> Evaluations:
        """Return the evaluations of a chunk of designs."""
        return self._function(self._spec, genomes, identities, thresholds, keep)
