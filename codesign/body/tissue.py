"""The material of springs: how stiff they are, and how much muscles change their length."""

import math
from dataclasses import dataclass

from codesign.errors import ConfigError


@dataclass(frozen=True)
class Tissue:
    """The springs' properties; a lattice's materials scale them.

    The defaults are those of Strgar et al. 2024.

    Attributes:
        name: the name of the choice.
        stiffness: spring stiffness [N/m] of a material of relative stiffness 1.
        swing: largest relative change of a muscle's rest length.

    Raises:
        ConfigError: a value is out of range.
    """

    name: str = "tissue"
    stiffness: float = 3e4
    swing: float = 0.1

    def __post_init__(self) -> None:
        if not _is_number(self.stiffness) or self.stiffness <= 0:
            remedy = "set body.tissue.stiffness to a number such as 3e4"
            raise ConfigError("a finite number above 0 for body.tissue.stiffness", repr(self.stiffness), remedy)
        if not _is_number(self.swing) or not 0 <= self.swing < 1:
            remedy = "set body.tissue.swing to a number such as 0.1"
            raise ConfigError("a number from 0 to below 1 for body.tissue.swing", repr(self.swing), remedy)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
