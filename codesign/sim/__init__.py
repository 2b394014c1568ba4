"""The simulator: many different bodies at once, forwards and in reverse, on a CPU or a GPU."""

from codesign.sim.conditions import Conditions, light_of, require_conditions
from codesign.sim.contracts import (
    Binding,
    Controller,
    Layout,
    Task,
    Terrain,
)
from codesign.sim.device import device_of
from codesign.sim.kernels.contact import CONTACTS
from codesign.sim.kernels.functions import ControllerFunctions, TaskFunctions, TerrainFunctions
from codesign.sim.kernels.gathering import build_gather, build_gather_senses
from codesign.sim.kernels.pointwise import build_pointwise, row_sizes
from codesign.sim.kernels.pointwise_rows import SHORTEST
from codesign.sim.kernels.quantities import Quantity, SpringFunctions, SpringQuantities, senses_used
from codesign.sim.kernels.rows import REAL_BYTES, REAL_NAMES
from codesign.sim.kernels.senses import SENSES
from codesign.sim.kernels.sine import build_sine
from codesign.sim.kernels.spring_arguments import RowSizes
from codesign.sim.kernels.step import synchronise
from codesign.sim.kernels.tanh import build_tanh
from codesign.sim.kernels.types import KernelTypes
from codesign.sim.launching.program import CPU_FLAGS, ROWS
from codesign.sim.layout.buffers import MEBIBYTE, bytes_per_world, free_memory, split
from codesign.sim.layout.packing import layout_of, pack
from codesign.sim.settings import POOLS, Execution, Physics, Pooling
from codesign.sim.simulator import Simulator

__all__ = [
    "CONTACTS",
    "CPU_FLAGS",
    "MEBIBYTE",
    "POOLS",
    "REAL_BYTES",
    "REAL_NAMES",
    "ROWS",
    "SENSES",
    "SHORTEST",
    "Binding",
    "Conditions",
    "Controller",
    "ControllerFunctions",
    "Execution",
    "KernelTypes",
    "Layout",
    "Physics",
    "Pooling",
    "Quantity",
    "RowSizes",
    "Simulator",
    "SpringFunctions",
    "SpringQuantities",
    "Task",
    "TaskFunctions",
    "Terrain",
    "TerrainFunctions",
    "build_gather",
    "build_gather_senses",
    "build_pointwise",
    "build_sine",
    "build_tanh",
    "bytes_per_world",
    "device_of",
    "free_memory",
    "layout_of",
    "light_of",
    "pack",
    "require_conditions",
    "row_sizes",
    "senses_used",
    "split",
    "synchronise",
]
