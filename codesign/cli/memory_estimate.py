"""The line that says, before a command computes anything, how much memory a design takes and how many go together."""

from collections.abc import Callable

from codesign.errors import MemoryBudgetError
from codesign.evaluate import MemoryEstimate
from codesign.sim import Execution

REMEDY = (
    "raise execution.memory_mib, or lower evaluator.workers, execution.segment_steps, sim.steps or the size of the body"
)


def estimate_line(estimate: Callable[[], MemoryEstimate], execution: Execution) -> str:
    """Return what an estimate comes to, in one line.

    Raises:
        MemoryBudgetError: the estimate's, with a remedy that names keys of the configuration.
    """
    try:
        return format_estimate(estimate(), execution)
    except MemoryBudgetError as error:
        raise MemoryBudgetError(error.expected, error.got, REMEDY) from error


def format_estimate(estimate: MemoryEstimate, execution: Execution) -> str:
    """Return the estimate in one line."""
    sizes = f"up to {format_size(estimate.largest)} a design, {format_size(estimate.expected)} expected"
    if estimate.budget is None:
        return f"Memory: {sizes}; batches as the memory of the cluster's machines allows"
    source = "execution.memory_mib" if execution.memory_mib else "half of what is free"
    each = "" if estimate.processes == 1 else f" for each of {estimate.processes} workers"
    fitting = f"{estimate.designs:,} designs ({estimate.largest_designs:,} of the largest)"
    return f"Memory: {sizes}; batches of up to {fitting} in {format_size(estimate.budget)}{each} ({source})"


def format_size(count: float) -> str:
    """Return a number of bytes in the unit in which it is easiest to read."""
    for unit, factor in (("GiB", 2**30), ("MiB", 2**20)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count / 1024:.0f} KiB"
