"""The memory that designs will need, known before anything is computed, and how many go into a batch."""

from dataclasses import dataclass

import numpy as np

from codesign.body import Bodies, develop
from codesign.errors import MemoryBudgetError
from codesign.evaluate.batches import batch_budget, bytes_needed, shared
from codesign.evaluate.evaluation import DESIGNS_AT_A_TIME
from codesign.evaluate.evaluation_spec import EvaluationSpec
from codesign.evaluate.evaluator import EvaluatorSettings
from codesign.genome import Genomes, random_genomes
from codesign.sim.layout import MEBIBYTE
from codesign.streams import Purpose, draws_of

_SAMPLE = 64
"""Random designs whose mean stands for what is expected."""


@dataclass(frozen=True)
class MemoryEstimate:
    """Memory of a spec's designs, and of a batch of them.

    Attributes:
        largest: memory of the largest design that can be [bytes].
        expected: mean memory of the designs that a search begins with [bytes].
        budget: memory that a process may use for a batch [bytes], None where only the machines of a cluster know.
        processes: processes that share a machine's memory.
    """

    largest: int
    expected: int
    budget: int | None
    processes: int

    @classmethod
    def of_search(cls, spec: EvaluationSpec, evaluator: EvaluatorSettings) -> "MemoryEstimate":
        """Return the estimate for the designs of a search, the largest being the one that fills the lattice.

        Raises:
            MemoryBudgetError: the largest design alone does not fit into the memory.
            ConfigError: the spec's device is not there.
        """
        lattice = spec.lattice.build()
        drawn = random_genomes(lattice, spec.lattice, draws_of(spec.seed, 0, _SAMPLE, Purpose.GENOME))
        bodies = develop(lattice, Genomes.concatenate([Genomes.full(lattice), drawn]), spec.tissue)
        needed = np.maximum(bytes_needed(spec, bodies), bytes_needed(spec.in_generation(1), bodies))
        named = f"one design that fills the {lattice.title} lattice"
        return _checked(spec, int(needed[0]), int(needed[1:].mean()), evaluator.processes(spec.execution), named)

    @classmethod
    def of_bodies(cls, spec: EvaluationSpec, bodies: Bodies) -> "MemoryEstimate":
        """Return the estimate for given bodies in this process.

        Raises:
            MemoryBudgetError: the largest body alone does not fit into the memory.
            ConfigError: the spec's device is not there.
        """
        needed = bytes_needed(spec, bodies)
        return _checked(spec, int(needed.max()), int(needed.mean()), 1, "the largest design")

    @property
    def designs(self) -> int | None:
        """Designs of the expected size in a batch at most, None where the budget is not known."""
        return None if self.budget is None else min(max(1, self.budget // self.expected), DESIGNS_AT_A_TIME)

    @property
    def largest_designs(self) -> int | None:
        """Designs of the largest size in a batch at most, None where the budget is not known."""
        return None if self.budget is None else min(self.budget // self.largest, DESIGNS_AT_A_TIME)


def _checked(spec: EvaluationSpec, largest: int, expected: int, processes: int | None, named: str) -> MemoryEstimate:
    if processes is None:
        return MemoryEstimate(largest, expected, None, 1)
    budget = batch_budget(shared(spec, processes).execution)
    if largest > budget:
        sharing = "" if processes == 1 else f" for each of {processes} workers"
        fewer = "" if processes == 1 else ", use fewer workers"
        if spec.learner.copies > 1:
            fewer += ", lower samples"
        if spec.learner.starts > 1:
            fewer += ", lower restarts"
        raise MemoryBudgetError(
            f"{-(-largest // MEBIBYTE):,} MiB for {named}",
            f"{budget // MEBIBYTE:,} MiB{sharing}",
            f"raise memory_mib{fewer}, or lower segment_steps, steps or the size of the body",
        )
    return MemoryEstimate(largest, expected, budget, processes)
