"""How much walkers that evolved for the worst of eight worlds keep of what they do in fresh worlds, and in MuJoCo.

pip install 'codesign[experiments]'
python -m experiments.robust_walkers
"""

import sys
from pathlib import Path

from experiments.figures import panels, points
from experiments.robust_walkers import transfer, walkers
from experiments.study import Figures, Study
from experiments.tables import Tables

RESULTS, TRANSFER = "results.json", "transfer.json"
KINDS = ("robust", "staged", "plain")


def measure(runs: Path) -> Tables:
    """Return what the designs of all runs do in fresh worlds and in MuJoCo."""
    found = walkers.measured(runs)
    moved = {kind: [transfer.transferred(runs, kind, seed) for seed in walkers.SEEDS] for kind in KINDS}
    return {RESULTS: found, TRANSFER: moved}


def report(tables: Tables) -> str:
    """Return both as tables in Markdown."""
    return f"{walkers.tables(tables[RESULTS])}\n\n{transfer.table(tables[TRANSFER])}"


def draw(tables: Tables) -> Figures:
    """Draw what the best ten designs of each run do in their own world and in the worst of sixteen fresh ones."""
    figure, axes = panels(2, width=3.4)
    for axis, name in zip(axes, ("nominal", "worst of 16"), strict=True):
        groups = [
            (kind, [walkers.numbers_of(each, walkers.DESIGNS)[name] for each in tables[RESULTS][kind].values()])
            for kind in KINDS
        ]
        points(axis, groups)
        axis.set(title=name, ylabel="best ten designs, mean [m]", ylim=(0.0, None))
    return {"designs.svg": figure}


STUDY = Study(Path(__file__).parent, (RESULTS, TRANSFER), measure, report, draw)

if __name__ == "__main__":
    sys.exit(STUDY.main())
