"""Strgar et al. 2024 at laptop size: as published, as many random designs, and with inherited weights."""

import sys
from pathlib import Path

import numpy as np

import codesign
from experiments.designs import draw_poses, posed
from experiments.figures import COLOURS, band, panels
from experiments.intervals import cliffs_delta, difference, mann_whitney, t_interval, told
from experiments.runs import curves, evolved, generations, spent_until
from experiments.study import Figures, Study
from experiments.tables import Rows, Tables, markdown, read_table

SEEDS = (0, 1, 2, 3, 4)
INHERITING = (
    "search.inheritance=lamarckian",
    "learner.iterations=8",
    "learner.step_length=0.8",
    "learner.unsound=keep_best",
    "search.generations=30",
)
LONGER = 140
"""Generations of the one run that goes on, which is seed 0 of the published scheme until generation 60."""

KINDS = {
    "published": ("experiment=strgar2024_small",),
    "random": ("experiment=random_baseline",),
    "inheriting": ("experiment=strgar2024_small", *INHERITING),
    "longer": ("experiment=strgar2024_small", "conditions.unactuated=false", f"search.generations={LONGER}"),
}
FEWER_SEEDS = (0, 1, 2)
"""Of all but the published scheme; inheriting runs have a seventh of its robot-steps."""

SEEDS_OF = {"published": SEEDS, "random": FEWER_SEEDS, "inheriting": FEWER_SEEDS, "longer": (0,)}

NAMES = {
    "published": "published scheme: every child learns from scratch",
    "random": "as many random designs",
    "inheriting": "ours: children begin with what their parents learned",
    "longer": "published scheme, one seed, for longer",
}
LINES = {"published": COLOURS[0], "random": COLOURS[2], "inheriting": COLOURS[1], "longer": COLOURS[4]}
CURVES, LEARNING, DESIGNS, PUBLISHED = "curves.csv", "learning.csv", "designs.json", "published.csv"
BUDGET = 222.0e6
"""Robot-steps of a run of the published scheme: 100 designs x 60 generations x 37 episodes x 1000 steps."""

SHARES = (0.05, 0.1, 0.14, 0.3, 0.5, 1.0)
SHOWN = (0, 9, 24, 39, 59)
LAST = 10
"""Generations at the end of a run whose designs are "late"."""


def measure(runs: Path) -> Tables:
    """Return curves of all runs, how designs of the published scheme learn, and the best design of each run."""
    rows, learning, designs = [], [], []
    for kind, words in KINDS.items():
        for seed in SEEDS_OF[kind]:
            run = evolved(runs / f"{kind}_{seed}", *words, f"seed={seed}")
            rows += generations(run, {"kind": kind, "seed": seed})
            if kind != "random":
                designs.append({"kind": kind, "seed": seed, **posed(run)})
            if kind == "published":
                last = max(run.designs["generation"].to_pylist())
                learning.append({"seed": seed, "group": "random bodies", **learned(run, 0, 0)})
                learning.append({"seed": seed, "group": "late bodies", **learned(run, last - LAST + 1, last)})
    published = read_table(Path(__file__).parent / PUBLISHED)
    return {CURVES: rows, LEARNING: learning, DESIGNS: designs, PUBLISHED: published}


def learned(run: codesign.Run, first: int, last: int) -> dict[str, float]:
    """Return how designs of some generations learned: how many were valid, which share improved, medians [m]."""
    table = run.designs.select(["generation", "status", "curve"]).to_pylist()
    own = [row for row in table if first <= row["generation"] <= last]
    whole = [np.array(row["curve"], np.float64) for row in own if row["status"] == "ok"]
    gains = np.array([np.nanmax(curve) - curve[0] for curve in whole])
    return {
        "designs": len(own),
        "valid": len(whole),
        "improved": float((gains > 0).mean()),
        "median_gain": float(np.median(gains)),
        "median_before": float(np.median([curve[0] for curve in whole])),
    }


def kinds_of(rows: Rows) -> list[str]:
    """Return the kinds of runs that rows are of and that have several seeds, in the order of `KINDS`."""
    found = {row["kind"] for row in rows if len(SEEDS_OF[row["kind"]]) > 1}
    return [kind for kind in KINDS if kind in found]


def of(rows: Rows, kind: str, number: str, generation: int) -> np.ndarray:
    """Return a number of each run of a kind after a generation."""
    return np.array([row[number] for row in rows if row["kind"] == kind and row["generation"] == generation])


def report(tables: Tables) -> str:
    """Return what came out as tables in Markdown."""
    rows = tables[CURVES]
    theirs = {row["generation"]: row["mean"] for row in tables[PUBLISHED]}
    columns = ("best", "mean", "children", "before_learning", "diversity", "masses")
    lines = [
        [
            number + 1,
            *(told(of(rows, "published", each, number), 1 if each == "masses" else 3) for each in columns),
            theirs.get(number + 1, ""),
        ]
        for number in SHOWN
    ]
    heads = ["generation", "best [m]", "mean [m]", "children [m]", "before learning [m]", "diversity", "masses"]
    parts = [markdown([*heads, "2024, mean [m]"], lines)]

    longer = [
        row for row in rows if row["kind"] == "longer" and row["generation"] + 1 in (60, 80, 100, 120, 129, LONGER)
    ]
    lines = [
        [
            row["generation"] + 1,
            *(f"{row[each]:.3f}" for each in columns[:-1]),
            f"{row['masses']:.1f}",
            theirs.get(row["generation"] + 1, ""),
        ]
        for row in longer
    ]
    parts.append(markdown([*heads, "2024, mean [m]"], lines))

    lines = []
    for share in SHARES:
        for kind in kinds_of(rows):
            reached = {
                each: curves(rows, each, at=[share * BUDGET], kind=kind).values[:, 0] for each in ("best", "mean")
            }
            values = [f"{share:.0%}", NAMES[kind], len(reached["best"]), told(reached["best"]), told(reached["mean"])]
            lines.append(values)
    parts.append(markdown(["robot-steps", "scheme", "seeds", "best [m]", "mean [m]"], lines))

    lines = []
    for group in ("random bodies", "late bodies"):
        own = [row for row in tables[LEARNING] if row["group"] == group]
        share = sum(row["improved"] * row["valid"] for row in own) / sum(row["valid"] for row in own)
        gain, before = (told([row[name] for row in own]) for name in ("median_gain", "median_before"))
        lines.append(
            [group, sum(row["designs"] for row in own), sum(row["valid"] for row in own), f"{share:.1%}", gain, before]
        )
    heads = ["group", "designs", "valid", "improve by learning", "median gain [m]", "median before learning [m]"]
    parts.append(markdown(heads, lines))
    return "\n".join([*parts, claims(rows), best_designs(tables)])


