"""Every kernel of every module compiles for GPUs, on a machine without one."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import warp as wp

from codesign.control import CONTROLLERS
from codesign.sim import CONTACTS
from codesign.sim.compilation import GPU_LANES, build_program
from codesign.tasks import TASKS, TERRAINS
from codesign.train import LEARNERS, Batch
from codesign.train.kernels import gradient_kernels, loss_kernels

SHARED = 99 * 1024  # what every GPU has
PRECISIONS = ("float32", "float64")
HOPPER = 90
OTHERS = (80, 100, 120)  # Ampere, Blackwell for data centres and for desks

Choice = tuple[str, str, str, str]  # contact, terrain, controller, task


def every_choice_once() -> list[Choice]:
    """Return as few simulators as hold every registered choice at least once."""
    names = [sorted(registry) for registry in (CONTACTS, TERRAINS, CONTROLLERS, TASKS)]
    length = max(map(len, names))
    return list(zip(*([own[index % len(own)] for index in range(length)] for own in names), strict=True))


def module_of(choice: Choice, precision: str) -> wp.Module:
    """Return the module that a GPU would run for a choice."""
    contact, terrain, controller, task = choice
    parts = TERRAINS[terrain](), CONTROLLERS[controller](), TASKS[task]()
    return build_program(
        2, precision, contact, *parts, row=1, physical_gradients=True, shared=SHARED
    ).kernels.forward.module


def learner_modules(precision: str) -> Iterator[wp.Module]:
    """Yield the modules of learning, each learner's own included."""
    real = getattr(wp, precision)
    yield loss_kernels(real).judge.module
    yield gradient_kernels(real).weigh.module
    yield from (own_kernel(learner, real).module for learner in LEARNERS.values())


def own_kernel(learner: Any, real: Any) -> wp.Kernel:
    """Return the kernel that a learner steps with, by letting it step once."""
    seen: list[wp.Kernel] = []

    class Listening(Batch):
        def launch(self, kernel: wp.Kernel, *arguments: Any, lanes: bool = True) -> None:
            seen.append(kernel)
            super().launch(kernel, *arguments, lanes=lanes)

    empty = wp.zeros(1, dtype=real, device="cpu")
    learner().bind(
        Listening(
            1,
            wp.zeros(2, dtype=wp.int32, device="cpu"),
            empty,
            empty,
            wp.zeros(1, dtype=wp.int32, device="cpu"),
            wp.zeros(1, dtype=wp.float64, device="cpu"),
            wp.zeros(1, dtype=wp.int32, device="cpu"),
        )
    )()
    return seen[0]


def compile_for_gpu(module: wp.Module, architecture: int, folder: Path, lanes: int) -> None:
    usual = module.options["block_dim"]
    module.options["block_dim"] = lanes
    try:
        files = wp.compile_aot_module(module, arch=architecture, module_dir=folder, use_ptx=False)
    finally:
        module.options["block_dim"] = usual
    assert [file.suffix for file in files] == [".cubin"]
    assert files[0].stat().st_size > 1000


@pytest.mark.parametrize("precision", ["float32", pytest.param("float64", marks=pytest.mark.slow)])
@pytest.mark.parametrize("choice", every_choice_once(), ids="-".join)
def test_simulators(choice: Choice, precision: str, tmp_path: Path) -> None:
    compile_for_gpu(module_of(choice, precision), HOPPER, tmp_path, GPU_LANES)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_learners(precision: str, tmp_path: Path) -> None:
    for module in learner_modules(precision):
        compile_for_gpu(module, HOPPER, tmp_path / module.name, 256)


@pytest.mark.slow
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("choice", list(product(CONTACTS, TERRAINS, CONTROLLERS, TASKS)), ids="-".join)
def test_every_combination(choice: Choice, precision: str, tmp_path: Path) -> None:
    compile_for_gpu(module_of(choice, precision), HOPPER, tmp_path, GPU_LANES)


@pytest.mark.slow
@pytest.mark.parametrize("architecture", OTHERS)
@pytest.mark.parametrize("choice", every_choice_once(), ids="-".join)
def test_other_architectures(choice: Choice, architecture: int, tmp_path: Path) -> None:
    compile_for_gpu(module_of(choice, "float32"), architecture, tmp_path, GPU_LANES)
    for module in learner_modules("float32"):
        compile_for_gpu(module, architecture, tmp_path / module.name, 256)


def test_every_registered_choice_is_compiled() -> None:
    compiled = [set(names) for names in zip(*every_choice_once(), strict=True)]
    assert compiled == [set(CONTACTS), set(TERRAINS), set(CONTROLLERS), set(TASKS)]
