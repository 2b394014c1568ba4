"""Controllers: what turns time and state into the actuation of every spring."""

from codesign.control.cpg import Cpg
from codesign.control.mlp import Mlp
from codesign.control.sensors import SENSORS
from codesign.control.sequence import Sequence
from codesign.control.shared import Shared

CONTROLLERS = {"mlp": Mlp, "cpg": Cpg, "sequence": Sequence, "shared": Shared}

__all__ = ["CONTROLLERS", "SENSORS", "Cpg", "Mlp", "Sequence", "Shared"]
