"""The simulator: many different bodies at once, forwards and in reverse, on a CPU or a GPU."""

from codesign.sim.activation import build_tanh
from codesign.sim.compilation import CPU_FLAGS, ROWS
from codesign.sim.contact import CONTACTS
from codesign.sim.device import device_of
from codesign.sim.dialect import Dialect
from codesign.sim.memory import MEBIBYTE, bytes_per_world, free_memory, split
from codesign.sim.model import layout_of, pack
from codesign.sim.plugins import (
    Binding,
    Conditions,
    Controller,
    ControllerFunctions,
    Layout,
    Task,
    TaskFunctions,
    Terrain,
    TerrainFunctions,
)
from codesign.sim.pooling import POOLS, Pooling
from codesign.sim.rows import REAL_BYTES, REAL_NAMES
from codesign.sim.senses import SENSES
from codesign.sim.settings import Execution, Physics
from codesign.sim.simulator import Simulator
from codesign.sim.surroundings import light_of, require_conditions
from codesign.sim.sweep import synchronise

__all__ = [
    "CONTACTS",
    "CPU_FLAGS",
    "MEBIBYTE",
    "POOLS",
    "REAL_BYTES",
    "REAL_NAMES",
    "ROWS",
    "SENSES",
    "Binding",
    "Conditions",
    "Controller",
    "ControllerFunctions",
    "Dialect",
    "Execution",
    "Layout",
    "Physics",
    "Pooling",
    "Simulator",
    "Task",
    "TaskFunctions",
    "Terrain",
    "TerrainFunctions",
    "build_tanh",
    "bytes_per_world",
    "device_of",
    "free_memory",
    "layout_of",
    "light_of",
    "pack",
    "require_conditions",
    "split",
    "synchronise",
]
