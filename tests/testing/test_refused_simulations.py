"""The checks refuse what breaks its contract where it is simulated, for the reason that is broken."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import warp as wp

from codesign.body import Bodies
from codesign.control import Cpg, Parameter, normal
from codesign.sim import Layout, WeightBlock
from codesign.sim.kernels import SENSES, Coulomb, Force, ForceFunctions, KernelTypes, TerrainFunctions
from codesign.tasks import Flat, Slope, Walk
from codesign.testing import (
    check_contact,
    check_controller,
    check_force,
    check_learner,
    check_sense,
    check_task,
    check_terrain,
)
from codesign.train import Batch, Normalized, Step
from tests.testing.refusals import ANYHOW, refused


@dataclass(frozen=True)
class Restless(Walk):
    """A task whose variants come from nowhere.

    Attributes:
        weight: nothing.
    """

    name: str = "restless"
    weight: float = 1.0

    def variant(self, generator: np.random.Generator) -> "Restless":
        del generator
        return replace(self, weight=float(ANYHOW.random()))


@dataclass(frozen=True)
class Hovering(Flat):
    """Ground that bodies are put down above."""

    name: str = "hovering"

    def place(self, bodies: Bodies) -> np.ndarray:
        return super().place(bodies) + 0.01


@dataclass(frozen=True)
class Painted(Slope):
    """Ground that looks other than it is."""

    name: str = "painted"

    def surface(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        return super().surface(low, high) + 0.01


@dataclass(frozen=True)
class Dicing(Cpg):
    """A controller whose first weights come from nowhere."""

    name: str = "dicing"

    def parameters(self, dimension: int) -> tuple[Parameter, ...]:
        first, *others = super().parameters(dimension)
        return (replace(first, initial=normal(float(ANYHOW.random()))), *others)


@dataclass(frozen=True)
class Miscounted(Cpg):
    """A controller that has more weights than it says."""

    name: str = "miscounted"

    def weight_blocks(self, layout: Layout, steps: int) -> tuple[WeightBlock, ...]:
        *blocks, last = super().weight_blocks(layout, steps)
        return (*blocks, replace(last, count=last.count + 1))


@dataclass(frozen=True)
class Overlapping(Cpg):
    """A controller two of whose weights are one number."""

    name: str = "overlapping"

    def weight_blocks(self, layout: Layout, steps: int) -> tuple[WeightBlock, ...]:
        first, second, third = super().weight_blocks(layout, steps)
        return (first, second, replace(third, place=second.place))


@dataclass(frozen=True)
class Outside(Cpg):
    """A controller whose weights lie behind its parameters."""

    name: str = "outside"

    def weight_blocks(self, layout: Layout, steps: int) -> tuple[WeightBlock, ...]:
        *blocks, last = super().weight_blocks(layout, steps)
        return (*blocks, replace(last, place=last.place + layout.padded_springs))


@dataclass(frozen=True)
class Unlike(Cpg):
    """A controller that says that the first spring has the weights of two."""

    name: str = "unlike"

    def weight_parts(self, masses: int, springs: int, dimension: int, steps: int) -> dict[str, np.ndarray]:
        parts = super().weight_parts(masses, springs, dimension, steps)
        return parts | {"phase": np.where(parts["phase"] == masses + 1, masses, parts["phase"])}


@dataclass(frozen=True)
class Astray(Cpg):
    """A controller whose weights are said to be of a spring that is not there."""

    name: str = "astray"

    def weight_parts(self, masses: int, springs: int, dimension: int, steps: int) -> dict[str, np.ndarray]:
        parts = super().weight_parts(masses, springs, dimension, steps)
        return parts | {"phase": parts["phase"] + 1}


@dataclass(frozen=True)
class Reticent(Cpg):
    """A controller that does not say whose all of its weights are."""

    name: str = "reticent"

    def weight_parts(self, masses: int, springs: int, dimension: int, steps: int) -> dict[str, np.ndarray]:
        parts = super().weight_parts(masses, springs, dimension, steps)
        return {"amplitude": parts["amplitude"]}


@pytest.mark.parametrize(
    ("check", "broken", "reason"),
    [
        (check_task, Restless(), "the same variant"),
        (check_task, Walk(name="jump"), "not taken"),
        (check_terrain, Hovering(), "just touches"),
        (check_terrain, Painted(), "lies on the ground"),
        (check_controller, Dicing(), "same first weights"),
        (check_controller, Miscounted(), "weights 0 to"),
        (check_controller, Overlapping(), "places"),
        (check_controller, Outside(), "places below"),
        (check_controller, Unlike(), "as many weights of phase"),
        (check_controller, Astray(), "`weight_parts` of phase"),
        (check_controller, Reticent(), "`weight_parts` of the shapes"),
    ],
)
def test_what_is_simulated_is_refused_before_it_is_compiled(check: Any, broken: Any, reason: str) -> None:
    refused(check, broken, reason=reason)


def test_a_sense_whose_name_is_taken_is_refused() -> None:
    refused(check_sense, "speed", SENSES["height"], reason="no other sense")


@dataclass(frozen=True)
class Weak(Force):
    """A force that is not there."""

    name: str = "weak"

    def functions(self, types: KernelTypes, terrain: TerrainFunctions) -> ForceFunctions:
        vector, Constants, Patch = types.vector, types.Constants, terrain.Patch  # noqa: N806
        Numbers = types.numbers(0)  # noqa: N806

        @wp.func(module=types.module, inline=True)
        def nothing(constants: Constants, patch: Patch, position: vector, velocity: vector, numbers: Numbers) -> vector:
            return vector()

        return ForceFunctions(at_mass=nothing)


@dataclass(frozen=True)
class Overwritten(Force):
    """A force that is built component by component, of which Warp makes a wrong derivative without a word."""

    name: str = "overwritten"

    def functions(self, types: KernelTypes, terrain: TerrainFunctions) -> ForceFunctions:
        real, vector, Constants, Patch = types.real, types.vector, types.Constants, terrain.Patch  # noqa: N806
        Numbers = types.numbers(0)  # noqa: N806

        @wp.func(module=types.module, inline=True)
        def drag(constants: Constants, patch: Patch, position: vector, velocity: vector, numbers: Numbers) -> vector:
            force = velocity
            force[0] = -real(5.0) * velocity[0] * velocity[0] * velocity[0]
            force[1] = -real(5.0) * position[0] * velocity[1]
            return force

        return ForceFunctions(at_mass=drag)


@dataclass(frozen=True)
class Sticky(Coulomb):
    """A contact whose gradient is cut off."""

    name: str = "sticky"

    def function(self, types: KernelTypes, terrain: TerrainFunctions) -> Any:
        real, vector, state, Constants, Patch = types.real, types.vector, types.state, types.Constants, terrain.Patch  # noqa: N806
        respond = super().function(types, terrain)

        @wp.func_native("return value;", adj_snippet="adj_value += 0.5 * adj_ret;")
        def halved(value: real) -> real: ...

        @wp.func(module=types.module, inline=True)
        def cut(constants: Constants, patch: Patch, position: vector, free: vector) -> state:
            return respond(constants, patch, position, free * halved(real(1.0) + free[0]) / (real(1.0) + free[0]))

        return cut


@dataclass(frozen=True)
class Uphill(Normalized):
    """A learner that makes losses larger."""

    name: str = "uphill"

    def bind(self, batch: Batch) -> Step:
        step = super().bind(batch)
        before = wp.empty_like(batch.parameters)

        def backwards() -> None:
            wp.copy(before, batch.parameters)
            step()
            taken = batch.parameters.numpy() - before.numpy()
            batch.parameters.assign(before.numpy() - taken)

        return backwards


@dataclass(frozen=True)
class Sociable(Normalized):
    """A learner that looks at the neighbours."""

    name: str = "sociable"

    def bind(self, batch: Batch) -> Step:
        step = super().bind(batch)

        def together() -> None:
            batch.gradient.assign(batch.gradient.numpy() * (1.0 + 0.1 * batch.controllers))
            batch.norm.assign(batch.norm.numpy())
            step()

        return together


@pytest.mark.slow
@pytest.mark.parametrize(
    ("check", "broken", "reason"),
    [
        (check_force, Weak(), "makes a difference"),
        (check_force, Overwritten(), "central differences"),
        (check_contact, Sticky(), "central differences"),
        (check_learner, Uphill(iterations=4, step_length=0.05), "losses that become smaller"),
        (check_learner, Sociable(iterations=4), "alone and beside others"),
    ],
)
def test_what_is_simulated_is_refused(check: Any, broken: Any, reason: str) -> None:
    refused(check, broken, reason=reason)


def test_a_sense_is_registered_for_its_check_only(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr("codesign.testing.plugin_checks.check_simulations", lambda _: seen.append("inner" in SENSES))
    check_sense("inner", SENSES["height"])
    assert seen == [True]
    assert "inner" not in SENSES
