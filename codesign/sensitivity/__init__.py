"""How much a derivative of an episode is worth: four methods for it, and where the horizon of useful gradients ends."""

from codesign.sensitivity.comparison import MethodRow, compare_methods
from codesign.sensitivity.derivatives import Derivative, Sensitivities
from codesign.sensitivity.files import FILES, write_reports
from codesign.sensitivity.growth import Growth, Lyapunov, growth, lyapunov
from codesign.sensitivity.precision import Parting, length_of, parting
from codesign.sensitivity.report import GradientReport, GradientSettings, gradient_report, summary
from codesign.sensitivity.scalars import Coordinate, Custom, Loss, Measure, Scalar
from codesign.sensitivity.simulating import in_precision, over_horizon
from codesign.sensitivity.smoothness import Differences, Line, differences, lines
from codesign.sensitivity.tables import methods_table, to_text

__all__ = [
    "FILES",
    "Coordinate",
    "Custom",
    "Derivative",
    "Differences",
    "GradientReport",
    "GradientSettings",
    "Growth",
    "Line",
    "Loss",
    "Lyapunov",
    "Measure",
    "MethodRow",
    "Parting",
    "Scalar",
    "Sensitivities",
    "compare_methods",
    "differences",
    "gradient_report",
    "growth",
    "in_precision",
    "length_of",
    "lines",
    "lyapunov",
    "methods_table",
    "over_horizon",
    "parting",
    "summary",
    "to_text",
    "write_reports",
]
