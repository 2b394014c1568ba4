"""Evaluate on a cluster that says it has two GPUs, and tell what workers were given; run as a program of its own."""

import os
from dataclasses import replace

import numpy as np

from codesign.evaluate import Evaluations, EvaluationSpec, KeptWeights
from codesign.evaluate.ray_evaluator import Ray
from codesign.genome import Genomes
from codesign.sim import Execution
from tests.evaluate.fakes import designs, quick, spec


def telling(
    spec: EvaluationSpec,
    genomes: Genomes,
    identities: np.ndarray,
    thresholds: np.ndarray | None = None,
    keep: KeptWeights | None = None,
) -> Evaluations:
    """Return made-up evaluations whose measures tell where they were made."""
    execution = spec.execution
    here = {
        "gpu": float(execution.device == "cuda:0"),
        "visible": float(os.environ.get("CUDA_VISIBLE_DEVICES") or -1),
        "threads": float(execution.threads),
        "memory": float(execution.memory_mib),
    }
    measures = {name: np.full(len(genomes), value) for name, value in here.items()}
    return replace(quick(spec, genomes, identities, thresholds, keep), measures=measures)


def tell(device: str) -> None:
    """Print how many workers there are and what they were given."""
    given = replace(spec(), execution=Execution(device=device, memory_mib=64))
    with Ray().start(given, telling) as evaluator:
        measures = evaluator.evaluate(*designs(40)).measures
        told = " ".join(f"{name}={sorted(set(values.astype(int).tolist()))}" for name, values in measures.items())
        print(f"{device}: {evaluator.workers} workers, {told}")


if __name__ == "__main__":
    from codesign.evaluate.ray_cluster import connect

    ray, _ = connect("local", 1)
    ray.shutdown()
    ray.init(num_cpus=4, num_gpus=2, include_dashboard=False, log_to_driver=False, logging_level=40)
    tell("auto")
    tell("cpu")
    ray.shutdown()
