"""What an H100 could do with a step of one robot: its work counted from the sizes of body and network, against limits.

Everything is counted for the form that a GPU runs: rows of one number, a block of lanes for each world. Five limits are
compared, each in robot-steps/s:

    arithmetic   floating-point operations against the FP32 peak (an FMA counts as two)
    shared       wavefronts of loads and stores, one of 128 bytes per cycle and multiprocessor; L1 is the same memory.
                 A load of one address by all lanes takes one; lanes that are a multiple of 32 numbers apart take 32.
    l2           the history of the segment, which every step writes and the reverse sweep reads again, unless it is
                 staged in shared memory; the gradient of the weights once a segment
    hbm          what does not stay in L2: the history of all resident worlds where it is larger, and per episode the
                 weights, their gradient and the kept states
    latency      steps of a world follow each other: resident worlds, over the cycles that one step takes when its
                 phases wait for barriers, loads and dependent operations

Latencies and bandwidths are those measured by others (Luo et al. 2024, arXiv:2402.13499) or NVIDIA's, rounded.
"""

import math
from dataclasses import dataclass

import numpy as np

from codesign.body import Bodies, Body
from codesign.control import CONTROLLERS
from codesign.sim import Layout
from codesign.sim.layout import layout_of

DIMENSION = 2
EPISODE = 1000
WARP = 32
COUNTED = ("mlp", "cpg", "sequence")
"""Controllers whose work is counted: the network's, and nothing of those that take next to none."""

GRIDS = {"triangle_6x10": (21, 42), "triangle_13x22": (77, 168)}
"""Masses and springs of the average random body."""

# Operations of local physics, counted from the source: a division, a root or a selection is one.
SPRING, SPRING_BACK = 26, 70
MASS, MASS_BACK = 34, 90
TANH = 24

# Cycles.
BARRIER, SHARED, L1, L2 = 30, 29, 41, 262
DEPENDENT = 4
"""From one operation to one that needs its result."""
SPECIAL = 36
"""A division, a root or a tanh's end, in full precision."""
BATCH = 16
"""Loads of a loop that the compiler keeps under way."""


@dataclass(frozen=True)
class Gpu:
    """Limits of one GPU.

    Attributes:
        multiprocessors: their number.
        clock: under load [Hz].
        registers, shared, warps, blocks: what a multiprocessor has for resident blocks; shared memory in bytes.
        fp32: additions, multiplications or both fused, per cycle and multiprocessor.
        hbm, l2: bandwidths [bytes/s].
        l2_size: [bytes].
    """

    multiprocessors: int
    clock: float
    registers: int
    shared: int
    warps: int
    blocks: int
    fp32: int
    hbm: float
    l2: float
    l2_size: float


H100 = Gpu(132, 1.755e9, 65536, 228 * 1024, 64, 32, 128, 3.35e12, 5.5e12, 50e6)
QUARTERS = 4
"""Parts of a multiprocessor that have schedulers and registers of their own."""


