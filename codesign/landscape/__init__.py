"""What the loss of a body is like as a function of its controller's weights: lines, gradients, the way of a learner."""

from typing import TYPE_CHECKING, Any

from codesign.landscape.descriptions import (
    LANDSCAPE_MEASURES,
    PATH_MEASURES,
    Description,
    gradient_check_measures,
)
from codesign.landscape.gradient_checks import gradient_checks, horizons_of
from codesign.landscape.landscapes import Landscape, SimulatedLandscape
from codesign.landscape.lines import BodyLines, LinesAt
from codesign.landscape.measures import (
    Subject,
    first_design_weights,
    landscape_lines,
    landscape_measures,
    measures_of,
)
from codesign.landscape.path import path_measures, path_measures_of
from codesign.landscape.settings import LandscapeSettings

if TYPE_CHECKING:
    from codesign.landscape.figure import draw_landscapes


def __getattr__(name: str) -> Any:
    if name != "draw_landscapes":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from codesign.landscape.figure import draw_landscapes  # noqa: PLC0415 - loads matplotlib

    return draw_landscapes


__all__ = [
    "LANDSCAPE_MEASURES",
    "PATH_MEASURES",
    "BodyLines",
    "Description",
    "Landscape",
    "LandscapeSettings",
    "LinesAt",
    "SimulatedLandscape",
    "Subject",
    "draw_landscapes",
    "first_design_weights",
    "gradient_check_measures",
    "gradient_checks",
    "horizons_of",
    "landscape_lines",
    "landscape_measures",
    "measures_of",
    "path_measures",
    "path_measures_of",
]
