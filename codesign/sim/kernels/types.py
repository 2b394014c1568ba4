"""The types one configuration's kernels are written in: dimension, precision, row width, and the records they share."""

from dataclasses import dataclass, field
from typing import Any

import warp as wp

from codesign.sim.kernels.rows import RowFunctions, build_rows
from codesign.sim.kernels.shared_memory import SharedFunctions, build_shared

PRECISIONS: dict[str, Any] = {"float32": wp.float32, "float64": wp.float64}

NEGLIGIBLE = 1.0e-30
"""Squared length that counts as zero."""


@dataclass(frozen=True, eq=False)
class KernelTypes:
    """Types and records that every function of one kernel module is written in.

    Springs and masses are handled in rows: on a CPU a row is as many numbers as vector units take at once, on a GPU,
    where lanes do that, it is one. Masses and springs of a world are padded to whole rows; padding has no stiffness,
    stays at zero and gets no gradient.

    Attributes:
        dimension: of space, 2 or 3; the last axis points up.
        precision: "float32" or "float64".
        row: springs or masses in a row.
        state_size: numbers that the task keeps during an episode.
        physical_gradients: whether rest lengths, stiffness and swings are differentiated; a controller that reads them
            adds its part to their adjoint then.
        contributions: numbers that the task has of every mass.
        contact_numbers, force_numbers: numbers of the contact and of all forces together, see `Constants`.
        weighed: whether masses may be other than 1 kg: worlds have a factor on them, or bodies have their own.
        material_properties: whether bodies have masses, damping and force limits of their own.
        delayed: whether muscles follow actuation some steps later.
        windowed: whether windows of episodes are simulated, whose reverse sweep takes cotangents of all states.
        settling: whether bodies settle at the beginning of an episode, with muscles at rest.
        module: name of the Warp module that the functions are put into. One module per configuration: functions of the
            same name and signature would otherwise replace each other.
        upward: unit vector that points up.
        join: function (position, velocity) -> state of one mass.
        larger, smaller: functions of two reals, without branches.
        pick, choose: functions of a condition and two reals or states: the first where the condition holds, else the
            second.
        length_of: function vector -> its length, with derivative zero at length zero.
        row_functions: what is done with whole rows.
        shared: what is done to have arrays in shared memory.
    """

    dimension: int
    precision: str
    row: int
    state_size: int
    module: str
    physical_gradients: bool = False
    contributions: int = 0
    contact_numbers: int = 0
    force_numbers: int = 0
    weighed: bool = False
    delayed: bool = False
    windowed: bool = False
    material_properties: bool = False
    settling: bool = False
    real: Any = field(init=False)
    vector: Any = field(init=False)
    state: Any = field(init=False)
    scalar: Any = field(init=False)
    row_vector: Any = field(init=False)
    indices: Any = field(init=False)
    rows: Any = field(init=False)
    task_state: Any = field(init=False)
    contribution: Any = field(init=False)
    Constants: Any = field(init=False)
    Model: Any = field(init=False)
    Tape: Any = field(init=False)
    Plan: Any = field(init=False)
    WorldParameters: Any = field(init=False)
    Adjoint: Any = field(init=False)
    upward: Any = field(init=False)
    join: Any = field(init=False)
    larger: Any = field(init=False)
    smaller: Any = field(init=False)
    pick: Any = field(init=False)
    choose: Any = field(init=False)
    length_of: Any = field(init=False)
    row_functions: RowFunctions = field(init=False)
    shared: SharedFunctions = field(init=False)

    def __post_init__(self) -> None:
        real = PRECISIONS[self.precision]
        types = {
            "real": real,
            "vector": wp.types.vector(self.dimension, real),
            "state": wp.types.vector(2 * self.dimension, real),
            # wp.grad of a function that returns a plain float32 does not compile for the CPU; a vector of one does.
            "scalar": wp.types.vector(1, real),
            "row_vector": wp.types.vector(self.row, real),
            "indices": wp.types.vector(self.row, wp.int32),
            "rows": wp.types.matrix((self.dimension, self.row), real),
            "task_state": wp.types.vector(self.state_size, real),
            "contribution": wp.types.vector(max(self.contributions, 1), real),
        }
        for name, value in types.items():
            object.__setattr__(self, name, value)
        for name, fields in self._records().items():
            object.__setattr__(self, name, self.record(name, fields))
        up = self.dimension - 1
        object.__setattr__(self, "upward", self.vector(*[float(axis == up) for axis in range(self.dimension)]))
        for name, function in _selections(self.real).items():
            object.__setattr__(self, name, function)
        object.__setattr__(self, "join", _join(self))
        object.__setattr__(self, "choose", _choose(self))
        object.__setattr__(self, "row_functions", build_rows(self.dimension, self.precision, self.row, types))
        object.__setattr__(self, "shared", build_shared(types))
        object.__setattr__(self, "length_of", _length(self))

    def record(self, name: str, fields: dict[str, Any]) -> Any:
        """Return a Warp struct type of these types' module with the given fields."""
        return wp.struct(type(name, (), {"__annotations__": fields, "__module__": __name__}), module=self.module)

    def numbers(self, count: int) -> Any:
        """Return the type of a plug-in's numbers, a vector of so many reals; one number, unused, if there are none."""
        return wp.types.vector(max(count, 1), self.real)

    def _records(self) -> dict[str, dict[str, Any]]:
        reals, integers = wp.array(dtype=self.real), wp.array(dtype=wp.int32)
        rows, index_rows = wp.array(dtype=self.row_vector), wp.array(dtype=self.indices)
        task_states = wp.array(dtype=self.task_state)
        return {
            "Constants": {
                "dt": self.real,
                "gravity": self.real,
                "drag": self.real,
                "regularisation": self.real,
                "contact": self.numbers(self.contact_numbers),
                "forces": self.numbers(self.force_numbers),
                "time": self.real,
                "beacon": self.vector,
                "push": self.vector,
                "push_step": wp.int32,
                "noise": self.real,
                "noise_seed": wp.int32,
                "steps": wp.int32,
                "segment": wp.int32,
                **({"per_mass": self.real} if self.weighed else {}),
                **({"latency": wp.int32, "longest_latency": wp.int32} if self.delayed else {}),
                **({"first_step": wp.int32, "episode_steps": wp.int32} if self.windowed else {}),
                **({"settle": wp.int32} if self.settling else {}),
            },
            "Model": {
                "mass_start": integers,
                "masses": integers,
                "spring_start": integers,
                "springs": integers,
                "parameter_start": integers,
                "gradient_start": integers,
                "first": index_rows,
                "second": index_rows,
                "rest": rows,
                "stiffness": rows,
                "swing": rows,
                "muscle": rows,
                "mask": reals,
                "mask_rows": rows,
                "mass_mask": rows,
                "incidence_start": integers,
                "incidence": index_rows,
                **(
                    dict.fromkeys(("mass", "mass_share", "damping", "force_limit"), rows)
                    if self.material_properties
                    else {}
                ),
            },
            "Tape": {
                "position": reals,
                "position_rows": rows,
                "velocity": reals,
                "velocity_rows": rows,
                "impulse": reals,
                "impulse_rows": rows,
                "actuation_rows": rows,
                "sense_rows": rows,
                "observation": reals,
                "observation_rows": rows,
                "task_state": task_states,
                "force": reals,
                "snapshot_position_rows": rows,
                "snapshot_velocity_rows": rows,
                "snapshot_task_state": task_states,
                "snapshot_start": integers,
                "snapshot_mass_start": integers,
                **(
                    {"queue_rows": rows, "snapshot_queue_rows": rows, "snapshot_spring_start": integers}
                    if self.delayed
                    else {}
                ),
            },
            "Plan": {
                "of_world": integers,
                "keep": integers,
                "actions": integers,
                "action_start": integers,
                "parts": wp.int32,
            },
            "WorldParameters": {
                "count": wp.int32,
                "ground_start": integers,
                "contact": wp.array(dtype=self.numbers(self.contact_numbers)),
                "beacon": wp.array(dtype=self.vector),
                "push": wp.array(dtype=self.vector),
                "push_step": integers,
                "noise": reals,
                "noise_seed": integers,
                **({"per_mass": reals} if self.weighed else {}),
                **({"latency": integers} if self.delayed else {}),
                **({"first_step": integers} if self.windowed else {}),
            },
            "Adjoint": {
                "position": reals,
                "position_rows": rows,
                "velocity": reals,
                "velocity_rows": rows,
                "impulse": reals,
                "impulse_rows": rows,
                "actuation_rows": rows,
                "sense_rows": rows,
                "observation": reals,
                "observation_rows": rows,
                "task_state": task_states,
                "rest_rows": rows,
                "stiffness_rows": rows,
                **({"swing_rows": rows} if self.physical_gradients else {}),
                **(
                    dict.fromkeys(("mass_rows", "damping_rows", "force_limit_rows"), rows)
                    if self.physical_gradients and self.material_properties
                    else {}
                ),
                **({"queue_rows": rows} if self.delayed else {}),
                **(
                    {
                        "given_position": reals,
                        "given_position_rows": rows,
                        "given_velocity": reals,
                        "given_velocity_rows": rows,
                        "given_task_state": task_states,
                        "given_loss": reals,
                    }
                    if self.windowed
                    else {}
                ),
            },
        }


