"""The table of runs, by the tool that prints it."""

import subprocess
import sys
from pathlib import Path

from codesign.run import RunFolder

ROOT = Path(__file__).parent.parent


def compare(*folders: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "tools/compare_runs.py", *map(str, folders)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def run(path: Path, title: str, *rows: tuple[float | None, float | None, int]) -> Path:
    folder = RunFolder(path)
    folder.create(f"title: {title}\n")
    for generation, (best, mean, steps) in enumerate(rows):
        row = {"generation": generation, "best_fitness": best, "mean_fitness": mean, "robot_steps": steps}
        folder.append_metrics(row)
    return path


def test_a_table_has_a_line_for_every_run_and_every_title(tmp_path: Path) -> None:
    plain = [
        run(tmp_path / "p0", "plain", (0.1, 0.0, 500), (0.5, 0.4, 500)),
        run(tmp_path / "p1", "plain", (0.2, 0.0, 500), (0.7, 0.4, 500)),
    ]
    raced = run(tmp_path / "r0", "raced", (None, None, 300), (0.6, 0.3, 200))
    told = compare(*plain, raced)
    assert told.returncode == 0, told.stderr
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in told.stdout.splitlines()[2:]]
    assert lines == [
        [str(plain[0]), "2", "0.500", "0.400", "1.000e+03", "1.000"],
        [str(plain[1]), "2", "0.700", "0.400", "1.000e+03", "1.000"],
        [str(raced), "2", "0.600", "0.300", "5.000e+02", "0.500"],
        ["plain, 2 runs", "2", "0.600 ± 0.141", "0.400 ± 0.000", "1.000e+03", "1.000"],
        ["raced, 1 run", "2", "0.600 ± 0.000", "0.300 ± 0.000", "5.000e+02", "0.500"],
    ]


def test_a_folder_that_holds_nothing_is_told_in_one_line(tmp_path: Path) -> None:
    for path in (tmp_path, run(tmp_path / "begun", "begun")):
        told = compare(path)
        assert told.returncode == 2
        assert told.stdout == ""
        assert len(told.stderr.splitlines()) == 1
