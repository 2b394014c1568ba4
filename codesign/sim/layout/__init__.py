"""Where numbers lie in device memory, and the contract for those who plan how much of it worlds take."""

from codesign.sim.kernels.cpu import ROWS
from codesign.sim.layout.buffers import MEBIBYTE, bytes_per_world, free_memory, split
from codesign.sim.layout.packing import layout_of, pack

__all__ = ["MEBIBYTE", "ROWS", "bytes_per_world", "free_memory", "layout_of", "pack", "split"]
