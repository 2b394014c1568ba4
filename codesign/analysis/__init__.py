"""What runs mean: numbers about generations, operators and several runs side by side, made of arrays."""

from codesign.analysis.comparison import Comparison, Difference, Group, RunRecord, compare
from codesign.analysis.operators import Children, Operators
from codesign.analysis.quartiles import Quartiles
from codesign.analysis.run_summary import RunSummary

__all__ = [
    "Children",
    "Comparison",
    "Difference",
    "Group",
    "Operators",
    "Quartiles",
    "RunRecord",
    "RunSummary",
    "compare",
]
