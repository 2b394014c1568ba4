"""Figures of the validation, one for each case that a picture says more about than its table."""

from collections.abc import Callable, Mapping
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from benchmarks.validation.case import Finding

matplotlib.use("Agg")

COLOURS = {"triangle": "#0072b2", "square": "#d55e00", "cube": "#009e73", "theory": "#333333"}
MARKERS = {"triangle": "^", "square": "s", "cube": "D"}
Findings = Mapping[str, Finding]


def cantilever(axes: Axes, found: Findings) -> None:
    """Draw by how much lattices are stiffer in bending than their continuum."""
    for lattice, (rows, ratio) in found["material"].curves.items():
        axes.plot(rows, ratio - 1.0, color=COLOURS[lattice], label=f"{lattice}, theory")
        own = [row for row in found["cantilever"].rows if row["lattice"] == lattice and row["load"] == "tip"]
        stiffer = [1.0 / (1.0 + row["continuum"]) - 1.0 for row in own]
        axes.plot(
            [row["rows"] for row in own],
            stiffer,
            MARKERS[lattice],
            color=COLOURS[lattice],
            markerfacecolor="white",
            label=f"{lattice}, simulated",
        )
    axes.set(xscale="log", yscale="log", xlabel="cells over the height", ylabel="E I beyond the continuum's, relative")
    _ticks(axes, [1, 2, 4, 8, 16, 40])


def slenderness(axes: Axes, found: Findings) -> None:
    """Draw errors of both beam theories by slenderness."""
    for name, (ratio, error) in found["slenderness"].curves.items():
        lattice, theory = name.split(", ")
        style = "--" if theory == "Timoshenko" else "-"
        axes.plot(ratio, error, style, marker=MARKERS[lattice], color=COLOURS[lattice], label=name)
    axes.set(xscale="log", yscale="log", xlabel="length / height", ylabel="theory beside simulation, relative error")
    _ticks(axes, [1.5, 2.5, 5, 10, 20])


def vibration(axes: Axes, found: Findings) -> None:
    """Draw by how much simulated frequencies differ from both beam theories."""
    rows = found["vibration"].rows
    places = np.arange(len(rows))
    axes.axhline(0.0, color="#999999", linewidth=0.8)
    euler, timoshenko = ([100.0 * row[key] for row in rows] for key in ("Euler-Bernoulli", "error"))
    axes.plot(places, euler, "o", color=COLOURS["square"], markerfacecolor="white", label="beside Euler-Bernoulli")
    axes.plot(places, timoshenko, "o", color=COLOURS["triangle"], label="beside Timoshenko")
    labels = [f"{row['lattice']} {row['rows']}, {row['mode']}" for row in rows]
    axes.set_xticks(places, labels=labels, rotation=60, ha="right", fontsize=7)
    axes.set(ylabel="frequency, difference [%]", xlabel="lattice, cells over the height, mode", ylim=(-7.5, 1.5))
    axes.legend(fontsize=7, frameon=False, loc="lower right")


def elastica(axes: Axes, found: Findings) -> None:
    """Draw where the tip of a heavy cantilever hangs."""
    for name, (load, share) in found["elastica"].curves.items():
        what, lattice = name.split(", ")
        dash = "-" if what == "sunk" else "--"
        style = dash if lattice == "theory" else MARKERS[lattice]
        label = name if lattice == "theory" else f"{lattice}s, simulated" if what == "sunk" else None
        axes.plot(load, share, style, color=COLOURS[lattice], markerfacecolor="none", label=label)
    linear = np.array([0.0, 6.0])
    axes.plot(linear, linear / 8.0, ":", color="#999999", label="sunk, small deflections")
    axes.set(xlabel="w L$^3$ / E I", ylabel="share of the length", ylim=(0.0, 0.9))


def strain(axes: Axes, found: Findings) -> None:
    """Draw how modulus and Poisson's ratio change with the strain."""
    for name, (along, value) in found["strain"].curves.items():
        what, lattice = name.split(", ")
        shown = 1.0 + value if what == "E A" else value
        style = "-" if what == "E A" else "--"
        label = f"{lattice}, E / E at no strain" if what == "E A" else f"{lattice}, nu"
        axes.plot(100.0 * along, shown, style, marker=MARKERS[lattice], color=COLOURS[lattice], label=label)
    axes.set(xlabel="strain [%]", ylabel="modulus, Poisson's ratio", ylim=(0.2, 1.3))


def free_fall(axes: Axes, found: Findings) -> None:
    """Draw two falls by time."""
    for name, (times, height) in found["free_fall"].curves.items():
        theory = name.startswith("continuous")
        colour = COLOURS["square"] if name.endswith("15") else COLOURS["triangle"]
        if theory:
            axes.plot(times, height, color=colour, label=f"theory, {name.split(', ')[1]} / s")
        else:
            axes.plot(times[::10], height[::10], "o", markersize=3, color=colour, label="simulated, dt = 8 ms")
    axes.set(xlabel="time [s]", ylabel="height [m]")


