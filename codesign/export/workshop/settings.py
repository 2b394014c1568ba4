"""Settings of what a workshop gets: scale, and the sizes of what is printed, cut and drilled."""

from dataclasses import dataclass
from typing import Literal

from codesign.checks import require_choice, require_flag, require_number

Shape = Literal["struts", "cells"]


@dataclass(frozen=True)
class PrintSettings:
    """How bodies are made: by `stl` and `3mf` as solids, by `parts` as a list and a drawing. Lengths in millimetres.

    The default scale is 1:5: a body of one metre becomes 200 mm long and fits the bed of an ordinary printer.

    Attributes:
        scale: millimetres of the model for one metre of the simulated body; 1000 is true to size.
        shape: "struts", which are bars along the springs with a joint at every mass, or "cells", which are filled; null
            for struts in 2D and cells in 3D.
        thickness: height of printed bodies of 2D [mm].
        width: width of struts, in 3D their diameter [mm].
        joint: diameter of joints, at least that of struts [mm].
        hole: diameter of the hole in every joint of 2D, below that of the joint; 0 for none [mm].
        bridge: width of what joins cells that touch in an edge or a corner only; at most half a cell's side is used
            [mm].
        muscles: whether struts that are muscles are printed; without, what is left are passive struts and joints.
    """

    scale: float = 200.0
    shape: Shape | None = None
    thickness: float = 4.0
    width: float = 1.6
    joint: float = 4.5
    hole: float = 2.0
    bridge: float = 0.8
    muscles: bool = True

    def __post_init__(self) -> None:
        require_number(self, "scale", at_least=0.1, at_most=1e5, unit="mm/m", example=200)
        if self.shape is not None:
            require_choice(self, "shape", ("struts", "cells"))
        for field in ("thickness", "width", "bridge"):
            require_number(self, field, at_least=0.01, at_most=1e4, unit="mm", example=getattr(PrintSettings, field))
        require_number(self, "joint", at_least=self.width, at_most=1e4, unit="mm", example=2 * self.width)
        require_number(self, "hole", at_least=0.0, below=self.joint, unit="mm", example=0)
        require_flag(self, "muscles")

    def shape_in(self, dimension: int) -> Shape:
        """Return what bodies in so many dimensions are made as."""
        return self.shape or ("struts" if dimension == 2 else "cells")