def _join(types: KernelTypes) -> Any:
    """Return the function that makes a state, written out: only vectors built whole differentiate right."""
    vector, state = types.vector, types.state

    if types.dimension == 2:

        @wp.func(module=types.module, inline=True)
        def join(position: vector, velocity: vector) -> state:
            return state(position[0], position[1], velocity[0], velocity[1])

    else:

        @wp.func(module=types.module, inline=True)
        def join(position: vector, velocity: vector) -> state:
            return state(position[0], position[1], position[2], velocity[0], velocity[1], velocity[2])

    return join


def _choose(types: KernelTypes) -> Any:
    """Return the choice between two states; like all functions of physics it is inlined before anything else is done.

    Otherwise the compiler passes pairs of numbers in vector registers, chooses between these, and no longer sees that a
    row of masses could be handled together.
    """
    state, pick = types.state, types.pick

    if types.dimension == 2:

        @wp.func(module=types.module, inline=True)
        def choose(condition: bool, first: state, second: state) -> state:
            return state(
                pick(condition, first[0], second[0]),
                pick(condition, first[1], second[1]),
                pick(condition, first[2], second[2]),
                pick(condition, first[3], second[3]),
            )

    else:

        @wp.func(module=types.module, inline=True)
        def choose(condition: bool, first: state, second: state) -> state:
            return state(
                pick(condition, first[0], second[0]),
                pick(condition, first[1], second[1]),
                pick(condition, first[2], second[2]),
                pick(condition, first[3], second[3]),
                pick(condition, first[4], second[4]),
                pick(condition, first[5], second[5]),
            )

    return choose


