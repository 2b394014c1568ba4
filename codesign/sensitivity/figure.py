"""The figure of reports about gradients: how perturbations grow, how far gradients hold, and what they do not know."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from codesign.export import COLOURS, figure_files
from codesign.sensitivity.report import SIZES, GradientReport
from codesign.sensitivity.smoothness import WRONG

_LEAST = 1e-17
"""What zero is drawn at on logarithmic axes."""


def draw(reports: Sequence[GradientReport], kinds: Sequence[str]) -> list[bytes]:
    """Return the figure as files of some kinds ("svg", "png")."""
    figure = Figure(figsize=(14.0, 8.0), layout="constrained")
    panels = figure.subplots(2, 3)
    for draw_panel, panel in zip(
        (draw_growth, draw_exponents, draw_precision, draw_methods, draw_differences, draw_line),
        panels.ravel(),
        strict=True,
    ):
        draw_panel(panel, reports)
    return figure_files(figure, kinds)


def _label(report: GradientReport) -> str:
    return f"{report.name} {report.when}".strip()


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def draw_growth(panel: Axes, reports: Sequence[GradientReport]) -> None:
    """Draw over time how far perturbed motions are from the motion, relative to the start."""
    for number, report in enumerate(reports):
        if report.growth is not None:
            times, ratios = report.growth.times, np.maximum(report.growth.ratios, _LEAST)
            panel.semilogy(times, ratios.T, color=_colour(number), linewidth=0.5, alpha=0.35)
            panel.semilogy(times, np.median(ratios, axis=0), color=_colour(number), label=_label(report))
    panel.set(xlabel="time [s]", ylabel="size of a perturbation / at the start", title="Growth of perturbations")
    _legend(panel)


def draw_exponents(panel: Axes, reports: Sequence[GradientReport]) -> None:
    """Draw the leading finite-time exponent up to a time."""
    for number, report in enumerate(reports):
        if report.lyapunov is not None and len(report.lyapunov.times):
            panel.plot(report.lyapunov.times, report.lyapunov.leading, color=_colour(number), label=_label(report))
    panel.axhline(0.0, color="#888888", linewidth=0.8, zorder=0)
    panel.set(xlabel="time [s]", ylabel="leading exponent up to then [1/s]", title="Finite-time Lyapunov exponent")


def draw_precision(panel: Axes, reports: Sequence[GradientReport]) -> None:
    """Draw by horizon how far gradients in single precision are from those in double precision."""
    for number, report in enumerate(reports):
        apart = np.maximum(1.0 - report.parting.cosines, _LEAST)
        panel.loglog(report.parting.horizons, apart, "o-", color=_colour(number), markersize=4)
    panel.axhline(0.01, color="#888888", linewidth=0.8, zorder=0)
    panel.set(xlabel="steps", ylabel="1 - cosine", title="Single against double precision")


def draw_methods(panel: Axes, reports: Sequence[GradientReport]) -> None:
    """Draw by horizon the error of each method in double precision, the median of all reports."""
    rows = [row for report in reports for row in report.methods if row.precision == "float64"]
    for number, method in enumerate(dict.fromkeys(row.method for row in rows)):
        own = [row for row in rows if row.method == method]
        steps = sorted({row.steps for row in own})
        errors = [max(float(np.median([row.error for row in own if row.steps == each])), _LEAST) for each in steps]
        panel.loglog(steps, errors, "o-", color=_colour(number), markersize=4, label=method)
    panel.set(xlabel="steps", ylabel="error / length of the gradient", title="Methods, double precision")
    _legend(panel)


def draw_differences(panel: Axes, reports: Sequence[GradientReport]) -> None:
    """Draw the error of differences along the gradient by the size of their step."""
    for number, report in enumerate(reports):
        errors = np.clip(np.nan_to_num(report.differences.errors[0], nan=1e9), _LEAST, 1e9)
        panel.loglog(SIZES, errors, "o-", color=_colour(number), markersize=4)
    panel.axhline(WRONG, color="#888888", linewidth=0.8, zorder=0)
    panel.set(xlabel="step in weight space", ylabel="relative error", title="Central differences along the gradient")


def draw_line(panel: Axes, reports: Sequence[GradientReport]) -> None:
    """Draw the loss down the gradient, relative to its start, what the gradient foretells, and where it jumps."""
    for number, report in enumerate(reports):
        line = report.downhill
        panel.plot(line.places, line.losses - line.losses[0], color=_colour(number), linewidth=0.9)
        jumped = np.flatnonzero(line.jumps)
        panel.plot(line.places[jumped], (line.losses - line.losses[0])[jumped], "|", color=_colour(number), alpha=0.4)
        panel.plot(line.places, line.slopes[0] * line.places, ":", color=_colour(number), linewidth=0.9)
    panel.set(xlabel="way down the gradient, in weight space", ylabel="change of the loss")
    panel.set_title("Loss, foretold (dots), jumps (|)")


def _legend(panel: Axes) -> None:
    if panel.get_legend_handles_labels()[0]:
        panel.legend(fontsize=7, frameon=False)
