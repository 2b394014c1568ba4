"""What bodies are made of: how stiff and heavy, how much it damps, and how far and how strongly muscles pull."""

from dataclasses import dataclass

from codesign.checks import require_number


@dataclass(frozen=True)
class Tissue:
    """What springs and masses are like; a lattice's materials scale all but the swing.

    The defaults are those of Strgar et al. 2024: masses of 1 kg wherever a body has a node, no damping along springs,
    and muscles as strong as their springs are stiff.

    Attributes:
        name: the name of the choice.
        stiffness: spring stiffness [N/m] of a material of relative stiffness 1.
        swing: largest relative change of a muscle's rest length.
        density: of a material of relative density 1, in 2D [kg/m^2], in 3D [kg/m^3]; a mass is then the sum of what the
            filled cells around it weigh, each divided among its corners. Null for masses of 1 kg.
        damping: of a dashpot along each spring of a material of relative damping 1 [N s/m].
        force_limit: motor strength, the largest active force of a muscle of a material of relative force limit 1 [N];
            null for no limit.

    Raises:
        ConfigError: a value is out of range.
    """

    name: str = "tissue"
    stiffness: float = 3e4
    swing: float = 0.1
    density: float | None = None
    damping: float = 0.0
    force_limit: float | None = None

    def __post_init__(self) -> None:
        require_number(self, "stiffness", above=0.0, unit="N/m", example=3e4)
        require_number(self, "swing", at_least=0.0, below=1.0, example=0.1)
        require_number(self, "density", above=0.0, optional=True, example=4000.0)
        require_number(self, "damping", at_least=0.0, unit="N s/m", example=10.0)
        require_number(self, "force_limit", above=0.0, optional=True, unit="N", example=100.0)

    @property
    def has_material_properties(self) -> bool:
        """Whether bodies of it have masses, damping or force limits other than the defaults."""
        return self.density is not None or self.damping > 0.0 or self.force_limit is not None