def pendulum(axes: Axes, found: Findings) -> None:
    """Draw periods by angle."""
    _against_theory(axes, found["pendulum"])
    axes.set(xlabel="angle at the start [degrees]", ylabel="period [s]", ylim=(1.8, 5.5))


def incline(axes: Axes, found: Findings) -> None:
    """Draw accelerations by the angle of the incline."""
    _against_theory(axes, found["incline"])
    axes.set(xlabel="angle of the incline [degrees]", ylabel="acceleration [m/s$^2$]")


def order(axes: Axes, found: Findings) -> None:
    """Draw errors by the length of a step."""
    names = {"pair": "pair", "stretched": "body, stretched at the start", "relaxed": "body, relaxed at the start"}
    for (name, (steps, errors)), colour in zip(found["order"].curves.items(), COLOURS.values(), strict=False):
        axes.plot(1e3 * steps, errors, "o-", color=colour, label=names[name])
    steps = np.array([1.25e-4, 2e-3])
    for power, scale in ((1, 0.3), (2, 8.0)):
        axes.plot(1e3 * steps, scale * steps**power, ":", color="#999999", label=f"slope {power}")
    axes.set(xscale="log", yscale="log", xlabel="dt [ms]", ylabel="error of positions [m]")
    _ticks(axes, [0.125, 0.25, 0.5, 1, 2])


def energy(axes: Axes, found: Findings) -> None:
    """Draw the energy of the tumbling body by time."""
    for (name, (times, change)), colour in zip(found["energy"].curves.items(), COLOURS.values(), strict=False):
        axes.plot(times, 100.0 * change, ".", markersize=2, color=colour, label=name)
    axes.set(xlabel="time [s]", ylabel="energy, change [%]")
    axes.legend(fontsize=7, markerscale=4)


def damping(axes: Axes, found: Findings) -> None:
    """Draw decay in steps of some length beside the continuous one."""
    share = np.linspace(1e-4, 0.07, 50)
    axes.plot(
        share, -np.log(1.0 - 2.0 * share) / (2.0 * share), color=COLOURS["square"], label="dashpot, discrete theory"
    )
    axes.plot(share, np.ones_like(share), color=COLOURS["triangle"], label="drag, discrete theory")
    for kind, colour in (("dashpot", COLOURS["square"]), ("drag", COLOURS["triangle"])):
        own = [row for row in found["damping"].rows if row["damper"] == kind]
        x = [1e-3 * row["continuous [1/s]"] * row["dt [ms]"] for row in own]
        y = [row["decay [1/s]"] / row["continuous [1/s]"] for row in own]
        axes.plot(x, y, "o", color=colour, markerfacecolor="white", label=f"{kind}, simulated")
    axes.set(xlabel="decay in a step", ylabel="decay / continuous decay")


FIGURES: dict[str, tuple[Callable[[Axes, Findings], None], tuple[str, ...]]] = {
    "cantilever": (cantilever, ("material", "cantilever")),
    "slenderness": (slenderness, ("slenderness",)),
    "vibration": (vibration, ("vibration",)),
    "elastica": (elastica, ("elastica",)),
    "strain": (strain, ("strain",)),
    "free_fall": (free_fall, ("free_fall",)),
    "pendulum": (pendulum, ("pendulum",)),
    "incline": (incline, ("incline",)),
    "order": (order, ("order",)),
    "energy": (energy, ("energy",)),
    "damping": (damping, ("damping",)),
}
"""What draws each figure, and the findings that it needs."""


def draw(found: Findings, folder: Path) -> list[Path]:
    """Draw every figure whose findings are there as PNG files, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, (function, needed) in FIGURES.items():
        if not set(needed) <= set(found):
            continue
        figure = Figure(figsize=(6.0, 3.6), layout="constrained")
        axes = figure.add_subplot()
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="#e5e5e5", linewidth=0.6)
        function(axes, found)
        if axes.get_legend() is None:
            axes.legend(fontsize=7, frameon=False)
        path = folder / f"{name}.png"
        figure.savefig(path, dpi=110, metadata={"Software": None})
        written.append(path)
    return written


def _ticks(axes: Axes, places: list[float]) -> None:
    axes.set_xticks(places, labels=[f"{place:g}" for place in places])
    axes.xaxis.set_minor_formatter(NullFormatter())


def _against_theory(axes: Axes, found: Finding) -> None:
    markers = iter("os^")
    colours = iter([COLOURS["triangle"], COLOURS["square"], COLOURS["cube"]])
    for name, (x, y) in found.curves.items():
        if name == "theory":
            axes.plot(x, y, color=COLOURS["theory"], label=name)
        else:
            marker = next(markers)
            axes.plot(x, y, marker, color=next(colours), markerfacecolor="none", label=name)
