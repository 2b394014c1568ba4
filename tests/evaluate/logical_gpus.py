"""Evaluate on a cluster that says it has two GPUs, and tell what workers were given; run as a program of its own."""

import os
import time
from dataclasses import replace

import numpy as np

from codesign.evaluate import (
    Evaluations,
    EvaluationSpec,
    EvaluatorListener,
    Request,
    Workforce,
)
from codesign.evaluate.ray_evaluator import Ray
from codesign.sim import Execution
from tests.evaluate.clusters import started
from tests.evaluate.fakes import designs, quick, spec


def telling(spec: EvaluationSpec, request: Request) -> Evaluations:
    """Return made-up evaluations whose measures tell where they were made."""
    execution = spec.execution
    here = {
        "gpu": float(execution.device == "cuda:0"),
        "visible": float(os.environ.get("CUDA_VISIBLE_DEVICES") or -1),
        "threads": float(execution.threads),
        "memory": float(execution.memory_mib),
        "process": float(os.getpid()),
    }
    time.sleep(0.1)
    measures = {name: np.full(len(request), value) for name, value in here.items()}
    return replace(quick(spec, request), measures=measures)


def tell(title: str, given: Execution, settings: Ray, count: int) -> None:
    """Print how many workers there are and what they were given."""
    with settings.start(replace(spec(), execution=given), telling) as evaluator:
        evaluator.listener = crowd = Crowd()
        seen: dict[str, set[int]] = {}
        # Some workers may do all the work before others have come up, or answered.
        for _ in range(40):
            for name, values in evaluator.evaluate(Request(*designs(40))).measures.items():
                seen.setdefault(name, set()).update(values.astype(int).tolist())
            if len(seen["process"]) >= count:
                break
        processes = seen.pop("process")
        told = " ".join(f"{name}={sorted(values)}" for name, values in seen.items())
        print(f"{title}: {crowd.workers} workers, {len(processes)} at work, {told}")


class Crowd(EvaluatorListener):
    """Remembers how many workers there are."""

    workers = 0

    def on_workforce(self, workforce: Workforce) -> None:
        self.workers = workforce.workers


if __name__ == "__main__":
    with started(0) as cluster:
        cluster.add_node(num_cpus=4, num_gpus=2)
        at = cluster.address
        auto, cpu = Execution(device="auto", memory_mib=64), Execution(device="cpu", memory_mib=64)
        tell("auto", auto, Ray(address=at, smallest_piece=1), 2)
        tell("halves", auto, Ray(address=at, smallest_piece=1, gpus_per_worker=0.5), 4)
        tell("one of two", auto, Ray(address=at, workers=1), 1)
        tell("cpu", cpu, Ray(address=at), 4)
        tell("two cores", cpu, Ray(address=at, cores_per_worker=2), 2)
        cluster.add_node(num_cpus=4, resources={"robots": 2})
        tell("resource", cpu, Ray(address=at, resource="robots"), 2)
