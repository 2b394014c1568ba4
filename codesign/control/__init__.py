"""Controllers: what turns time and state into the actuation of every spring."""

from codesign.control.cpg import Cpg
from codesign.control.cpg_feedback import CpgFeedback
from codesign.control.given_actuation import GivenActuation
from codesign.control.mlp import Mlp
from codesign.control.sensors import sensors
from codesign.control.sequence import OpenLoopSequence
from codesign.control.shared import Shared
from codesign.control.spring_controller import Parameter, SpringController, constant, normal, uniform, zeros
from codesign.control.wave import Wave

CONTROLLERS = {
    "mlp": Mlp,
    "cpg": Cpg,
    "cpg_feedback": CpgFeedback,
    "wave": Wave,
    "sequence": OpenLoopSequence,
    "shared": Shared,
}

__all__ = [
    "CONTROLLERS",
    "Cpg",
    "CpgFeedback",
    "GivenActuation",
    "Mlp",
    "OpenLoopSequence",
    "Parameter",
    "Shared",
    "SpringController",
    "Wave",
    "constant",
    "normal",
    "sensors",
    "uniform",
    "zeros",
]
