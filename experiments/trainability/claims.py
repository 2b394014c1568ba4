"""What "increasingly differentiable" claims of evolved bodies, number by number, and how groups of designs differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from codesign.analysis import Effect, Nested, compare_groups
from experiments.tables import Rows

DRAWS = 1000
"""Resamples behind every interval."""

FEWEST_RUNS = 3
"""Runs that a test over runs needs."""

HOLDS, OPPOSITE, OPEN = "holds", "opposite", "open"
MARKS = {HOLDS: "**yes**", OPPOSITE: "**opposite**", OPEN: ""}
"""What a table says of each verdict."""


@dataclass(frozen=True)
class Claim:
    """A number of designs, and which way the claim says that it goes.

    Attributes:
        name: the number, as `codesign analyze` calls it.
        said: what it is, in a table.
        aspect: the part of the claim that it belongs to.
        direction: 1 where the claim says more, -1 where it says less.
        mean: whether tables have its mean instead of its median: of what few designs have at all.
    """

    name: str
    said: str
    aspect: str
    direction: int
    mean: bool = False

    def middle(self, values: Nested) -> float:
        """Return the median over designs, or the mean, NaN where there is none."""
        if not len(values):
            return float("nan")
        return float(np.mean(values.values) if self.mean else np.median(values.values))


DEEPER = "deeper"
STEADIER = "steadier while learning"
ABSOLUTE = "smoother nearby, absolute"
RELATIVE = "smoother nearby, whatever the gain"
LEARNED = "smoother around what was learned"
EXPLODING = "gradients of more equal size"
STARTS = "less dependent on the start"

CLAIMS = (
    Claim("gain", "median gain by learning [m]", DEEPER, 1),
    Claim("mean", "mean fitness over new starts [m]", DEEPER, 1),
    Claim("best", "best of new starts [m]", DEEPER, 1),
    Claim("worst", "worst of new starts [m]", DEEPER, 1),
    Claim("improving", "learning steps that improve", STEADIER, 1),
    Claim("path_cosine", "cosine of successive gradients", STEADIER, 1),
    Claim("path_signal_to_noise", "mean step over spread of steps", STEADIER, 1),
    Claim("path_relative_roughness", "roughness of the learning curve over its gain", STEADIER, -1),
    Claim("path_descent", "descent of a step, of what the gradient foretells", STEADIER, 1),
    Claim("straight_relative_variation", "ups and downs of the straight line, of its drop", STEADIER, -1),
    Claim("first_random_roughness", "roughness of random lines [m]", ABSOLUTE, -1),
    Claim("first_downhill_roughness", "roughness of the line down the gradient [m]", ABSOLUTE, -1),
    Claim("first_random_far_lipschitz", "change of the gradient over a random move of 0.2", ABSOLUTE, -1),
    Claim("first_random_relative_roughness", "roughness of random lines over the gain", RELATIVE, -1),
    Claim("first_downhill_relative_roughness", "roughness of the line down the gradient over the gain", RELATIVE, -1),
    Claim("first_random_relative_variation", "ups and downs of random lines, of their height", RELATIVE, -1),
    Claim("first_downhill_unexplained", "variance of the line down the gradient beyond a cubic", RELATIVE, -1),
    Claim("first_random_near_cosine", "cosine of gradients over a random move of 0.02", RELATIVE, 1),
    Claim("first_random_far_cosine", "cosine of gradients over a random move of 0.2", RELATIVE, 1),
    Claim("first_downhill_far_cosine", "cosine of gradients over a move of 0.2 down the gradient", RELATIVE, 1),
    Claim("learned_random_roughness", "roughness of random lines [m]", LEARNED, -1),
    Claim("learned_random_relative_roughness", "roughness of random lines over the gain", LEARNED, -1),
    Claim("learned_random_far_cosine", "cosine of gradients over a random move of 0.2", LEARNED, 1),
    Claim("learned_downhill_unexplained", "variance of the line down the gradient beyond a cubic", LEARNED, -1),
    Claim("starts_norm_spread", "spread of log10 of gradient norms over starts", EXPLODING, -1),
    Claim("starts_norm_large", "share of starts with a gradient above 10 (mean)", EXPLODING, -1, mean=True),
    Claim("path_norm_large", "share of gradients above 10 while learning (mean)", EXPLODING, -1, mean=True),
    Claim("path_norm_growth", "growth of gradient norms while learning", EXPLODING, -1),
    Claim("share_90", "starts within 90 % of the best gain", STARTS, 1),
    Claim("share_75", "starts within 75 % of the best gain", STARTS, 1),
    Claim("gain_variation", "spread of the gain over its mean", STARTS, -1),
    Claim("share_90_fitness", "starts within 90 % of the best fitness", STARTS, 1),
)
"""All that is looked at, from what learning brings to what it depends on."""


def of_group(rows: Rows, group: str, name: str) -> Nested:
    """Return a number of the designs of a group, by run; designs that have none are left out.

    Args:
        rows: of designs, with columns group and run, and a column for each number.
        group: name of the group.
        name: of the number.
    """
    runs = list(dict.fromkeys(row["run"] for row in rows))
    own = [row for row in rows if row["group"] == group]
    values = [row[name] if isinstance(row[name], int | float) else np.nan for row in own]
    return Nested(np.array(values, np.float64), np.array([runs.index(row["run"]) for row in own], np.int64))


def compared(rows: Rows, group: str, reference: str, **labels: Any) -> Rows:
    """Return how a group differs from a reference in every number of the claim, as a row for each.

    Args:
        rows: of designs, see `of_group`.
        group: what is compared.
        reference: what it is compared with.
        labels: columns of each row that is returned.
    """
    found = []
    for claim in CLAIMS:
        here, there = of_group(rows, group, claim.name), of_group(rows, reference, claim.name)
        effect = compare_groups(there, here, DRAWS, seed=0)
        found.append(
            {
                **labels,
                "measure": claim.name,
                "group": group,
                "reference": reference,
                "group_middle": claim.middle(here),
                "reference_middle": claim.middle(there),
                "delta": effect.delta.value,
                "delta_low": effect.delta.low,
                "delta_high": effect.delta.high,
                "by_run": " ".join(f"{value:+.2f}" for value in effect.by_run.values()),
                "p_runs": p_over_runs(list(effect.by_run.values())),
                "p_designs": effect.p,
                "verdict": verdict(effect, claim.direction),
            }
        )
    return found


def p_over_runs(deltas: Sequence[float]) -> float:
    """Return the two-sided p of Student's t test that Cliff's deltas of runs are 0 on average.

    NaN for fewer than three runs. Where all runs have the same delta but 0, as where no design of any reaches one of
    the other group, it is 0.
    """
    known = np.asarray(deltas, np.float64)
    if len(known) < FEWEST_RUNS:
        return float("nan")
    if np.ptp(known) == 0.0:
        return 0.0 if known[0] else 1.0
    return float(2.0 * stats.t.sf(abs(known.mean()) / stats.sem(known), len(known) - 1))


def verdict(effect: Effect, direction: int) -> str:
    """Return whether what is claimed holds, its opposite, or neither is shown.

    An effect is one where the interval of Cliff's delta excludes 0 and no run says the opposite (`Effect.holds`).
    """
    if not effect.holds:
        return OPEN
    return HOLDS if np.sign(effect.delta.value) == direction else OPPOSITE


def counted(effects: Rows, column: str, values: Sequence[str]) -> list[list[str]]:
    """Return for each part of the claim in how many of its numbers it holds, and in how many the opposite does.

    Args:
        effects: rows of `compared`.
        column: that tells apart what is counted apart.
        values: of this column, in the order of the cells.
    """
    lines = []
    for aspect in dict.fromkeys(claim.aspect for claim in CLAIMS):
        names = [claim.name for claim in CLAIMS if claim.aspect == aspect]
        cells = []
        for value in values:
            own = [row["verdict"] for row in effects if row["measure"] in names and row[column] == value]
            against = f", opposite {own.count(OPPOSITE)}" if OPPOSITE in own else ""
            cells.append(f"{own.count(HOLDS)} of {len(own)}{against}")
        lines.append([aspect, *cells])
    return lines


def told(row: Mapping[str, Any]) -> str:
    """Return an effect as text: Cliff's delta with its interval, runs of this sign, p over runs, and the verdict."""
    text = f"{row['delta']:+.2f} [{row['delta_low']:+.2f}, {row['delta_high']:+.2f}]"
    if runs := signs(row):
        text += f" {runs}"
    if isinstance(row["p_runs"], int | float) and np.isfinite(row["p_runs"]):
        text += " p < 0.001" if row["p_runs"] < 0.001 else f" p = {row['p_runs']:.2g}"
    return f"{text} {MARKS[row['verdict']]}".rstrip()


def signs(row: Mapping[str, Any]) -> str:
    """Return in how many of its runs an effect has the sign that it has over all; nothing where it has none."""
    runs = [float(each) for each in str(row["by_run"]).split()]
    same = sum(np.sign(each) == np.sign(row["delta"]) for each in runs)
    return f"{same}/{len(runs)}" if runs and row["delta"] else ""
