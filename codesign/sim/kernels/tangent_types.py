"""The records of forward mode: an episode that was simulated, and the derivatives that go along with it."""

from dataclasses import dataclass, field
from typing import Any

import warp as wp

from codesign.sim.kernels.types import KernelTypes


@dataclass(frozen=True)
class TangentFunctions:
    """A controller as functions of one thread, which has a world and a direction.

    Attributes:
        Control: struct type of what the controller has besides weights.
        prepare: (trajectory, tangent, control, world, direction): once before the first step.
        act: (trajectory, tangent, control, world, direction, step): writes the tangent of what the controller answers,
            with `TangentTypes.put_actuation`.
    """

    Control: Any
    prepare: Any
    act: Any


@dataclass(frozen=True, eq=False)
class TangentTypes:
    """Types of one module of tangents, and functions that read the records.

    Attributes:
        kernel: the kernel types, with rows of one number.
        Trajectory: an episode and the bodies that moved, without padding but in the arrays of the simulator's tape.
        Tangent: derivatives along all directions; of positions and velocities at every step of a window.
        position, velocity: (trajectory, world, step, mass) -> where a mass was, and how fast.
        sense: (trajectory, world, step, kind, mass) -> what it sensed.
        actuation: (trajectory, world, step, spring) -> what the controller answered.
        moved, sped: (trajectory, tangent, world, direction, step, mass) -> tangents of position and velocity.
        felt: (trajectory, tangent, world, direction, kind, mass) -> tangent of what a mass senses in the present step.
        put_actuation: (trajectory, tangent, world, direction, step, spring, value): writes the tangent of an answer.
        centre, d_centre: (trajectory, world, step) -> the centre of mass; (trajectory, tangent, world, direction,
            step) -> its tangent.
        mean_velocity, d_mean_velocity: likewise of its velocity.
        share, d_share: (trajectory, world, mass) -> the mass's share of the body's mass; (trajectory, tangent, world,
            direction, mass) -> its tangent but for what all shares have together.
        tangent_at: (trajectory, tangent, world, direction, step, mass) -> place of its tangent among coordinates.
    """

    kernel: KernelTypes
    senses: int = 0
    Trajectory: Any = field(init=False)
    Tangent: Any = field(init=False)
    position: Any = field(init=False)
    velocity: Any = field(init=False)
    sense: Any = field(init=False)
    actuation: Any = field(init=False)
    moved: Any = field(init=False)
    sped: Any = field(init=False)
    felt: Any = field(init=False)
    put_actuation: Any = field(init=False)
    tangent_at: Any = field(init=False)
    centre: Any = field(init=False)
    d_centre: Any = field(init=False)
    mean_velocity: Any = field(init=False)
    d_mean_velocity: Any = field(init=False)
    share: Any = field(init=False)
    d_share: Any = field(init=False)

    def __post_init__(self) -> None:
        for name, fields in self._records().items():
            object.__setattr__(self, name, self.kernel.record(name, fields))
        for name, function in {**_readers(self), **_tangent_readers(self)}.items():
            object.__setattr__(self, name, function)
        for name, function in _centres(self).items():
            object.__setattr__(self, name, function)

    def _records(self) -> dict[str, dict[str, Any]]:
        types = self.kernel
        reals, integers = wp.array(dtype=types.real), wp.array(dtype=wp.int32)
        task_states = wp.array(dtype=types.task_state)
        springs = ("rest", "stiffness", "swing")
        return {
            "Trajectory": {
                "steps": wp.int32,
                **dict.fromkeys(("mass_start", "spring_start", "weight_start"), integers),
                **dict.fromkeys(("padded_mass_start", "padded_spring_start"), integers),
                **dict.fromkeys(("first", "second", "incidence_start", "incidence"), integers),
                **dict.fromkeys((*springs, "muscle", "weights"), reals),
                **dict.fromkeys(("mass", "mass_share", "damping", "force_limit"), reals),
                **dict.fromkeys(("position", "velocity", "impulse", "actuation", "sense"), reals),
                "task_state": task_states,
            },
            "Tangent": {
                **dict.fromkeys(("masses", "springs", "weights_of_all", "window", "first_step", "ring"), wp.int32),
                **dict.fromkeys(("position", "velocity", "force", "actuation", "added", "sense", "start"), reals),
                **dict.fromkeys((*springs, "weights", "loss"), reals),
                **dict.fromkeys(("mass", "damping", "force_limit"), reals),
                **dict.fromkeys(("task_state", "kept"), task_states),
            },
        }


