"""Kernels that lay out bodies on a device, each world by a thread, and put its masses where the episode starts.

They are native loops, so that a world costs what its numbers cost; offsets are worked out before by NumPy.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import warp as wp

from codesign.sim.kernels.cpu import EXACT_FLAGS
from codesign.sim.kernels.rows import REAL_NAMES
from codesign.sim.kernels.types import PRECISIONS


@dataclass(frozen=True)
class PackingKernels:
    """Kernels over worlds, launched over (worlds, 1); each takes the first world of its share and the row width.

    World w has body w // copies of those that are given.

    Attributes:
        springs: (copies, first spring of each body, ends, rest lengths, stiffness and swings of its springs, factors on
            stiffness and swings of each copy, padded first spring of each world; out: first and second ends, rest,
            stiffness, swing, muscle); padding is zero.
        masses: (copies, dimension, first mass of each body, first spring, ends, padded first mass and spring of each
            world, first incidence of each row of masses; out: mask by mass and by coordinate, incidence).
        material_properties: (copies, first mass and first spring of each body, masses, damping and force limits, padded
            first mass and spring of each world; out: masses, their shares in the mass of the body, damping, force
            limits); padding has no share and no damping, a mass and a force limit of 1.
        begin: (dimension, first mass of each world, padded first mass, padded first spring, first snapshot of each
            world and its first mass there, numbers of a task state, positions, velocities (any may be empty); out:
            positions and velocities of snapshots, states of the task in them, forces); the start of each episode and
            what stays zero.
    """

    springs: Any
    masses: Any
    material_properties: Any
    begin: Any


def _options(module: str) -> None:
    wp.set_module_options(
        {"cpu_compiler_flags": EXACT_FLAGS, "fuse_fp": False, "enable_backward": False, "max_unroll": 3}, module=module
    )


@cache
def degrees_kernel() -> Any:
    """Return the kernel that finds the most springs that a mass of each row has.

    It takes the first world of its share, the row width, first mass and first spring of each world, ends of springs,
    padded first mass of each world; out: springs of each padded mass (scratch), the most of each row, the sum of these
    over each world.
    """
    module = "codesign.sim.degrees"
    _options(module)
    integers = wp.array(dtype=wp.int32)

    @wp.func_native("""const int from = padded_start.data[world], masses = padded_start.data[world + 1] - from;
    int* own = counts.data + from;
    for (int i = 0; i < masses; ++i) own[i] = 0;
    const int* end = ends.data + 2 * spring_start.data[world];
    const int* last = ends.data + 2 * spring_start.data[world + 1];
    for (; end < last; ++end) ++own[*end];
    int total = 0;
    for (int r = 0; r < masses / row; ++r) {
        int most = 0;
        for (int e = 0; e < row; ++e) most = own[r * row + e] > most ? own[r * row + e] : most;
        degrees.data[from / row + r] = most;
        total += most;
    }
    totals.data[world] = total;""")
    def count(
        world: int,
        row: int,
        spring_start: integers,
        ends: integers,
        padded_start: integers,
        counts: integers,
        degrees: integers,
        totals: integers,
    ): ...

    @wp.kernel(module=module)
    def find(
        first: int,
        row: int,
        spring_start: integers,
        ends: integers,
        padded_start: integers,
        counts: integers,
        degrees: integers,
        totals: integers,
    ):
        index, _lane = wp.tid()
        count(first + index, row, spring_start, ends, padded_start, counts, degrees, totals)

    return find


@cache
def packing_kernels(precision: str) -> PackingKernels:
    """Return the kernels for arrays of a precision."""
    module = f"codesign.sim.packing_{precision}"
    _options(module)
    kernels = [make(precision, module) for make in (_springs, _masses, _material_properties, _begin)]
    return PackingKernels(*kernels)


def _springs(precision: str, module: str) -> Any:
    name, real = REAL_NAMES[precision], PRECISIONS[precision]
    integers, reals, doubles = (wp.array(dtype=kind) for kind in (wp.int32, real, wp.float64))

    @wp.func_native(f"""const int from = spring_start.data[body], count = spring_start.data[body + 1] - from;
    const int to = padded_start.data[world], padded = padded_start.data[world + 1] - to;
    const int* end = ends.data + 2 * from;
    for (int s = 0; s < count; ++s) {{
        first.data[to + s] = end[2 * s];
        second.data[to + s] = end[2 * s + 1];
        rest.data[to + s] = ({name})rests.data[from + s];
        stiffness.data[to + s] = ({name})(stiffer.data[copy] * stiffnesses.data[from + s]);
        swing.data[to + s] = ({name})(stronger.data[copy] * swings.data[from + s]);
        muscle.data[to + s] = swings.data[from + s] != 0 ? ({name})1 : ({name})0;
    }}
    for (int s = to + count; s < to + padded; ++s) {{
        first.data[s] = second.data[s] = 0;
        rest.data[s] = stiffness.data[s] = swing.data[s] = muscle.data[s] = 0;
    }}""")
    def lay_out(
        world: int,
        body: int,
        copy: int,
        spring_start: integers,
        ends: integers,
        rests: doubles,
        stiffnesses: doubles,
        swings: doubles,
        stiffer: doubles,
        stronger: doubles,
        padded_start: integers,
        first: integers,
        second: integers,
        rest: reals,
        stiffness: reals,
        swing: reals,
        muscle: reals,
    ): ...

    @wp.kernel(module=module)
    def springs(
        share: int,
        row: int,
        copies: int,
        spring_start: integers,
        ends: integers,
        rests: doubles,
        stiffnesses: doubles,
        swings: doubles,
        stiffer: doubles,
        stronger: doubles,
        padded_start: integers,
        first: integers,
        second: integers,
        rest: reals,
        stiffness: reals,
        swing: reals,
        muscle: reals,
    ):
        index, _lane = wp.tid()
        world = share + index
        lay_out(
            world,
            world // copies,
            world % copies,
            spring_start,
            ends,
            rests,
            stiffnesses,
            swings,
            stiffer,
            stronger,
            padded_start,
            first,
            second,
            rest,
            stiffness,
            swing,
            muscle,
        )

    return springs


def _masses(precision: str, module: str) -> Any:
    name, real = REAL_NAMES[precision], PRECISIONS[precision]
    integers, reals = wp.array(dtype=wp.int32), wp.array(dtype=real)

    @wp.func_native(f"""const int count = mass_start.data[body + 1] - mass_start.data[body];
    const int to = padded_masses.data[world], padded = padded_masses.data[world + 1] - to;
    for (int i = 0; i < padded; ++i) {{
        const {name} present = i < count ? ({name})1 : ({name})0;
        mass_mask.data[to + i] = present;
        for (int x = 0; x < dimension; ++x) mask.data[dimension * (to + i) + x] = present;
    }}
    const int springs = padded_springs.data[world + 1] - padded_springs.data[world];
    const int* start = incidence_start.data + to / row;
    for (int i = row * start[0]; i < row * start[padded / row]; ++i) incidence.data[i] = 2 * springs;
    int* found = counts.data + to;
    for (int i = 0; i < padded; ++i) found[i] = 0;
    const int from = spring_start.data[body], own = spring_start.data[body + 1] - from;
    const int* end = ends.data + 2 * from;
    for (int s = 0; s < own; ++s)
        for (int e = 0; e < 2; ++e) {{
            const int mass = end[2 * s + e];
            incidence.data[row * (start[mass / row] + found[mass]++) + mass % row] = e == 0 ? springs + s : s;
        }}""")
    def gather(
        world: int,
        row: int,
        body: int,
        dimension: int,
        mass_start: integers,
        spring_start: integers,
        ends: integers,
        padded_masses: integers,
        padded_springs: integers,
        incidence_start: integers,
        counts: integers,
        mass_mask: reals,
        mask: reals,
        incidence: integers,
    ): ...

    @wp.kernel(module=module)
    def masses(
        share: int,
        row: int,
        copies: int,
        dimension: int,
        mass_start: integers,
        spring_start: integers,
        ends: integers,
        padded_masses: integers,
        padded_springs: integers,
        incidence_start: integers,
        counts: integers,
        mass_mask: reals,
        mask: reals,
        incidence: integers,
    ):
        index, _lane = wp.tid()
        world = share + index
        gather(
            world,
            row,
            world // copies,
            dimension,
            mass_start,
            spring_start,
            ends,
            padded_masses,
            padded_springs,
            incidence_start,
            counts,
            mass_mask,
            mask,
            incidence,
        )

    return masses


def _material_properties(precision: str, module: str) -> Any:
    name, real = REAL_NAMES[precision], PRECISIONS[precision]
    integers, reals, doubles = (wp.array(dtype=kind) for kind in (wp.int32, real, wp.float64))

    @wp.func_native(f"""const int from = mass_start.data[body], count = mass_start.data[body + 1] - from;
    const int to = padded_masses.data[world], padded = padded_masses.data[world + 1] - to;
    double whole = 0;
    for (int i = 0; i < count; ++i) whole += masses.data[from + i];
    for (int i = 0; i < padded; ++i) {{
        mass.data[to + i] = i < count ? ({name})masses.data[from + i] : ({name})1;
        share.data[to + i] = i < count ? ({name})(masses.data[from + i] / whole) : ({name})0;
    }}
    const int first = spring_start.data[body], springs = spring_start.data[body + 1] - first;
    const int at = padded_springs.data[world], places = padded_springs.data[world + 1] - at;
    for (int s = 0; s < places; ++s) {{
        damping.data[at + s] = s < springs ? ({name})dampings.data[first + s] : ({name})0;
        limit.data[at + s] = s < springs ? ({name})limits.data[first + s] : ({name})1;
    }}""")
    def lay_out_material_properties(
        world: int,
        body: int,
        mass_start: integers,
        spring_start: integers,
        masses: doubles,
        dampings: doubles,
        limits: doubles,
        padded_masses: integers,
        padded_springs: integers,
        mass: reals,
        share: reals,
        damping: reals,
        limit: reals,
    ): ...

    @wp.kernel(module=module)
    def material_properties(
        share_of_worlds: int,
        row: int,
        copies: int,
        mass_start: integers,
        spring_start: integers,
        masses: doubles,
        dampings: doubles,
        limits: doubles,
        padded_masses: integers,
        padded_springs: integers,
        mass: reals,
        share: reals,
        damping: reals,
        limit: reals,
    ):
        index, _lane = wp.tid()
        world = share_of_worlds + index
        lay_out_material_properties(
            world,
            world // copies,
            mass_start,
            spring_start,
            masses,
            dampings,
            limits,
            padded_masses,
            padded_springs,
            mass,
            share,
            damping,
            limit,
        )

    return material_properties


def _begin(precision: str, module: str) -> Any:
    name, real = REAL_NAMES[precision], PRECISIONS[precision]
    integers, reals, doubles = (wp.array(dtype=kind) for kind in (wp.int32, real, wp.float64))

    @wp.func_native(f"""const int from = dimension * mass_start.data[world];
    const int count = dimension * mass_start.data[world + 1] - from;
    const int padded = dimension * (padded_masses.data[world + 1] - padded_masses.data[world]);
    const int to = dimension * snapshot_mass_start.data[world];
    const bool moving = velocities.shape[0] > 0;
    for (int i = 0; i < padded; ++i) {{
        position.data[to + i] = i < count ? ({name})positions.data[from + i] : ({name})0;
        velocity.data[to + i] = moving && i < count ? ({name})velocities.data[from + i] : ({name})0;
    }}
    for (int i = 0; i < state_size; ++i) task_state.data[state_size * snapshot_start.data[world] + i] = 0;
    // Behind the forces of its springs a world has a row of some that stay zero.
    const int nothing = dimension * (2 * padded_springs.data[world + 1] + row * world);
    for (int i = 0; i < dimension * row; ++i) force.data[nothing + i] = 0;""")
    def place(
        world: int,
        row: int,
        dimension: int,
        mass_start: integers,
        padded_masses: integers,
        padded_springs: integers,
        snapshot_start: integers,
        snapshot_mass_start: integers,
        state_size: int,
        positions: doubles,
        velocities: doubles,
        position: reals,
        velocity: reals,
        task_state: reals,
        force: reals,
    ): ...

    @wp.kernel(module=module)
    def begin(
        share: int,
        row: int,
        dimension: int,
        mass_start: integers,
        padded_masses: integers,
        padded_springs: integers,
        snapshot_start: integers,
        snapshot_mass_start: integers,
        state_size: int,
        positions: doubles,
        velocities: doubles,
        position: reals,
        velocity: reals,
        task_state: reals,
        force: reals,
    ):
        index, _lane = wp.tid()
        place(
            share + index,
            row,
            dimension,
            mass_start,
            padded_masses,
            padded_springs,
            snapshot_start,
            snapshot_mass_start,
            state_size,
            positions,
            velocities,
            position,
            velocity,
            task_state,
            force,
        )

    return begin
