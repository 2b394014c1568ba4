"""Reports about gradients as text."""

from collections.abc import Sequence

import numpy as np

from codesign.sensitivity.comparison import MethodRow
from codesign.sensitivity.report import GradientReport, summary


def to_text(reports: Sequence[GradientReport]) -> str:
    """Return reports as tables and verdicts, lines of text."""
    parts = [line for report in reports for line in (*_of_one(report), "")]
    return "\n".join([*parts, summary(reports), ""])


def _of_one(report: GradientReport) -> list[str]:
    when = f", {report.when} learning" if report.when else ""
    lines = [
        f"{report.name}{when}: loss {report.loss:.6g}, gradient {report.gradient_length:.4g}, {report.steps} steps",
        "",
        *methods_table(report.methods),
        "",
        *_table(
            ("steps", "cosine of single and double precision", "length"),
            [
                (f"{steps}", f"{cosine:.9f}", f"{length:.4g}")
                for steps, cosine, length in zip(
                    report.parting.horizons, report.parting.cosines, report.parting.lengths, strict=True
                )
            ],
        ),
        "",
        *_table(
            ("step of a difference", "error along the gradient", "directions wrong by more than 1 %"),
            [
                (f"{size:g}", f"{error:.1e}", f"{wrong:.0%}")
                for size, error, wrong in zip(
                    report.differences.sizes, report.differences.errors[0], report.differences.wrong, strict=True
                )
            ],
        ),
        "",
        *_table(
            ("line", "jumps per unit", "largest jump", "share of change", "threshold"),
            [
                (
                    line.kind,
                    f"{line.per_length:.0f}",
                    f"{np.nanmax(np.abs(line.jumps)):.1e}",
                    f"{line.share:.0%}",
                    f"{line.threshold:g}",
                )
                for line in report.lines
            ],
        ),
    ]
    if report.growth is not None and report.lyapunov is not None:
        exponents = ", ".join(f"{rate:+.3f}" for rate in report.lyapunov.exponents)
        lines += [
            "",
            f"growth of perturbations: {report.growth.final:.3g} at the end (median), at most"
            f" {report.growth.largest:.3g}; Lyapunov exponents [1/s]: {exponents}",
        ]
    return [*lines, "", report.verdict()]


def methods_table(rows: Sequence[MethodRow]) -> list[str]:
    """Return error and cost of methods as lines of a table in Markdown."""
    titles = ("contact", "steps", "precision", "method", "error", "s a direction", "s all weights", "robot-steps")
    return _table(
        titles,
        [
            (
                row.contact,
                f"{row.steps}",
                row.precision,
                row.method,
                f"{row.error:.1e}",
                f"{row.seconds:.2g}",
                f"{row.seconds_of_all:.2g}",
                f"{row.robot_steps}",
            )
            for row in rows
        ],
    )


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a table in Markdown whose columns are as wide as what stands in them."""
    widths = [max(len(line[column]) for line in (titles, *rows)) for column in range(len(titles))]
    lined = [
        " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in (titles, *rows)
    ]
    ruled = " | ".join("-" * width for width in widths)
    return [f"| {line} |" for line in (lined[0], ruled, *lined[1:])]
