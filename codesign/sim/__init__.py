"""The simulator: many different bodies at once, forwards and in reverse, on a CPU or a GPU."""

from codesign.sim.conditions import Conditions, beacon_of, require_conditions
from codesign.sim.contracts import (
    Binding,
    Controller,
    Layout,
    Task,
    Terrain,
)
from codesign.sim.device import device_of
from codesign.sim.kernels.contact import CONTACTS, Coulomb, NoSlip, Smooth
from codesign.sim.kernels.forces import FORCES, Dashpot, Water, Wind
from codesign.sim.kernels.functions import (
    Contact,
    ControllerFunctions,
    Force,
    ForceFunctions,
    TaskFunctions,
    TerrainFunctions,
)
from codesign.sim.kernels.rows import REAL_BYTES, REAL_NAMES
from codesign.sim.kernels.senses import SENSES
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
    "FORCES",
    "MEBIBYTE",
    "POOLS",
    "REAL_BYTES",
    "REAL_NAMES",
    "ROWS",
    "SENSES",
    "Binding",
    "Conditions",
    "Contact",
    "Controller",
    "ControllerFunctions",
    "Coulomb",
    "Dashpot",
    "Execution",
    "Force",
    "ForceFunctions",
    "KernelTypes",
    "Layout",
    "NoSlip",
    "Physics",
    "Pooling",
    "Simulator",
    "Smooth",
    "Task",
    "TaskFunctions",
    "Terrain",
    "TerrainFunctions",
    "Water",
    "Wind",
    "beacon_of",
    "build_tanh",
    "bytes_per_world",
    "device_of",
    "free_memory",
    "layout_of",
    "pack",
    "require_conditions",
    "split",
    "synchronise",
]
