"""How kernels are compiled for a CPU, and how wide their rows are there."""

from codesign.machine import vector_bytes
from codesign.sim.kernels.rows import REAL_BYTES

CPU_FLAGS = (
    "-march=native -funsafe-math-optimizations -mreassociate -freciprocal-math -fno-signed-zeros -fapprox-func"
    " -ffp-contract=fast -mllvm=-unroll-threshold=30 -mllvm=-inline-threshold=9000"
)
"""Flags of the CPU compiler: sums may be reordered, so that rows vectorise; NaN and infinity stay what they are. Loops
over a row must not be unrolled, by the compiler or by Warp, because it is as loops that they become vector code."""

EXACT_FLAGS = "-march=native"
"""Flags for kernels whose arithmetic is done as it is written; fused multiply-adds are switched off beside them."""

ROWS = {precision: vector_bytes() // size for precision, size in REAL_BYTES.items()}
"""Masses or springs in a row on a CPU: as many as a vector register holds."""
