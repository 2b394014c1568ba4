"""Device code, and the contract for authors of functions that become part of it: controllers, tasks and terrains."""

from codesign.sim.kernels.cpu import CPU_FLAGS
from codesign.sim.kernels.functions import ControllerFunctions, TaskFunctions, TerrainFunctions
from codesign.sim.kernels.gathering import build_gather, build_gather_senses
from codesign.sim.kernels.lanes import synchronise
from codesign.sim.kernels.pointwise import build_pointwise, row_sizes
from codesign.sim.kernels.pointwise_rows import SHORTEST
from codesign.sim.kernels.quantities import Quantity, SpringFunctions, SpringQuantities, senses_used
from codesign.sim.kernels.rows import REAL_BYTES, REAL_NAMES
from codesign.sim.kernels.senses import SENSES
from codesign.sim.kernels.sine import build_sine
from codesign.sim.kernels.spring_arguments import RowSizes
from codesign.sim.kernels.tanh import build_tanh
from codesign.sim.kernels.types import KernelTypes

__all__ = [
    "CPU_FLAGS",
    "REAL_BYTES",
    "REAL_NAMES",
    "SENSES",
    "SHORTEST",
    "ControllerFunctions",
    "KernelTypes",
    "Quantity",
    "RowSizes",
    "SpringFunctions",
    "SpringQuantities",
    "TaskFunctions",
    "TerrainFunctions",
    "build_gather",
    "build_gather_senses",
    "build_pointwise",
    "build_sine",
    "build_tanh",
    "row_sizes",
    "senses_used",
    "synchronise",
]
