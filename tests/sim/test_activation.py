"""The approximate tanh keeps the bound that it states."""

import numpy as np
import pytest
import warp as wp

from codesign.sim.device import start_warp
from codesign.sim.kernels.tanh import TANH_ERROR, build_tanh
from codesign.sim.kernels.types import KernelTypes
from codesign.sim.launching.program import CPU_FLAGS


@pytest.mark.parametrize(("precision", "bound"), [("float32", TANH_ERROR), ("float64", 1e-15)])
def test_tanh_is_as_exact_as_it_says(precision: str, bound: float) -> None:
    start_warp()
    types = KernelTypes(2, precision, 1, 1, f"tests.tanh_{precision}")
    wp.set_module_options({"cpu_compiler_flags": CPU_FLAGS}, module=wp.get_module(types.module))
    tanh, reals = build_tanh(types), wp.array(dtype=types.real)

    @wp.kernel(module=types.module, enable_backward=False)
    def evaluate(arguments: reals, results: reals):
        i = wp.tid()
        results[i] = tanh(arguments[i])

    points = np.concatenate([np.linspace(-12, 12, 400_001), [-1e6, 1e6, 0.0, -0.0], np.geomspace(1e-12, 1, 1000)])
    arguments = wp.array(points, dtype=types.real, device="cpu")
    results = wp.zeros(len(points), dtype=types.real, device="cpu")
    wp.launch(evaluate, dim=len(points), inputs=[arguments, results], device="cpu")
    error = np.abs(results.numpy() - np.tanh(arguments.numpy().astype(np.float64)))
    assert error.max() <= bound
    assert np.abs(results.numpy()).max() <= 1.0 + bound