def _readers(types: TangentTypes) -> dict[str, Any]:
    """Return the functions that read the trajectory from the simulator's tape, whose worlds are padded to rows."""
    kernel, Trajectory, SENSES = types.kernel, types.Trajectory, types.senses
    real, vector, DIMENSION, module = kernel.real, kernel.vector, kernel.dimension, kernel.module

    @wp.func(module=module)
    def state_at(trajectory: Trajectory, world: int, step: int, mass: int) -> int:
        start = trajectory.padded_mass_start[world]
        padded = trajectory.padded_mass_start[world + 1] - start
        return DIMENSION * (start * (trajectory.steps + 1) + step * padded + mass)

    @wp.func(module=module)
    def position(trajectory: Trajectory, world: int, step: int, mass: int) -> vector:
        at = state_at(trajectory, world, step, mass)
        found = vector()
        for axis in range(DIMENSION):
            found[axis] = trajectory.position[at + axis]
        return found

    @wp.func(module=module)
    def velocity(trajectory: Trajectory, world: int, step: int, mass: int) -> vector:
        at = state_at(trajectory, world, step, mass)
        found = vector()
        for axis in range(DIMENSION):
            found[axis] = trajectory.velocity[at + axis]
        return found

    @wp.func(module=module)
    def sense(trajectory: Trajectory, world: int, step: int, kind: int, mass: int) -> real:
        start = trajectory.padded_mass_start[world]
        padded = trajectory.padded_mass_start[world + 1] - start
        return trajectory.sense[SENSES * (start * trajectory.steps + step * padded) + kind * padded + mass]

    @wp.func(module=module)
    def actuation(trajectory: Trajectory, world: int, step: int, spring: int) -> real:
        start = trajectory.padded_spring_start[world]
        padded = trajectory.padded_spring_start[world + 1] - start
        return trajectory.actuation[start * trajectory.steps + step * padded + spring]

    return {"position": position, "velocity": velocity, "sense": sense, "actuation": actuation}


def _tangent_readers(types: TangentTypes) -> dict[str, Any]:
    """Return the functions that read and write tangents."""
    kernel, Trajectory, Tangent, SENSES = types.kernel, types.Trajectory, types.Tangent, types.senses
    real, vector, DIMENSION, module = kernel.real, kernel.vector, kernel.dimension, kernel.module

    @wp.func(module=module)
    def tangent_at(trajectory: Trajectory, tangent: Tangent, world: int, direction: int, step: int, mass: int) -> int:
        slot = direction * (tangent.window + 1) + step - tangent.first_step
        return DIMENSION * (slot * tangent.masses + trajectory.mass_start[world] + mass)

    @wp.func(module=module)
    def moved(trajectory: Trajectory, tangent: Tangent, world: int, direction: int, step: int, mass: int) -> vector:
        at = tangent_at(trajectory, tangent, world, direction, step, mass)
        found = vector()
        for axis in range(DIMENSION):
            found[axis] = tangent.position[at + axis]
        return found

    @wp.func(module=module)
    def sped(trajectory: Trajectory, tangent: Tangent, world: int, direction: int, step: int, mass: int) -> vector:
        at = tangent_at(trajectory, tangent, world, direction, step, mass)
        found = vector()
        for axis in range(DIMENSION):
            found[axis] = tangent.velocity[at + axis]
        return found

    @wp.func(module=module)
    def felt(trajectory: Trajectory, tangent: Tangent, world: int, direction: int, kind: int, mass: int) -> real:
        return tangent.sense[SENSES * (direction * tangent.masses + trajectory.mass_start[world] + mass) + kind]

    @wp.func(module=module)
    def put_actuation(
        trajectory: Trajectory, tangent: Tangent, world: int, direction: int, step: int, spring: int, value: real
    ):
        slot = direction * tangent.ring + step % tangent.ring
        tangent.actuation[slot * tangent.springs + trajectory.spring_start[world] + spring] = value

    functions = {"moved": moved, "sped": sped, "felt": felt, "put_actuation": put_actuation}
    return functions | {"tangent_at": tangent_at}