def claims(rows: Rows) -> str:
    """Return what the acceptance tests of evolution curves ask for."""
    first, last = (of(rows, "published", "mean", number) for number in (0, 59))
    best = {kind: of(rows, kind, "best", 59) for kind in ("published", "random")}
    falls = 0
    for kind in kinds_of(rows):
        for own in curves(rows, "best", over="generation", kind=kind).values:
            falls += int((np.diff(own) < 0).sum())
    lines = [
        ["mean after generation 1 [m]", told(first)],
        ["mean after generation 60 [m]", told(last)],
        ["the latter over the former", t_interval(last / first).told(2)],
        ["generations in which the best fell", falls],
    ]
    if len(best["random"]) > 1:
        less = difference(best["published"], best["random"]).told(signed=True)
        apart = f"Cliff's delta {cliffs_delta(*best.values()):+.2f}, p = {mann_whitney(*best.values()):.3f}"
        lines.append(["best after 60 generations less best of random designs [m]", f"{less}; {apart}"])
    for number, target in (("best", best["published"]), ("mean", last)):
        goal = float(target.mean())
        reached = [spent_until(rows, number, goal, kind="inheriting", seed=seed) / 1e6 for seed in FEWER_SEEDS]
        said = f"robot-steps to the published scheme's final {number}, children inheriting [millions], by seed"
        lines.append([said, ", ".join(f"{each:.1f}" for each in reached)])
    return markdown(["number", "found"], lines)


def best_designs(tables: Tables) -> str:
    """Return a table of the best design of each run."""
    lines = [
        [
            design["kind"],
            design["seed"],
            design["design"],
            f"{design['fitness']:.3f}",
            f"{design['before']:.3f}",
            design["masses"],
            design["muscles"],
            f"{design['measures']['airtime']:.2f}",
        ]
        for design in tables[DESIGNS]
    ]
    heads = ["scheme", "seed", "design", "fitness [m]", "before learning [m]", "masses", "muscles", "airtime"]
    return markdown(heads, lines)


def draw(tables: Tables) -> Figures:
    """Draw fitness over robot-steps, the mean beside that of 2024, and the best designs."""
    rows = tables[CURVES]
    beside, axes = panels(2, width=4.8, height=3.4)
    for kind in kinds_of(rows):
        colour = LINES[kind]
        for axis, number in zip(axes, ("best", "mean"), strict=True):
            band(axis, curves(rows, number, kind=kind), NAMES[kind], colour, unit=1e6)
    for axis, title in zip(axes, ("best design", "mean of the population"), strict=True):
        axis.set(title=title, xlabel="robot-steps [millions]", ylabel="fitness [m]", ylim=(0.0, 1.25))
    axes[0].legend(loc="upper left")

    generation, (axis,) = panels(width=6.4, height=3.6)
    theirs = tables[PUBLISHED]
    axis.plot(
        [row["generation"] for row in theirs],
        [row["mean"] for row in theirs],
        "o--",
        color=COLOURS[5],
        label="2024, larger populations",
    )
    for kind in KINDS:
        colour = LINES[kind]
        found = curves(rows, "mean", over="generation", kind=kind)
        band(axis, type(found)(found.at + 1, found.values), NAMES[kind], colour)
    axis.set(xscale="log", xlabel="generation", ylabel="mean of the population [m]", ylim=(0.0, 1.25))
    axis.legend(loc="upper left")

    designs = tables[DESIGNS]
    shown = [kind for kind in KINDS if column(designs, kind)]
    rows_of_panels = max(len(column(designs, kind)) for kind in shown)
    bodies, axes = panels(len(shown), rows_of_panels, width=9.6 / len(shown), height=1.25)
    for number, kind in enumerate(shown):
        places = axes[number :: len(shown)]
        for axis in places[len(column(designs, kind)) :]:
            axis.axis("off")
        for axis, design in zip(places, column(designs, kind), strict=False):
            draw_poses(axis, design)
            axis.set_title(f"{kind}, seed {design['seed']}: {design['fitness']:.2f} m", fontsize=8)
    return {"beside.svg": beside, "generations.svg": generation, "designs.svg": bodies}


def column(designs: Rows, kind: str) -> Rows:
    """Return the designs of a kind of runs."""
    return [design for design in designs if design["kind"] == kind]


STUDY = Study(Path(__file__).parent, (CURVES, LEARNING, DESIGNS, PUBLISHED), measure, report, draw)

if __name__ == "__main__":
    sys.exit(STUDY.main())
