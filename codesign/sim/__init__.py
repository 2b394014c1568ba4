"""The simulator: many different bodies at once, forwards and in reverse, on a CPU or a GPU.

This is the contract for those who simulate, and for what controllers, tasks and terrains are. Authors of functions that
become device code find what they need in `codesign.sim.kernels`, those who plan memory in `codesign.sim.layout`.
"""

from codesign.sim.body_parameters import (
    PARTS,
    PREFIX,
    BodyParameters,
    ControllerAndBody,
    LearnedField,
    body_weight_parts,
)
from codesign.sim.conditions import Conditions, beacon_of, require_conditions
from codesign.sim.contracts import Binding, Controller, Distribution, Layout, Terrain, WeightBlock
from codesign.sim.device import device_of, start_warp
from codesign.sim.kernels.contact import CONTACTS
from codesign.sim.kernels.forces import FORCES
from codesign.sim.kernels.locomotion import UNIVERSAL
from codesign.sim.launching.gpu_compilation import compile_for_gpu
from codesign.sim.launching.tangent_program import compile_tangents_for_gpu, has_tangent
from codesign.sim.launching.tangents import TangentBinding, Tangents
from codesign.sim.launching.weights import first_weights
from codesign.sim.settings import Aggregation, Execution, Physics
from codesign.sim.simulator import Simulator
from codesign.sim.task import UNACTUATED, Task
from codesign.sim.window import Window

__all__ = [
    "CONTACTS",
    "FORCES",
    "PARTS",
    "PREFIX",
    "UNACTUATED",
    "UNIVERSAL",
    "Aggregation",
    "Binding",
    "BodyParameters",
    "Conditions",
    "Controller",
    "ControllerAndBody",
    "Distribution",
    "Execution",
    "Layout",
    "LearnedField",
    "Physics",
    "Simulator",
    "TangentBinding",
    "Tangents",
    "Task",
    "Terrain",
    "WeightBlock",
    "Window",
    "beacon_of",
    "body_weight_parts",
    "compile_for_gpu",
    "compile_tangents_for_gpu",
    "device_of",
    "first_weights",
    "has_tangent",
    "require_conditions",
    "start_warp",
]
