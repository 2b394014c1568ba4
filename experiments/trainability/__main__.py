"""Whether evolution makes bodies that learn better, and not only luckier, smaller, or picked from many."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import codesign
from codesign.analysis import median_of
from codesign.landscape import BodyLines
from codesign.trainability import TABLES, Findings
from experiments.figures import COLOURS, panels
from experiments.runs import evolved
from experiments.strgar2024_small.__main__ import KINDS
from experiments.study import Figures, Study
from experiments.tables import Rows, Tables, markdown
from experiments.trainability.claims import CLAIMS, DRAWS, Claim, compared, counted, of_group, told

SEEDS = (0, 1, 2, 3, 4)
RANDOM_SEEDS = (0, 1, 2)
SETTINGS: dict[str, Any] = {
    "inits": 16,
    "designs": 12,
    "copies": 3,
    "generations": (10, "last"),
    "landscape": True,
    "draws": 100,  # of the analysis' own intervals, which are not used here
}
REFERENCES = ("random", "sized", "top", "generation 10")
GROUPS = (*REFERENCES, "last")
GROUP_COLOURS = (*COLOURS[: len(REFERENCES)], COLOURS[-1])
DESIGNS, EFFECTS, KINSHIP, ENDINGS, LINES = FILES = (
    "designs.csv",
    "effects.csv",
    "kinship.csv",
    "endings.csv",
    "lines.json",
)
ABOUT = {
    "own": "fitness that selection saw [m]",
    "luck": "that less the mean over new starts [m]",
    "sd": "standard deviation over starts [m]",
    "chaos": "standard deviation over copies of a start [m]",
    "fall": "without actuation, of the mean",
    "masses": "masses",
}
"""Numbers that say what designs are like, and of which nothing is claimed."""

SAID = {**ABOUT, **{claim.name: claim.said for claim in CLAIMS}}
LEARNING = ("own", "mean", "gain", "share_90")
LANDSCAPES = ("path_cosine", "first_random_near_cosine", "first_random_relative_roughness", "starts_norm_spread")
"""Numbers that the two figures of designs have."""

LOGARITHMIC = ("first_random_relative_roughness",)


def analysed(runs: Path) -> Findings:
    """Return what designs of the runs of the study strgar2024_small learn anew; what was learned before is kept."""
    common = runs.parent / "strgar2024_small"
    seeds = {"published": SEEDS, "random": RANDOM_SEEDS}
    every = [evolved(common / f"{kind}_{seed}", *KINDS[kind], f"seed={seed}") for kind in seeds for seed in seeds[kind]]
    return codesign.analyze(every, runs / "analysis", **SETTINGS)


def measure(runs: Path) -> Tables:
    """Return the tables of the analysis that the report needs, and how evolved designs differ from others."""
    found = analysed(runs)
    rows = [_named(row) for row in TABLES["designs"](found)]
    columns = ("group", "run", "design", *SAID)
    return {
        DESIGNS: [{name: row[name] for name in columns} for row in rows],
        EFFECTS: [row for reference in REFERENCES for row in compared(rows, "last", reference)],
        KINSHIP: [_named(row) for row in TABLES["kinship"](found)],
        ENDINGS: TABLES["endings"](found),
        LINES: {name: _lines(lines) for name, lines in found.lines.items()},
    }


def _named(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose run is called by the name of its folder, wherever that is."""
    return {**row, "run": Path(row["run"]).name}


def _lines(lines: BodyLines) -> dict[str, Any]:
    """Return what a figure has of a body's lines, relative to the loss at the first weights."""
    start = lines.at("first")
    return {
        "radius": lines.radius,
        "downhill": _rounded(lines.first.downhill - start),
        "random": [_rounded(row - start) for row in lines.first.random],
        "straight": _rounded(lines.straight - start),
    }


def _rounded(values: np.ndarray) -> list[float]:
    return [float(f"{value:.4g}") for value in values.tolist()]


