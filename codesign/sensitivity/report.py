"""Where the gradients of a design end: everything that is measured about them, and a verdict in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from codesign.body import Bodies
from codesign.checks import require_count, require_number
from codesign.errors import ConfigError
from codesign.evaluate import EvaluationSpec
from codesign.sensitivity.comparison import MethodRow, compare_methods
from codesign.sensitivity.derivatives import Sensitivities
from codesign.sensitivity.growth import Growth, Lyapunov, growth, lyapunov
from codesign.sensitivity.precision import APART, Parting, length_of, parting
from codesign.sensitivity.simulating import in_precision, losses_and_gradients, over_horizon
from codesign.sensitivity.smoothness import Differences, Line, differences, lines
from codesign.sim import has_tangent

Numbers = npt.NDArray[Any]

HORIZONS = (100, 300, 1000, 3000, 10_000)
"""Horizons that are looked at as far as an episode reaches, if none are asked for."""

SIZES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
"""Steps of differences in weight space."""

EXACT = 1e-8
"""Difference of reverse and forward mode, as a share of the gradient's length, up to which both are one."""


@dataclass(frozen=True)
class GradientSettings:
    """What is measured about the gradients of a design.

    Attributes:
        horizons: steps of episodes, each at least 1; by default 100, 300, 1000 and so on up to an episode, and that.
        perturbations: random perturbations of the start that are followed.
        exponents: Lyapunov exponents, the leading ones.
        window: steps after which tangents are made orthonormal.
        directions: random directions of differences, besides that of the gradient.
        line_length: of the lines in weight space on which jumps are counted.
        line_points: points of each line.
        random_lines: lines in random directions, besides that down the gradient.
        jump_threshold: least change of the loss that counts as a jump, in its unit.
        seed: of everything random.

    Raises:
        ConfigError: a number out of range.
    """

    horizons: tuple[int, ...] = ()
    perturbations: int = 8
    exponents: int = 3
    window: int = 25
    directions: int = 8
    line_length: float = 0.08
    line_points: int = 401
    random_lines: int = 2
    jump_threshold: float = 1e-7
    seed: int = 0

    def __post_init__(self) -> None:
        for steps in self.horizons:
            if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
                raise ConfigError("whole numbers of at least 1", repr(steps), "write {field}=[100,1000]", "horizons")
        for name, least in (("perturbations", 1), ("exponents", 1), ("window", 1), ("line_points", 3)):
            require_count(self, name, at_least=least)
        for name in ("directions", "random_lines", "seed"):
            require_count(self, name, at_least=0)
        require_number(self, "line_length", above=0.0, example=0.08)
        require_number(self, "jump_threshold", above=0.0, example=1e-7)

    def horizons_of(self, steps: int) -> tuple[int, ...]:
        """Return the horizons for episodes of so many steps, ascending."""
        chosen = self.horizons or (*(each for each in HORIZONS if each < steps), steps)
        return tuple(sorted(set(chosen)))


