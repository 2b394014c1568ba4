"""A study of one run of an experiment: a table of some of its generations, and its curve."""

from collections.abc import Sequence
from pathlib import Path

from experiments.figures import COLOURS, panels
from experiments.runs import evolved
from experiments.study import Figures, Study
from experiments.tables import Rows, Tables, markdown

METRICS = "metrics_seed0.jsonl"

COLUMNS = {
    "generation": ("generation", "d"),
    "best_fitness": ("best fitness", ".3f"),
    "mean_fitness": ("mean of the population", ".3f"),
    "offspring_mean": ("mean of the children", ".3f"),
    "offspring_before_learning": ("children before learning", ".3f"),
    "offspring_spread": ("spread over a child's worlds", ".2f"),
    "mean_masses": ("masses, mean", ".1f"),
    "diversity": ("diversity", ".3f"),
}
"""Numbers of a generation that tables may show, what they are called there, and how they are written."""


def single_run(
    folder: Path, columns: Sequence[str], shown: Sequence[int], unit: str = " [m]", words: Sequence[str] = ()
) -> Study:
    """Return the study of one run of the experiment that the folder is named after.

    Args:
        folder: the study's.
        columns: numbers of its table, of `COLUMNS`.
        shown: generations in its table.
        unit: of fitness.
        words: what else is said on the command line, where the experiment has become another one since.
    """

    def measure(runs: Path) -> Tables:
        run = evolved(runs / f"{folder.name}_0", f"experiment={folder.name}", *words, "seed=0")
        return {METRICS: run.metrics.to_pylist()}

    def report(tables: Tables) -> str:
        return markdown(*generation_table(tables[METRICS], columns, shown, unit))

    def draw(tables: Tables) -> Figures:
        rows = tables[METRICS]
        figure, (axes,) = panels()
        at = [row["generation"] for row in rows]
        for name, colour in zip(("best_fitness", "mean_fitness", "offspring_before_learning"), COLOURS, strict=False):
            axes.plot(at, [row[name] for row in rows], color=colour, label=COLUMNS[name][0])
        axes.set(xlabel="generation", ylabel=f"fitness{unit}")
        axes.legend()
        return {"curves.svg": figure}

    return Study(folder, (METRICS,), measure, report, draw)


def generation_table(
    rows: Rows, columns: Sequence[str], shown: Sequence[int], unit: str
) -> tuple[list[str], list[list[str]]]:
    """Return head and lines of a table of generations; the best fitness has the unit in its head."""
    heads = [COLUMNS[name][0] + (unit if name == "best_fitness" else "") for name in columns]
    lines = [[f"{row[name]:{COLUMNS[name][1]}}" for name in columns] for row in rows if row["generation"] in shown]
    return heads, lines