def _selections(real: Any) -> dict[str, Any]:
    """Return maximum, minimum and choice whose adjoints select instead of branching.

    The adjoints of `wp.max` and its kin branch. A single branch in what happens at a mass or a spring keeps the
    compiler from turning a row of them into vector code, which costs a factor of seven.
    """

    @wp.func_native(
        "return first > second ? first : second;",
        adj_snippet="adj_first += first > second ? adj_ret : 0; adj_second += first > second ? 0 : adj_ret;",
    )
    def larger(first: real, second: real) -> real: ...

    @wp.func_native(
        "return first < second ? first : second;",
        adj_snippet="adj_first += first < second ? adj_ret : 0; adj_second += first < second ? 0 : adj_ret;",
    )
    def smaller(first: real, second: real) -> real: ...

    @wp.func_native(
        "return condition ? first : second;",
        adj_snippet="adj_first += condition ? adj_ret : 0; adj_second += condition ? 0 : adj_ret;",
    )
    def pick(condition: bool, first: real, second: real) -> real: ...

    return {"larger": larger, "smaller": smaller, "pick": pick}


def _length(types: KernelTypes) -> Any:
    """Return the length of a vector, with derivative zero at length zero."""
    real, vector, larger = types.real, types.vector, types.larger
    negligible = wp.constant(real(NEGLIGIBLE))

    @wp.func(module=types.module, inline=True)
    def length_of(along: vector) -> real:
        return wp.sqrt(larger(negligible, wp.dot(along, along)))  # in this order NaN stays NaN

    return length_of
