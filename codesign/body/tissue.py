"""The material of springs: how stiff they are, and how much muscles change their length."""

from dataclasses import dataclass

from codesign.checks import require_number


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
        require_number(self, "stiffness", above=0.0, unit="N/m", example=3e4)
        require_number(self, "swing", at_least=0.0, below=1.0, example=0.1)
