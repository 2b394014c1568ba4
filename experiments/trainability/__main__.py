"""Whether evolution makes bodies that learn better, and not only luckier, smaller, or picked from many."""

import sys
from pathlib import Path
from typing import Any

import numpy as np

import codesign
from codesign.trainability import TABLES, Findings
from experiments.figures import COLOURS, panels
from experiments.runs import evolved
from experiments.study import Figures, Study
from experiments.tables import Rows, Tables, markdown

SEEDS = (0, 1, 2)
RANDOM_SEEDS = (0,)
SETTINGS: dict[str, Any] = {"inits": 8, "designs": 10, "copies": 3}
GROUPS = ("random", "sized", "top", "last")
DESIGNS, MEDIANS, EFFECTS, KINSHIP, ENDINGS = FILES = tuple(
    f"{name}.csv" for name in ("designs", "groups", "effects", "kinship", "endings")
)
TOLD = {
    "own": "fitness that selection saw [m]",
    "mean": "mean over new starts [m]",
    "best": "best of new starts [m]",
    "worst": "worst of new starts [m]",
    "gain": "median gain by learning [m]",
    "share_90": "starts within 90 % of the best gain",
    "share_75": "starts within 75 % of the best gain",
    "share_90_fitness": "starts within 90 % of the best fitness",
    "gain_variation": "spread of the gain over its mean",
    "improving": "learning steps that improve",
    "sd": "standard deviation over starts [m]",
    "chaos": "standard deviation over copies of a start [m]",
    "fall": "without actuation, of the mean",
    "masses": "masses",
}
"""Numbers that the report has, and what it calls them."""

DRAWN = ("own", "mean", "gain", "share_90")
"""Numbers that the figure has."""


def analysed(runs: Path) -> Findings:
    """Return what designs of the runs of the study strgar2024_small learn anew; what was learned before is kept."""
    own = [
        evolved(runs.parent / "strgar2024_small" / f"published_{seed}", "experiment=strgar2024_small", f"seed={seed}")
        for seed in SEEDS
    ]
    words = ("experiment=random_baseline", "search.generations=60")
    random = [evolved(runs / f"random_{seed}", *words, f"seed={seed}") for seed in RANDOM_SEEDS]
    return codesign.analyze([*own, *random], runs / "analysis", **SETTINGS)


def measure(runs: Path) -> Tables:
    """Return the tables of the analysis that the report needs."""
    found = analysed(runs)
    return {name: [_named(row) for row in TABLES[name.removesuffix(".csv")](found)] for name in FILES}


def _named(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose run is called by the name of its folder, wherever that is."""
    return {**row, "run": Path(row["run"]).name} if "run" in row else row


def report(tables: Tables) -> str:
    """Return what came out as tables in Markdown."""
    medians = {(row["measure"], row["group"]): row for row in tables[MEDIANS]}
    effects = {(row["measure"], row["reference"]): row for row in tables[EFFECTS]}
    rows = []
    for name, said in TOLD.items():
        own = [f"{medians[name, group]['median']:.3g}" if (name, group) in medians else "" for group in GROUPS]
        deltas = [_told(effects.get((name, reference))) for reference in GROUPS[:-1]]
        rows.append([said, *own, *deltas])
    heads = ["median over designs", *GROUPS, *(f"last against {group}" for group in GROUPS[:-1])]
    kin = [
        [row["run"], row["founders"], f"{row['effective_founders']:.2f}", row["unrelated"], row["taken"]]
        for row in tables[KINSHIP]
    ]
    return "\n".join(
        [
            markdown(heads, rows),
            markdown(["run", "founders", "effective founders", "unrelated of its population", "looked at"], kin),
        ]
    )


def _told(row: dict[str, Any] | None) -> str:
    if row is None:
        return ""
    signs = f" ({row['by_run']})" if row["by_run"] else ""
    return f"{row['delta']:+.2f} [{row['delta_low']:+.2f}, {row['delta_high']:+.2f}]{signs}"


def draw(tables: Tables) -> Figures:
    """Draw a dot for each design, group by group, with medians and their intervals."""
    figure, axes = panels(2, 2, width=4.6, height=2.6)
    medians = {(row["measure"], row["group"]): row for row in tables[MEDIANS]}
    for panel, name in zip(axes, DRAWN, strict=True):
        for place, group in enumerate(GROUPS):
            values = np.array(_numbers(tables[DESIGNS], name, group))
            panel.plot(values, np.full(len(values), place), "o", color=COLOURS[place], alpha=0.4, markersize=4)
            if (name, group) in medians:
                row = medians[name, group]
                panel.plot([row["median_low"], row["median_high"]], [place + 0.22] * 2, color=COLOURS[place])
                panel.plot([row["median"]], [place + 0.22], "D", color=COLOURS[place], markersize=5)
        panel.set_yticks(range(len(GROUPS)), GROUPS)
        panel.invert_yaxis()
        panel.set_title(TOLD[name])
    return {"groups.svg": figure}


def _numbers(rows: Rows, name: str, group: str) -> list[float]:
    return [row[name] for row in rows if row["group"] == group and isinstance(row[name], int | float)]


STUDY = Study(Path(__file__).parent, FILES, measure, report, draw)

if __name__ == "__main__":
    sys.exit(STUDY.main())
