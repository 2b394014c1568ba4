"""The arithmetic that a device can do at most, measured: independent fused multiply-adds in registers."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import warp as wp

from codesign.machine import available_cores
from codesign.sim import Execution, device_of
from codesign.sim.kernels import CPU_FLAGS
from codesign.sim.layout import ROWS

CHAINS = (4, 6, 8, 12)
"""Rows that are computed independently: enough to hide what one operation takes, few enough for the registers, whose
number depends on the processor; the best of these is the peak."""

_TYPES = {"float32": ("float", wp.float32), "float64": ("double", wp.float64)}
_WARM_UP, _ROUND_SECONDS, _REPEATS = 20_000, 0.1, 5
_GPU_THREADS_PER_PROCESSOR = 2048


def peak(execution: Execution) -> float:
    """Return the floating-point operations a second of an execution's device, precision and threads.

    A fused multiply-add counts two. On a CPU the kernels are compiled with the flags of the simulator's.
    """
    device = device_of(execution)
    row = 1 if device.is_cuda else ROWS[execution.precision]
    kernels = peak_kernels(execution.precision, row)
    if device.is_cuda:
        lanes = device.sm_count * _GPU_THREADS_PER_PROCESSOR
        return max(
            2.0 * chains * lanes * _rounds_per_second(_on_gpu(kernel, device, lanes, execution.precision))
            for chains, kernel in kernels.items()
        )
    threads = execution.threads or available_cores()
    with ThreadPoolExecutor(threads) as pool:
        return max(
            2.0 * chains * row * threads * _rounds_per_second(_on_cpu(kernel, pool, threads, execution.precision))
            for chains, kernel in kernels.items()
        )


def _on_cpu(kernel: Any, pool: ThreadPoolExecutor, threads: int, precision: str) -> Callable[[int], None]:
    # Results lie far apart, so that no two threads write to one line of a cache.
    out = [wp.zeros(64, dtype=_TYPES[precision][1], device="cpu") for _ in range(threads)]

    def run(rounds: int) -> None:
        list(pool.map(lambda own: wp.launch(kernel, dim=1, inputs=[rounds, own], device="cpu"), out))

    return run


def _on_gpu(kernel: Any, device: Any, lanes: int, precision: str) -> Callable[[int], None]:
    out = wp.zeros(lanes, dtype=_TYPES[precision][1], device=device)

    def run(rounds: int) -> None:
        wp.launch(kernel, dim=lanes, inputs=[rounds, out], device=device)
        wp.synchronize_device(device)

    return run


def _rounds_per_second(run: Callable[[int], None]) -> float:
    """Return the best rate of several runs that are long enough for the start not to count."""
    run(1)
    begin = time.perf_counter()
    run(_WARM_UP)
    rounds = max(_WARM_UP, int(_WARM_UP * _ROUND_SECONDS / (time.perf_counter() - begin)))
    times = []
    for _ in range(_REPEATS):
        begin = time.perf_counter()
        run(rounds)
        times.append(time.perf_counter() - begin)
    return rounds / min(times)


@cache
def peak_kernels(precision: str, row: int) -> dict[int, Any]:
    """Return kernels (rounds, out) by how many rows of how many numbers they compute independently."""
    module = f"codesign_peak_{precision}_{row}"
    wp.set_module_options({"cpu_compiler_flags": CPU_FLAGS, "optimization_level": 3}, module=wp.get_module(module))
    return {chains: _kernel(precision, row, chains, module) for chains in CHAINS}


def _kernel(precision: str, row: int, chains: int, module: str) -> Any:
    number, real = _TYPES[precision]
    numbers = f"typedef {number} numbers{f' __attribute__((ext_vector_type({row})))' if row > 1 else ''};"
    # x -> x x + c is one operation that depends on the one before; of a x + c a compiler may take several at a time.
    starts = ", ".join(f"x{chain} = start + ({number})(0.01 * {chain})" for chain in range(chains))
    squares = " ".join(f"x{chain} = x{chain} * x{chain} + c;" for chain in range(chains))
    total = " + ".join(f"x{chain}" for chain in range(chains))
    kept = f"for (int i = 0; i < {row}; ++i) out.data[lane] += sum[i];" if row > 1 else "out.data[lane] = sum;"
    snippet = f"""
        {numbers}
        numbers {starts}, c = ({number})0.1;
        for (int round = 0; round < rounds; ++round) {{ {squares} }}
        numbers sum = {total};
        {kept}
    """

    def multiply_add(rounds: int, start: real, lane: int, out: wp.array(dtype=real)) -> None: ...

    # Warp knows functions by their names.
    multiply_add.__qualname__ = multiply_add.__name__ = f"multiply_add_{precision}_{row}_{chains}"
    compute = wp.func_native(snippet)(multiply_add)

    def measure(rounds: int, out: wp.array(dtype=real)) -> None:
        lane = wp.tid()
        compute(rounds, real(1.0e-6) * real(lane), lane, out)

    measure.__qualname__ = measure.__name__ = f"measure_{chains}"
    return wp.kernel(module=module, enable_backward=False)(measure)
