"""The constants and conditions of worlds as device arrays."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import warp as wp

from codesign.body import offsets
from codesign.sim.conditions import Conditions, beacon_of
from codesign.sim.kernels.types import KernelTypes
from codesign.sim.settings import Physics


def upload_world_parameters(
    conditions: Sequence[Conditions], physics: Physics, types: KernelTypes, device: Any
) -> tuple[Any, wp.array]:
    """Return what differs between worlds, and the ground of all of them."""
    dimension = types.dimension
    grounds = [each.terrain.data(dimension) for each in conditions]
    beacons = [beacon_of(each, dimension) for each in conditions]
    contacts = [physics.contact.parameters(each.friction) or (0.0,) for each in conditions]
    nothing = np.zeros(dimension)
    world_parameters = types.WorldParameters()
    world_parameters.count = len(conditions)

    def fill(name: str, values: Any, dtype: Any) -> None:
        kind = np.int32 if dtype is wp.int32 else np.float64
        setattr(world_parameters, name, wp.array(np.array(values, dtype=kind), dtype=dtype, device=device))

    fill("ground_start", offsets([len(ground) for ground in grounds])[:-1], wp.int32)
    fill("contact", contacts, types.numbers(types.contact_numbers))
    fill("beacon", [nothing if beacon is None else beacon for beacon in beacons], types.vector)
    # A push changes velocities, whatever the masses; kernels add it to impulses, which they divide by the mass, unless
    # masses of a body differ.
    per_push = [1.0 if types.material_properties else each.mass for each in conditions]
    pushes = [
        nothing if each.push is None else factor * np.array(each.push)
        for factor, each in zip(per_push, conditions, strict=True)
    ]
    fill("push", pushes, types.vector)
    fill("push_step", [-1 if each.push is None else each.push_step for each in conditions], wp.int32)
    fill("noise", [each.motor_noise for each in conditions], types.real)
    fill("noise_seed", [each.noise_seed for each in conditions], wp.int32)
    if types.weighed:
        fill("per_mass", [1.0 / each.mass for each in conditions], types.real)
    if types.delayed:
        fill("latency", [each.latency for each in conditions], wp.int32)
    if types.windowed:
        fill("first_step", [0] * len(conditions), wp.int32)
    return world_parameters, wp.array(np.concatenate(grounds), dtype=types.real, device=device)


def factors_on_springs(conditions: Sequence[Conditions]) -> tuple[np.ndarray, np.ndarray]:
    """Return the factors on stiffness and on swings under each of the conditions, each shape (conditions,)."""
    return np.array([each.stiffness for each in conditions]), np.array([each.strength for each in conditions])


def constants_of(physics: Physics, types: KernelTypes, segment: int, latency: int, episode_steps: int) -> Any:
    """Return the constants that all worlds share.

    Args:
        physics: forces, contact and the length of what is simulated.
        types: the types of the kernels.
        segment: steps in a segment.
        latency: the longest of any world [steps].
        episode_steps: of the episode, of which a window is a part.
    """
    constants = types.Constants()
    constants.dt, constants.gravity, constants.drag = physics.dt, physics.gravity, physics.drag
    constants.regularisation = physics.regularisation
    numbers = [number for force in physics.forces for number in force.parameters()]
    constants.forces = types.numbers(types.force_numbers)(*numbers or (0.0,))
    constants.steps, constants.segment = physics.steps, segment
    if types.delayed:
        constants.longest_latency = latency
    if types.windowed:
        constants.episode_steps = episode_steps
    if types.settling:
        constants.settle = physics.settle_steps
    return constants


def upload_task_parameters(conditions: Sequence[Conditions], Parameters: Any, dimension: int, device: Any) -> wp.array:
    """Return what the functions of each condition's task read, as an array of structs."""
    filled = [Parameters() for _ in conditions]
    for record, each in zip(filled, conditions, strict=True):
        for name, value in each.task.parameters(dimension).items():
            kind = Parameters.vars[name].type
            setattr(record, name, kind(*value) if isinstance(value, Sequence) else value)
    return wp.array(filled, dtype=Parameters, device=device)
