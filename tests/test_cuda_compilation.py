"""Every kernel of every module compiles for GPUs, on a machine without one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import warp as wp

from codesign.control import CONTROLLERS
from codesign.sim import CONTACTS, FORCES, Physics
from codesign.sim.kernel_key import kernel_key
from codesign.sim.kernels.aggregation import aggregation_kernels
from codesign.sim.kernels.body_parameters import body_parameter_kernels
from codesign.sim.kernels.exchange import exchange_kernels
from codesign.sim.kernels.packing import packing_kernels
from codesign.sim.kernels.weights import weight_kernels
from codesign.sim.launching.gpu_compilation import compile_for_gpu, compile_module
from codesign.sim.launching.tangent_program import compile_tangents_for_gpu
from codesign.tasks import TASKS, TERRAINS
from codesign.train import LEARNERS, Batch
from codesign.train.kernels import gradient_kernels, loss_kernels
from codesign.train.smoothing_kernels import smoothing_kernels
from tests.combinations import pairwise

PRECISIONS = ("float32", "float64")
HOPPER = 90
OTHERS = (80, 100, 120)  # Ampere, Blackwell for data centres and for desks

Choice = tuple[str, str, str, str, str]  # dimension, contact, terrain, controller, task

GROUNDS = {kernel_key(terrain()): name for name, terrain in reversed(TERRAINS.items())}
"""One terrain for each kind of kernels."""

PLANAR = {"segments"}


def allowed(choice: tuple[str, ...]) -> bool:
    """Return whether there are such a ground and such a task in so many dimensions."""
    return (choice[0] == "2" or choice[2] not in PLANAR) and int(choice[0]) in TASKS[choice[4]].dimensions


OPTIONS = ("2", "3"), sorted(CONTACTS), sorted(GROUNDS.values()), sorted(CONTROLLERS), sorted(TASKS)


def every_choice_once() -> list[Choice]:
    """Return as few simulators as hold every choice at least once."""
    length = max(map(len, OPTIONS))
    found: list[Any] = list(zip(*([own[index % len(own)] for index in range(length)] for own in OPTIONS), strict=True))
    return [choice if allowed(choice) else _other_dimension(choice) for choice in found]


def _other_dimension(choice: Choice) -> Choice:
    """Return the choice in the other dimension, on a ground that there is in both if need be."""
    dimension, contact, terrain, controller, task = choice
    moved = ("3" if dimension == "2" else "2", contact, terrain, controller, task)
    return moved if allowed(moved) else ("3", contact, "flat", controller, task)


def compile_simulator(choice: Choice, precision: str, architecture: int, folder: Path) -> None:
    """Compile the kernels that a GPU would run for a choice."""
    dimension, contact, terrain, controller, task = choice
    forces = tuple(force() for force in FORCES.values()) if contact == "coulomb" else ()
    physics = Physics(contact=CONTACTS[contact](), forces=forces)
    file = compile_for_gpu(
        int(dimension),
        physics,
        TERRAINS[terrain](),
        CONTROLLERS[controller](),
        TASKS[task](),
        folder,
        precision=precision,
        noisy=contact == "smooth",
        weighed=contact == "coulomb",
        windowed=contact == "no_slip",
        material_properties=contact == "smooth" or terrain == "flat",
        delayed=contact in ("coulomb", "no_slip"),
        architecture=architecture,
    )
    require_machine_code(file)


def learner_modules(precision: str) -> Iterator[wp.Module]:
    """Yield the modules of learning, each learner's own included."""
    real = getattr(wp, precision)
    yield loss_kernels(real).record.module
    yield gradient_kernels(real).norm.module
    yield smoothing_kernels(real).blend.module
    yield from (own_kernel(learner, real).module for learner in LEARNERS.values())


