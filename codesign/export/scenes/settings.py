"""Settings that all scenes share."""

from dataclasses import dataclass

from codesign.checks import require_number


@dataclass(frozen=True)
class SceneSettings:
    """How scenes show a design.

    Attributes:
        frame_rate: frames per second of the motion, by linear interpolation between those of the recording; null keeps
            the recording's own.
        ground_margin: how far the ground goes on beyond the robot's way, in sizes of the robot.
    """

    frame_rate: float | None = None
    ground_margin: float = 2.0

    def __post_init__(self) -> None:
        require_number(self, "frame_rate", above=0, at_most=1000, optional=True, unit="frames per second", example=30)
        require_number(self, "ground_margin", at_least=0, at_most=100, example=2)
