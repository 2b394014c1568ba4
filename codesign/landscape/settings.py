"""What is measured about landscapes."""

from dataclasses import dataclass

from codesign.checks import require_count, require_number
from codesign.errors import ConfigError


@dataclass(frozen=True)
class LandscapeSettings:
    """What is measured about the loss of a body around its weights.

    Lengths are those in the space of one design's weights, in which the published step of learning is 0.2 long and
    what learning changes is 2 to 3.

    Attributes:
        radius: how far lines reach: down the gradient from 0 to this, in random directions as far to both sides.
        points: of each line, and of the straight line from the first to the learned weights; 5 or more.
        directions: random directions, for lines and for moves.
        near: length of a short move, after which gradients are compared.
        far: length of a long one, by default that of a published step of learning.
        starts: new first weights, of which the spread of gradient norms is measured; 0 for none.
        large: norm of a gradient from which it counts as large [unit of the loss].

    Raises:
        ConfigError: a setting is of the wrong type or out of range.
    """

    radius: float = 2.0
    points: int = 41
    directions: int = 8
    near: float = 0.02
    far: float = 0.2
    starts: int = 16
    large: float = 10.0

    def __post_init__(self) -> None:
        require_count(self, "points", at_least=5, example=41)
        require_count(self, "directions", at_least=1, example=8)
        require_count(self, "starts", at_least=0, example=16)
        for name, example in (("radius", 2.0), ("near", 0.02), ("far", 0.2), ("large", 10.0)):
            require_number(self, name, above=0.0, example=example)
        if self.near >= self.far:
            got = f"{self.near:g}, and {self.far:g} for the long move"
            raise ConfigError(
                "less than the length of the long move (far)", got, "set {field}=0.02, for example", "near"
            )

    @property
    def gradients(self) -> int:
        """Episodes of each body that are differentiated."""
        return 2 + self.starts + 4 * (self.directions + 1)

    @property
    def episodes(self) -> int:
        """Episodes of each body in all, of which `gradients` are differentiated."""
        return self.gradients + self.points * (2 * (self.directions + 1) + 1)
