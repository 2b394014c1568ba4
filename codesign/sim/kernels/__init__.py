"""Device code, and the contract for authors of functions that become part of it: controllers, tasks and terrains."""

from codesign.sim.kernels.cpu import CPU_FLAGS
from codesign.sim.kernels.functions import ControllerFunctions, TaskFunctions, TerrainFunctions
from codesign.sim.kernels.rows import REAL_BYTES, REAL_NAMES
from codesign.sim.kernels.senses import SENSES
from codesign.sim.kernels.step import synchronise
from codesign.sim.kernels.tanh import build_tanh
from codesign.sim.kernels.types import KernelTypes

__all__ = [
    "CPU_FLAGS",
    "REAL_BYTES",
    "REAL_NAMES",
    "SENSES",
    "ControllerFunctions",
    "KernelTypes",
    "TaskFunctions",
    "TerrainFunctions",
    "build_tanh",
    "synchronise",
]
