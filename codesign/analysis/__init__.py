"""What runs mean: numbers about generations, operators and several runs side by side, made of arrays."""

from codesign.analysis.budgets import SHARES, Factor, Spent, at_equal_cost
from codesign.analysis.comparison import Comparison, Difference, Group, RunRecord, compare
from codesign.analysis.effects import Effect, Estimate, Nested, cliffs_delta, compare_groups, mann_whitney, median_of
from codesign.analysis.lineages import Lineages, effective_number
from codesign.analysis.new_starts import NewStarts
from codesign.analysis.operators import Children, Operators
from codesign.analysis.quartiles import Quartiles
from codesign.analysis.run_summary import RunSummary

__all__ = [
    "SHARES",
    "Children",
    "Comparison",
    "Difference",
    "Effect",
    "Estimate",
    "Factor",
    "Group",
    "Lineages",
    "Nested",
    "NewStarts",
    "Operators",
    "Quartiles",
    "RunRecord",
    "RunSummary",
    "Spent",
    "at_equal_cost",
    "cliffs_delta",
    "compare",
    "compare_groups",
    "effective_number",
    "mann_whitney",
    "median_of",
]