@dataclass(frozen=True)
class Occupancy:
    """How many blocks a multiprocessor holds, and what they are limited by."""

    blocks: int
    warps: int
    limit: str

    @classmethod
    def of(cls, registers: int, shared: int, lanes: int, gpu: Gpu = H100) -> "Occupancy":
        """Return the occupancy of a kernel.

        Registers come in 8 per thread and 256 per warp, and each quarter of a multiprocessor has its own; shared memory
        comes in 128 bytes.

        Args:
            registers: of a thread.
            shared: memory of a block, the driver's part included [bytes].
            lanes: threads of a block.
            gpu: what it runs on.
        """
        warps = -(-lanes // WARP)
        per_warp = -(-registers // 8) * 8 * WARP
        by = {
            "registers": gpu.registers // QUARTERS // per_warp * QUARTERS // warps,
            "shared memory": gpu.shared // (-(-shared // 128) * 128),
            "warps": gpu.warps // warps,
            "blocks": gpu.blocks,
        }
        limit = min(by, key=lambda name: by[name])
        return cls(by[limit], by[limit] * warps, limit)


@dataclass(frozen=True)
class Work:
    """What one step of one world takes.

    Attributes:
        flops: floating-point operations.
        wavefronts: of shared memory or L1.
        l2_bytes, hbm_bytes: that pass through, without the history where that does not stay in L2.
        history_bytes: of one world's segment.
        cycles: from its beginning to its end, alone on a multiprocessor.
    """

    flops: float
    wavefronts: float
    l2_bytes: float
    hbm_bytes: float
    history_bytes: float
    cycles: float


@dataclass(frozen=True)
class Sizes:
    """What is counted from.

    Attributes:
        masses, springs: of the body.
        controller: its key in the registry.
        lanes: of a block.
        segment: steps in a segment.
        real_bytes: of a number.
        staged: whether weights, state and history lie in shared memory (`codesign.sim.kernels.staging`).
    """

    masses: int
    springs: int
    controller: str
    lanes: int
    segment: int
    real_bytes: int
    staged: bool

    @property
    def layout(self) -> Layout:
        """The layout of a world of these sizes alone on a GPU."""
        first = np.arange(self.springs) % (self.masses - 1)
        ends = np.stack([first, first + 1], axis=1).astype(np.int32)
        zeros = np.zeros(self.springs)
        body = Body(np.zeros((self.masses, DIMENSION)), ends, np.ones(self.springs), zeros, zeros)
        return layout_of(Bodies.of([body]), 1)

    @property
    def parameters(self) -> int:
        """Parameters, padding included."""
        return int(CONTROLLERS[self.controller]().parameter_counts(self.layout, EPISODE)[0])

    @property
    def operand(self) -> int:
        """Cycles until a weight or a number of the state arrives."""
        return SHARED if self.staged else L1

    @property
    def fresh(self) -> int:
        """Cycles until a number arrives that another lane has just written; writes pass by L1."""
        return SHARED if self.staged else L2

    @property
    def network(self) -> tuple[int, int, int]:
        """Inputs, hidden units, and how many lanes of a warp meet in one bank when each reads weights of its own."""
        if self.controller != "mlp":
            return 0, 0, 1
        controller = CONTROLLERS["mlp"]()
        shapes = controller.weight_shapes(self.masses, self.springs, DIMENSION, EPISODE)
        hidden, inputs = shapes["w1"]
        # The weights of the second layer come before its biases, which come last.
        apart = controller.weight_blocks(self.layout, EPISODE)[-2].row_step
        return inputs, hidden, math.gcd(int(np.max(apart)), WARP)


def forward_work(sizes: Sizes) -> Work:
    """Return what a step of the forward sweep takes."""
    masses, springs, real = sizes.masses, sizes.springs, sizes.real_bytes
    inputs, hidden, conflict = sizes.network
    state, wide = DIMENSION * masses, max(1, real // 4)
    spring_warps, mass_warps = -(-springs // WARP), -(-masses // WARP)
    flops = 2 * hidden * (inputs + springs) + TANH * (hidden + springs) + SPRING * springs
    flops += MASS * masses + 2 * 2 * DIMENSION * springs + 6 * state
    wavefronts = 2 * inputs * -(-hidden // WARP) + spring_warps * hidden * (conflict + 1)  # both layers
    wavefronts += -(-sizes.lanes // WARP) * state + 8 * -(-state // WARP)  # the centre, by every warp; inputs
    wavefronts += 20 * spring_warps + mass_warps * (16 + 4 * (1 + DIMENSION) * springs / masses)
    history = 3 * state + springs + hidden
    fresh = sizes.fresh
    cycles = 3 * (BARRIER + fresh) + 4 * masses + 2 * SPECIAL + 8 * sizes.operand  # centre, springs, masses
    cycles += 30 * DEPENDENT + 4 * SPECIAL + 6 * (sizes.operand + 2 * DEPENDENT)
    if hidden:
        cycles += 2 * (BARRIER + fresh) + 2 * (SPECIAL + TANH // 2 * DEPENDENT)
        cycles += (inputs + hidden * conflict) / BATCH * (sizes.operand + BATCH * DEPENDENT / 2)
    episode = (sizes.parameters + 2 * state * EPISODE / sizes.segment) * real / EPISODE
    passing = 0 if sizes.staged else real * history
    return Work(flops, wide * wavefronts, 2 * passing + episode, episode, passing * sizes.segment, cycles)


def reverse_work(sizes: Sizes) -> Work:
    """Return what a step of the reverse sweep takes: itself, and computing the segment again."""
    again = forward_work(sizes)
    masses, springs, real = sizes.masses, sizes.springs, sizes.real_bytes
    inputs, hidden, conflict = sizes.network
    state, wide = DIMENSION * masses, max(1, real // 4)
    spring_warps, state_warps = -(-springs // WARP), -(-2 * state // WARP)
    flops = again.flops + 2 * hidden * (2 * state + springs) + 2 * hidden * (inputs + springs)
    flops += SPRING_BACK * springs + MASS_BACK * masses + 2 * 2 * DIMENSION * springs
    wavefronts = 2 * springs * -(-hidden // WARP) + state_warps * hidden * (conflict + 1)
    wavefronts += 5 / 4 * hidden * (inputs + springs) / WARP  # the weights' gradient: five loads for four products
    wavefronts += -(-sizes.lanes // WARP) * 2 * state + 40 * spring_warps + 40 * -(-masses // WARP)
    history = 3 * state + springs + 2 * hidden
    fresh = sizes.fresh
    cycles = 3 * (BARRIER + fresh) + 4 * masses + 4 * SPECIAL + 12 * sizes.operand + fresh + 80 * DEPENDENT
    if hidden:
        cycles += 3 * (BARRIER + fresh) + 2 * fresh + 4 * masses
        cycles += (springs + hidden * conflict) / BATCH * (sizes.operand + BATCH * DEPENDENT / 2)
        shares = -(-hidden * (inputs + springs) // (4 * sizes.lanes))
        cycles += shares * (2 * L2 / sizes.segment + 4 * DEPENDENT + sizes.operand / 4)
    passing = 0 if sizes.staged else real * history
    gradient = 2 * sizes.parameters * real / sizes.segment
    return Work(
        flops,
        again.wavefronts + wide * wavefronts,
        again.l2_bytes + 2 * passing + gradient,
        again.hbm_bytes + 2 * sizes.parameters * real / EPISODE,
        passing * sizes.segment,
        again.cycles + cycles,
    )


def limits(work: Work, worlds: int, occupancy: Occupancy, real_bytes: int, gpu: Gpu = H100) -> dict[str, float]:
    """Return what each resource allows, in robot-steps/s, for `worlds` worlds."""
    resident = min(worlds, occupancy.blocks * gpu.multiprocessors)
    busy = min(resident, gpu.multiprocessors)
    peak = 2 * gpu.fp32 * gpu.multiprocessors * gpu.clock / (1 if real_bytes == 4 else 2)
    spilled = 1.0 - gpu.l2_size / max(resident * work.history_bytes, gpu.l2_size)
    return {
        "arithmetic": peak * busy / gpu.multiprocessors / work.flops,
        "shared": busy * gpu.clock / work.wavefronts,
        "l2": gpu.l2 / work.l2_bytes,
        "hbm": gpu.hbm / (work.hbm_bytes + spilled * (work.l2_bytes - work.hbm_bytes)),
        "latency": resident * gpu.clock / work.cycles,
    }
