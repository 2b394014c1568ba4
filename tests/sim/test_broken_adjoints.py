"""The check of gradients is worth something: it catches wrong adjoints, each of a kind that compiles silently."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
import warp as wp

from codesign.control import Mlp
from codesign.sim import CONTACTS
from codesign.sim.kernels import Contact, ControllerFunctions, KernelTypes, TerrainFunctions
from codesign.testing.gradients import SIZES, gradient_error, standing
from tests.sim.bodies import strip
from tests.sim.test_gradients import DIFFERENCES
from tests.sim.worlds import Case

CAUGHT = 1e-3  # hundreds of times what the checks allow


def worst_error(case: Case) -> float:
    body = standing(case, strip(5, 3))
    return max(gradient_error(case, body, quantity) for quantity in SIZES)


def bounce(types: KernelTypes, terrain: TerrainFunctions) -> Any:
    """Return a contact that reverses a part of the vertical velocity and brakes the other, its result built whole."""
    real, vector, state, Constants = types.real, types.vector, types.state, types.Constants  # noqa: N806
    height, Patch, join = terrain.height, terrain.Patch, types.join  # noqa: N806

    @wp.func(module=types.module)
    def respond(constants: Constants, patch: Patch, position: vector, free: vector) -> state:
        velocity = free
        if position[1] + constants.dt * free[1] < height(patch, position):
            velocity = vector(free[0] * real(0.5), free[1] * real(-0.3))
        return join(position + constants.dt * velocity, velocity)

    return respond


def bounce_componentwise(types: KernelTypes, terrain: TerrainFunctions) -> Any:
    """Return the same contact, components overwritten: Warp's adjoint of that is silently wrong."""
    real, vector, state, Constants = types.real, types.vector, types.state, types.Constants  # noqa: N806
    height, Patch, join = terrain.height, terrain.Patch, types.join  # noqa: N806

    @wp.func(module=types.module)
    def respond(constants: Constants, patch: Patch, position: vector, free: vector) -> state:
        velocity = free
        if position[1] + constants.dt * free[1] < height(patch, position):
            velocity[0] = free[0] * real(0.5)
            velocity[1] = free[1] * real(-0.3)
        return join(position + constants.dt * velocity, velocity)

    return respond


@pytest.mark.parametrize(("contact", "right"), [(bounce, True), (bounce_componentwise, False)])
def test_an_overwritten_component(contact: Callable[..., Any], right: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True)
    class Bounce(Contact):
        name: str = contact.__name__

        def function(self, types: KernelTypes, terrain: TerrainFunctions) -> Any:
            return contact(types, terrain)

    Bounce.__qualname__ = contact.__name__
    monkeypatch.setitem(CONTACTS, contact.__name__, Bounce)
    error = worst_error(Case.of(contact=contact.__name__))
    assert error < DIFFERENCES if right else error > CAUGHT


@dataclass(frozen=True)
class Forgetful(Mlp):
    """The paper's controller, the adjoint of what it senses of velocities left out."""

    def functions(self, types: KernelTypes) -> ControllerFunctions:
        right = super().functions(types)
        Constants, Model, Tape, Adjoint = types.Constants, types.Model, types.Tape, types.Adjoint  # noqa: N806
        Controller, reverse, row = right.Controller, right.reverse, types.row  # noqa: N806

        @wp.func(module=types.module)
        def wrong(
            constants: Constants,
            model: Model,
            control: Controller,
            tape: Tape,
            adjoint: Adjoint,
            world: int,
            lane: int,
            step: int,
            slot: int,
        ):
            first = 2 * model.mass_start[world] // row
            last = 2 * model.mass_start[world + 1] // row
            kept = adjoint.velocity_rows[first]
            reverse(constants, model, control, tape, adjoint, world, lane, step, slot)
            if last > first:
                adjoint.velocity_rows[first] = kept

        return replace(right, reverse=wrong)


def test_a_controller_that_forgets_what_it_sensed() -> None:
    case = replace(Case.of(), controller=Forgetful())
    assert worst_error(case) > CAUGHT
    assert worst_error(Case.of()) < DIFFERENCES