def _centres(types: TangentTypes) -> dict[str, Any]:
    """Return the functions of the centre of mass; masses of a body are equal unless it has material properties."""
    kernel, Trajectory, Tangent, MATERIALS = (
        types.kernel,
        types.Trajectory,
        types.Tangent,
        types.kernel.material_properties,
    )
    real, vector, module = kernel.real, kernel.vector, kernel.module
    position, velocity, moved, sped = types.position, types.velocity, types.moved, types.sped

    @wp.func(module=module)
    def share(trajectory: Trajectory, world: int, mass: int) -> real:
        first = trajectory.mass_start[world]
        if wp.static(MATERIALS):
            return trajectory.mass_share[first + mass]
        return real(1.0) / real(trajectory.mass_start[world + 1] - first)

    @wp.func(module=module)
    def d_share(trajectory: Trajectory, tangent: Tangent, world: int, direction: int, mass: int) -> real:
        if wp.static(MATERIALS):
            own = trajectory.mass_start[world] + mass
            grown = tangent.mass[direction * tangent.masses + own] / trajectory.mass[own]
            return trajectory.mass_share[own] * grown
        return real(0.0)

    @wp.func(module=module)
    def centre(trajectory: Trajectory, world: int, step: int) -> vector:
        found = vector()
        for mass in range(trajectory.mass_start[world + 1] - trajectory.mass_start[world]):
            found += share(trajectory, world, mass) * position(trajectory, world, step, mass)
        return found

    @wp.func(module=module)
    def d_centre(trajectory: Trajectory, tangent: Tangent, world: int, direction: int, step: int) -> vector:
        middle = centre(trajectory, world, step)
        found = vector()
        for mass in range(trajectory.mass_start[world + 1] - trajectory.mass_start[world]):
            found += share(trajectory, world, mass) * moved(trajectory, tangent, world, direction, step, mass)
            away = position(trajectory, world, step, mass) - middle
            found += d_share(trajectory, tangent, world, direction, mass) * away
        return found

    @wp.func(module=module)
    def mean_velocity(trajectory: Trajectory, world: int, step: int) -> vector:
        found = vector()
        for mass in range(trajectory.mass_start[world + 1] - trajectory.mass_start[world]):
            found += share(trajectory, world, mass) * velocity(trajectory, world, step, mass)
        return found

    @wp.func(module=module)
    def d_mean_velocity(trajectory: Trajectory, tangent: Tangent, world: int, direction: int, step: int) -> vector:
        mean = mean_velocity(trajectory, world, step)
        found = vector()
        for mass in range(trajectory.mass_start[world + 1] - trajectory.mass_start[world]):
            found += share(trajectory, world, mass) * sped(trajectory, tangent, world, direction, step, mass)
            away = velocity(trajectory, world, step, mass) - mean
            found += d_share(trajectory, tangent, world, direction, mass) * away
        return found

    functions = {"share": share, "d_share": d_share, "centre": centre, "d_centre": d_centre}
    return functions | {"mean_velocity": mean_velocity, "d_mean_velocity": d_mean_velocity}
