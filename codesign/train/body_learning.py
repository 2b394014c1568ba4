"""What of a body is learned together with its controller, and within which bounds."""

from dataclasses import dataclass

from codesign.checks import require_choice, require_flag, require_number

UNTIED, BY_MATERIAL, BY_SYMMETRY = "none", "material", "symmetry"
"""What parts of a body learn together, see `BodyLearning.tie`."""

LEARNABLE = ("rest_lengths", "stiffness", "swings", "masses")
"""What of a body may be learned, in the order in which it stands behind a controller's weights."""


@dataclass(frozen=True)
class BodyLearning:
    """What of a body is learned by gradient together with its controller; by default nothing.

    Bounds are shares of what is drawn: with 0.2 a value stays within 20 % of what it would be without learning, with 0
    it is not learned.

    Attributes:
        rest_lengths: bound on the change of rest lengths, which make the shape, from 0 to below 1.
        stiffness: bound on the change of the stiffness of springs, from 0 to below 1.
        swings: bound on the change of how far muscles change their length, from 0 to below 1; what is learned stays
            below 1, and passive springs stay passive.
        masses: bound on the change of masses, from 0 to below 1.
        rate: how fast bodies learn beside controllers: the change of a body's weight by 1 counts as one of this much.
        tie: what learns together: "none" for every spring and mass by itself, "material" for those in cells of the same
            materials, "symmetry" for mirror images about the body's middle plane in x.
        inherit: whether children begin with what their parents' bodies have learned, or with bodies as drawn.

    Raises:
        ConfigError: a setting is of the wrong type or out of range.
    """

    rest_lengths: float = 0.0
    stiffness: float = 0.0
    swings: float = 0.0
    masses: float = 0.0
    rate: float = 3.0
    tie: str = UNTIED
    inherit: bool = False

    def __post_init__(self) -> None:
        for name in LEARNABLE:
            require_number(self, name, at_least=0.0, below=1.0, example=0.2)
        require_number(self, "rate", above=0.0, example=3.0)
        require_choice(self, "tie", (UNTIED, BY_MATERIAL, BY_SYMMETRY))
        require_flag(self, "inherit")

    @property
    def learned(self) -> tuple[str, ...]:
        """What is learned, by the names of a body's fields, in the order of its weights; empty for nothing."""
        return tuple(name for name in LEARNABLE if getattr(self, name) > 0.0)
