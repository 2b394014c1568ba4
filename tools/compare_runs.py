"""Print what runs reached and what it took: a line per run, and one per title over its runs.

    python tools/compare_runs.py runs/plain0 runs/plain1 runs/raced0 runs/raced1

    best, mean    fitness of the best and mean of the population at the end; over several runs the mean and the standard
                  deviation
    robot-steps   simulated forwards in the whole run
    share         of the robot-steps of the first title

A folder without a finished generation is one line on the standard error, and exit status 2.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from codesign.errors import CodesignError, RunError
from codesign.run import RunFolder


@dataclass(frozen=True)
class Reached:
    """What a run reached.

    Attributes:
        path: its folder.
        title: what it calls itself.
        generations: finished ones.
        numbers: best fitness, mean fitness and robot-steps.
    """

    path: Path
    title: str
    generations: int
    numbers: tuple[float, float, float]


def reached(path: Path) -> Reached:
    """Return what the run in a folder reached.

    Raises:
        RunError: there is no run, or no generation of it is finished.
    """
    folder = RunFolder(path)
    folder.require_run()
    rows = folder.read_metrics()
    if not rows:
        raise RunError("a run with a finished generation", str(path), "let it go on with codesign evolve run=FOLDER")
    best, mean = (np.nan if rows[-1][name] is None else rows[-1][name] for name in ("best_fitness", "mean_fitness"))
    steps = float(sum(row["robot_steps"] for row in rows))
    return Reached(path, yaml.safe_load(folder.config_text())["title"], len(rows), (best, mean, steps))


def main(arguments: list[str]) -> int:
    """Run the program and return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path)
    try:
        runs = [reached(path) for path in parser.parse_args(arguments).runs]
    except CodesignError as error:
        print(error, file=sys.stderr)
        return 2
    groups = {run.title: [other for other in runs if other.title == run.title] for run in runs}
    whole = np.mean([run.numbers[2] for run in groups[runs[0].title]])
    print("| run | generations | best | mean | robot-steps | share |")
    print("| --- | --- | --- | --- | --- | --- |")
    for run in runs:
        best, mean, steps = run.numbers
        print(f"| {run.path} | {run.generations} | {best:.3f} | {mean:.3f} | {steps:.3e} | {steps / whole:.3f} |")
    for title, members in groups.items():
        numbers = np.array([run.numbers for run in members])
        centre, spread = numbers.mean(axis=0), numbers.std(axis=0, ddof=1 if len(members) > 1 else 0)
        fitness = " | ".join(f"{centre[column]:.3f} ± {spread[column]:.3f}" for column in (0, 1))
        generations = "/".join(str(count) for count in sorted({run.generations for run in members}))
        name = f"{title}, {len(members)} {'run' if len(members) == 1 else 'runs'}"
        print(f"| {name} | {generations} | {fitness} | {centre[2]:.3e} | {centre[2] / whole:.3f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