def own_kernel(learner: Any, real: Any) -> wp.Kernel:
    """Return the kernel that a learner steps with, by letting it step once."""
    seen: list[wp.Kernel] = []

    class Listening(Batch):
        def launch(self, kernel: wp.Kernel, *arguments: Any, parameters: bool = True) -> None:
            seen.append(kernel)
            super().launch(kernel, *arguments, parameters=parameters)

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


def require_machine_code(file: Path) -> None:
    assert file.suffix == ".cubin"
    assert file.stat().st_size > 1000


@pytest.mark.parametrize("choice", every_choice_once()[:1], ids="-".join)
def test_simulators(choice: Choice, tmp_path: Path) -> None:
    compile_simulator(choice, "float32", HOPPER, tmp_path)


def compile_tangents(choice: Choice, precision: str, folder: Path) -> None:
    """Compile the kernels of forward mode that a GPU would run for a choice."""
    dimension, contact, terrain, controller, task = choice
    forces = tuple(force() for force in FORCES.values()) if contact == "coulomb" else ()
    file = compile_tangents_for_gpu(
        int(dimension),
        Physics(contact=CONTACTS[contact](), forces=forces),
        TERRAINS[terrain](),
        CONTROLLERS[controller](),
        TASKS[task](),
        folder,
        precision=precision,
        noisy=contact == "smooth",
        weighed=contact == "coulomb",
        delayed=contact in ("coulomb", "no_slip"),
        material_properties=contact == "smooth",
        architecture=HOPPER,
    )
    require_machine_code(file)


@pytest.mark.slow
@pytest.mark.parametrize("choice", every_choice_once(), ids="-".join)
def test_tangents_of_every_choice(choice: Choice, tmp_path: Path) -> None:
    compile_tangents(choice, "float32", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("choice", every_choice_once()[:1], ids="-".join)
def test_tangents_in_double_precision(choice: Choice, tmp_path: Path) -> None:
    compile_tangents(choice, "float64", tmp_path)


def batch_modules(precision: str) -> Iterator[wp.Module]:
    """Yield the modules that lay out bodies and weights on a device, and take the worlds of a controller together."""
    yield weight_kernels(precision, 1).draw.module
    yield packing_kernels(precision).begin.module
    yield aggregation_kernels(getattr(wp, precision)).losses.module
    yield exchange_kernels(precision).gather.module
    yield body_parameter_kernels(precision).write.module


@pytest.mark.parametrize("precision", PRECISIONS)
def test_batches(precision: str, tmp_path: Path) -> None:
    for module in batch_modules(precision):
        require_machine_code(compile_module(module, HOPPER, tmp_path / module.name, 256))


@pytest.mark.parametrize("precision", PRECISIONS)
def test_learners(precision: str, tmp_path: Path) -> None:
    for module in learner_modules(precision):
        require_machine_code(compile_module(module, HOPPER, tmp_path / module.name, 256))


@pytest.mark.slow
@pytest.mark.parametrize("choice", pairwise(*OPTIONS, PRECISIONS, allowed=allowed), ids="-".join)
def test_every_two_choices(choice: tuple[str, str, str, str, str, str], tmp_path: Path) -> None:
    *simulator, precision = choice
    dimension, contact, terrain, controller, task = simulator
    compile_simulator((dimension, contact, terrain, controller, task), precision, HOPPER, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("architecture", OTHERS)
@pytest.mark.parametrize("choice", every_choice_once()[:2], ids="-".join)
def test_other_architectures(choice: Choice, architecture: int, tmp_path: Path) -> None:
    compile_simulator(choice, "float32", architecture, tmp_path)
    for module in (*learner_modules("float32"), *batch_modules("float32")):
        require_machine_code(compile_module(module, architecture, tmp_path / module.name, 256))


def test_every_registered_choice_is_compiled() -> None:
    compiled = [set(names) for names in zip(*every_choice_once(), strict=True)]
    assert compiled == [set(options) for options in OPTIONS]
    assert {kernel_key(TERRAINS[name]()) for name in compiled[2]} == {
        kernel_key(terrain()) for terrain in TERRAINS.values()
    }