@dataclass(frozen=True, eq=False)
class GradientReport:
    """What was found about the gradient of one design with one set of weights.

    Attributes:
        name: of the design.
        when: "before" or "after" learning.
        steps: of its episodes.
        loss, gradient_length: at these weights.
        methods: error and cost of the methods, by horizon and precision.
        growth, lyapunov: of the motion over the longest horizon; None where forward mode does not know the controller.
        parting: of single and double precision, by horizon.
        differences: by the size of their step.
        lines: the loss along lines.
    """

    name: str
    when: str
    steps: int
    loss: float
    gradient_length: float
    methods: tuple[MethodRow, ...]
    growth: Growth | None
    lyapunov: Lyapunov | None
    parting: Parting
    differences: Differences
    lines: tuple[Line, ...]

    @property
    def downhill(self) -> Line:
        """The line down the gradient."""
        return self.lines[0]

    def verdict(self) -> str:
        """Return in a few sentences where this gradient ends."""
        said = [self._exactness(), self._growth(), self._precision()]
        reach, line = self.differences.reach, self.downhill
        said.append(f"Along itself it holds within 1 % for steps up to {reach:g}." if reach else _NOWHERE)
        jumps = f"{line.per_length:.0f} jumps per unit of length make up {line.share:.0%} of the change downhill"
        said.append(f"{jumps}; a step of 0.2 crosses about {0.2 * line.per_length:.0f}.")
        if line.share > 0.5:
            said.append("Most of what a learner meets here is not in the gradient: smooth it, or take shorter steps.")
        return " ".join(part for part in said if part)

    def _exactness(self) -> str:
        longest = max(row.steps for row in self.methods)
        found = [row for row in self.methods if row.steps == longest and row.precision == "float64"]
        errors = {row.method: row.error for row in found}
        if "forward" not in errors:
            return f"Forward mode does not know this controller; differences are {errors['richardson']:.1g} away."
        word = "exact" if errors["forward"] <= EXACT else "NOT the same in forward and reverse mode"
        return f"The gradient is {word} over {longest} steps (forward against reverse mode: {errors['forward']:.0e})."

    def _growth(self) -> str:
        if self.growth is None or self.lyapunov is None or not len(self.lyapunov.times):
            return ""
        seconds, leading = self.lyapunov.times[-1], self.lyapunov.leading[-1]
        word = "chaotic motion" if leading * seconds > np.log(1e3) else "no chaos"
        grown = f"Perturbations grow up to {self.growth.largest:.3g} times in {seconds:.3g} s"
        return f"{grown} (leading exponent {leading:+.2f}/s: {word})."

    def _precision(self) -> str:
        parted, cosines = self.parting.parted, self.parting.cosines
        if parted is None:
            return f"Single precision follows (lowest cosine {cosines.min():.6f})."
        return f"Single precision parts from double (cosine below {APART}) at {parted} steps."


_NOWHERE = "Along itself it is wrong by more than 1 % at every step that was tried: it ends at once."


def gradient_report(
    spec: EvaluationSpec,
    bodies: Bodies,
    weights: Numbers,
    settings: GradientSettings | None = None,
    *,
    name: str = "body",
    when: str = "",
    world: int = 0,
) -> GradientReport:
    """Return what there is to know about the gradient of one body's loss in its controller's weights.

    Args:
        spec: how designs are evaluated; everything but the comparison of precisions is done in double precision.
        bodies: one body.
        weights: of its controller, flat; rounded to single precision.
        settings: what is measured.
        name: of the design.
        when: of the weights.
        world: which of the spec's worlds.

    Raises:
        ConfigError: a horizon that the controller has no weights for.
        MemoryBudgetError: the states of the longest horizon do not fit into the memory.
    """
    chosen, start = settings or GradientSettings(), np.asarray(weights, np.float32).astype(np.float64)
    double = in_precision(spec, "float64")
    horizons = chosen.horizons_of(spec.physics.steps)
    longest, held = over_horizon(double, bodies, start, horizons[-1])
    motion = Sensitivities(longest, bodies, held, world=world)  # first, since it says whether there is memory for it
    known = has_tangent(spec.controller)
    exponents = min(chosen.exponents, 2 * bodies.positions.size)
    loss, gradient = losses_and_gradients(double, bodies, [start], world=world)
    return GradientReport(
        name=name,
        when=when,
        steps=spec.physics.steps,
        loss=float(loss[0]),
        gradient_length=length_of(gradient[0]),
        methods=tuple(compare_methods(double, bodies, start, horizons, seed=chosen.seed, world=world)),
        growth=growth(motion, chosen.perturbations, seed=chosen.seed) if known else None,
        lyapunov=lyapunov(motion, exponents, window=chosen.window, seed=chosen.seed) if known else None,
        parting=parting(double, bodies, start, horizons, world=world),
        differences=differences(double, bodies, start, SIZES, chosen.directions, seed=chosen.seed, world=world),
        lines=tuple(
            lines(
                double,
                bodies,
                start,
                length=chosen.line_length,
                points=chosen.line_points,
                random=chosen.random_lines,
                threshold=chosen.jump_threshold,
                seed=chosen.seed,
                world=world,
            )
        ),
    )


def summary(reports: Sequence[GradientReport]) -> str:
    """Return in a sentence what several reports have in common."""
    count = len(reports)
    wrong = sum(not report.differences.reach for report in reports)
    parted = sum(report.parting.parted is not None for report in reports)
    density = float(np.median([report.downhill.per_length for report in reports]))
    return (
        f"Of {count} {'gradient' if count == 1 else 'gradients'}, {parted} part in single precision and {wrong} hold"
        f" over no step that was tried; median {density:.0f} jumps per unit of length downhill."
    )