def report(tables: Tables) -> str:
    """Return what came out as tables in Markdown."""
    rows = tables[DESIGNS]
    effects = {(row["measure"], row["reference"]): row for row in tables[EFFECTS]}
    heads = ["median over designs", *GROUPS]
    about = [[said, *_middles(rows, Claim(name, said, "", 0))] for name, said in ABOUT.items()]
    parts = [markdown(heads, about)]
    lines = []
    for claim in CLAIMS:
        deltas = [told(effects[claim.name, reference]) for reference in REFERENCES]
        says = "more" if claim.direction > 0 else "less"
        lines.append([claim.aspect, claim.said, says, *_middles(rows, claim), *deltas])
    against = [f"last against {reference}" for reference in REFERENCES]
    parts.append(markdown(["part of the claim", "number", "claimed", *GROUPS, *against], lines))
    parts.append(markdown(["part of the claim", *against], counted(tables[EFFECTS], "reference", REFERENCES)))
    kin = [
        [row["run"], row["generation"], row["founders"], f"{row['effective_founders']:.2f}", row["unrelated"]]
        for row in tables[KINSHIP]
    ]
    parts.append(markdown(["run", "after generation", "founders", "effective founders", "unrelated members"], kin))
    return "\n".join(parts)


def _middles(rows: Rows, claim: Claim) -> list[str]:
    return [f"{claim.middle(of_group(rows, group, claim.name)):.3g}" for group in GROUPS]


def draw(tables: Tables) -> Figures:
    """Draw a tick for each design, group by group, with medians and their intervals; and the lines of two designs."""
    return {
        "groups.svg": _ticks(tables[DESIGNS], LEARNING),
        "landscapes.svg": _ticks(tables[DESIGNS], LANDSCAPES),
        "lines.svg": _of_lines(tables[LINES]),
    }


def _ticks(rows: Rows, names: Sequence[str]) -> Any:
    figure, axes = panels(2, 2, width=4.6, height=2.6)
    for panel, name in zip(axes, names, strict=True):
        for place, (group, colour) in enumerate(zip(GROUPS, GROUP_COLOURS, strict=True)):
            own = of_group(rows, group, name)
            # A tick each, in one path: a marker each would make the file five times as large.
            across = np.repeat(own.values, 3)
            along = place + np.tile([-0.2, 0.1, np.nan], len(own))
            panel.plot(across, along, color=colour, alpha=0.45, linewidth=0.9)
            found = median_of(own, DRAWS, seed=0)
            panel.plot([found.low, found.high], [place + 0.3] * 2, color=colour)
            panel.plot([found.value], [place + 0.3], "D", color=colour, markersize=5)
        panel.set_yticks(range(len(GROUPS)), GROUPS)
        panel.invert_yaxis()
        panel.set_title(SAID[name])
        if name in LOGARITHMIC:
            panel.set_xscale("log")
    return figure


def _of_lines(bodies: dict[str, Any]) -> Any:
    figure, (around, straight) = panels(2)
    for colour, (name, own) in zip(COLOURS, bodies.items(), strict=False):
        label = name.split(":")[0]
        both = np.linspace(-own["radius"], own["radius"], len(own["downhill"]))
        around.plot(both, np.array(own["random"]).T, color=colour, linewidth=0.5, alpha=0.5)
        around.plot(np.linspace(0.0, own["radius"], len(own["downhill"])), own["downhill"], color=colour, label=label)
        straight.plot(np.linspace(0.0, 1.0, len(own["straight"])), own["straight"], color=colour, label=label)
    around.set(xlabel="distance from the first weights", title="down the gradient (thick), random (thin)")
    straight.set(xlabel="share of the way to the learned weights", title="straight to what was learned")
    around.set_ylabel("change of the loss [m]")
    around.legend()
    return figure


STUDY = Study(Path(__file__).parent, FILES, measure, report, draw)

if __name__ == "__main__":
    sys.exit(STUDY.main())
