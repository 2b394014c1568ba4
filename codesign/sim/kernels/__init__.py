"""Device code, and the contract for authors of functions that become part of it: controllers, tasks and terrains."""

from codesign.sim.kernels.centre import build_centre
from codesign.sim.kernels.contact import Coulomb, NoSlip, Smooth
from codesign.sim.kernels.cpu import CPU_FLAGS
from codesign.sim.kernels.dashpot import Dashpot
from codesign.sim.kernels.functions import (
    Contact,
    ControllerFunctions,
    Force,
    ForceFunctions,
    TaskFunctions,
    TerrainFunctions,
)
from codesign.sim.kernels.gathering import build_gather, build_gather_senses
from codesign.sim.kernels.lanes import synchronise
from codesign.sim.kernels.pointwise import build_pointwise, row_sizes
from codesign.sim.kernels.pointwise_rows import SHORTEST
from codesign.sim.kernels.quantities import Quantity, SpringFunctions, SpringQuantities, senses_used
from codesign.sim.kernels.rows import REAL_BYTES, REAL_NAMES, SLACK
from codesign.sim.kernels.senses import SENSES
from codesign.sim.kernels.sine import build_sine
from codesign.sim.kernels.spring_arguments import RowSizes
from codesign.sim.kernels.tangent_pointwise import LearnedQuantity, build_pointwise_tangent
from codesign.sim.kernels.tangent_types import TangentFunctions, TangentTypes
from codesign.sim.kernels.tanh import build_tanh
from codesign.sim.kernels.types import KernelTypes
from codesign.sim.kernels.water import Water
from codesign.sim.kernels.wind import Wind

__all__ = [
    "CPU_FLAGS",
    "REAL_BYTES",
    "REAL_NAMES",
    "SENSES",
    "SHORTEST",
    "SLACK",
    "Contact",
    "ControllerFunctions",
    "Coulomb",
    "Dashpot",
    "Force",
    "ForceFunctions",
    "KernelTypes",
    "LearnedQuantity",
    "NoSlip",
    "Quantity",
    "RowSizes",
    "Smooth",
    "SpringFunctions",
    "SpringQuantities",
    "TangentFunctions",
    "TangentTypes",
    "TaskFunctions",
    "TerrainFunctions",
    "Water",
    "Wind",
    "build_centre",
    "build_gather",
    "build_gather_senses",
    "build_pointwise",
    "build_pointwise_tangent",
    "build_sine",
    "build_tanh",
    "row_sizes",
    "senses_used",
    "synchronise",
]
