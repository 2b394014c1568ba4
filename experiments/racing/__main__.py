"""Does it pay to stop designs early that fall behind while they learn? The study's README says."""

import sys
from pathlib import Path

from experiments.figures import panels, points
from experiments.intervals import paired_difference, t_interval
from experiments.runs import curves, evolved, generations
from experiments.study import Figures, Study
from experiments.tables import Tables, markdown

SEEDS = (0, 1, 2)
ENDS = "ends.csv"
SIZE = ("body=triangle", "sim.steps=500", "search.population_size=50")


def measure(runs: Path) -> Tables:
    """Return what each seed came to with and without racing, and without it after as many robot-steps."""
    ends = []
    for seed in SEEDS:
        own = {
            name: generations(
                evolved(runs / f"{name}_{seed}", f"experiment={name}", *SIZE, f"seed={seed}"), {"seed": seed}
            )
            for name in ("strgar2024_small", "strgar2024_small_racing")
        }
        plain, racing = own["strgar2024_small"], own["strgar2024_small_racing"]
        spent = racing[-1]["robot_steps"]
        equal = [curves(plain, number, at=[spent]).values[0, 0] for number in ("best", "mean")]
        ends.append(
            {
                "seed": seed,
                "best": plain[-1]["best"],
                "mean": plain[-1]["mean"],
                "racing_best": racing[-1]["best"],
                "racing_mean": racing[-1]["mean"],
                "share": spent / plain[-1]["robot_steps"],
                "equal_best": float(equal[0]),
                "equal_mean": float(equal[1]),
            }
        )
    return {ENDS: ends}


def report(tables: Tables) -> str:
    """Return the ends of the runs, their means, and what racing adds at equal robot-steps, in Markdown."""
    ends = tables[ENDS]
    column = {name: [row[name] for row in ends] for name in ends[0]}
    lines = [
        [
            row["seed"],
            f"{row['best']:.3f}, {row['mean']:.3f}",
            f"{row['racing_best']:.3f}, {row['racing_mean']:.3f}",
            f"{row['share']:.2f}",
            f"{row['equal_best']:.3f}, {row['equal_mean']:.3f}",
        ]
        for row in ends
    ]
    means = {name: t_interval(values).mean for name, values in column.items()}
    lines.append(
        [
            "mean",
            f"{means['best']:.3f}, {means['mean']:.3f}",
            f"{means['racing_best']:.3f}, {means['racing_mean']:.3f}",
            f"{means['share']:.2f}",
            f"{means['equal_best']:.3f}, {means['equal_mean']:.3f}",
        ]
    )
    heads = [
        "seed",
        "best, mean [m]",
        "best, mean with racing",
        "its share of the robot-steps",
        "best, mean without racing after as many robot-steps",
    ]
    gains = [
        [name, paired_difference(column[f"racing_{name}"], column[f"equal_{name}"]).told(signed=True)]
        for name in ("best", "mean")
    ]
    gained = markdown(["fitness", "racing less no racing after as many robot-steps, 95 % interval [m]"], gains)
    return f"{markdown(heads, lines)}\n{gained}"


def draw(tables: Tables) -> Figures:
    """Draw the ends of the runs."""
    figure, axes = panels(2)
    for axis, number in zip(axes, ("best", "mean"), strict=True):
        names = {number: "no racing", f"racing_{number}": "racing", f"equal_{number}": "no racing,\nas many steps"}
        points(axis, [(label, [row[name] for row in tables[ENDS]]) for name, label in names.items()])
        axis.set(title=f"{number} of the population", ylabel="fitness [m]")
    return {"ends.svg": figure}


STUDY = Study(Path(__file__).parent, (ENDS,), measure, report, draw)

if __name__ == "__main__":
    sys.exit(STUDY.main())
