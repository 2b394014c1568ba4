"""Inject faults at random into runs for some minutes, and compare each run with one that nothing disturbed.

    python tools/soak.py 30
    python tools/soak.py 5 --seed 7 --output soak.json

The runs are small but real: `codesign evolve` as a process of its own, which simulates on a Ray cluster of several
nodes on this machine, or in its own process. While it works, workers are killed, stopped, slowed and continued late;
nodes leave and join; the process is killed or told to end, and goes on with another number of workers or another
evaluator; between, its newest checkpoint is damaged, its metrics are cut, its folder is moved; disks are full or
read-only (as root); a second process tries to go on with it. At the end every number that it recorded, but times, must
be that of the undisturbed run, to the bit.

Progress goes to the standard error, a report in JSON to the standard output:

    faults            how many of each kind
    runs              that were disturbed and compared, with `generations` and `values` of them together
    bits_differing    bits of these values that differ
    designs_lost      designs of the undisturbed run that a disturbed one does not have
    hangs             times that nothing was finished for long, or that a process did not end when told to
    violations        exit statuses, tracebacks and remains that should not be
    left_out          kinds of faults that this machine does not allow

The exit status is 0 if there are no bits, designs, hangs and violations to tell of, else 1. Logs of runs in which
there was something to tell are kept.
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from soaking.cluster import Nodes
from soaking.comparison import Differences, differences
from soaking.disk import Disk
from soaking.disturbance import HANG_SECONDS, MOST_HANGS, Disturbance, Report
from soaking.driver import Driver, local
from soaking.faults import ON_DISK, STOPPED_ON_DISK, Scene

from codesign.cli.bench.machine import machine, versions
from codesign.sim import Execution, start_warp

NODES = 3
"""Nodes that offer a core."""

DISK = 16
"""Size of the file system that runs are on [MiB]."""

RUN_SECONDS = 600.0
"""Time after which a run is disturbed no more, so that it ends."""


class Soak:
    """Runs that are disturbed one after the other, until the time is over.

    Args:
        minutes: how long.
        seed: of the choices of faults.
        generations: of each run.
        folder: an empty one for everything.

    Attributes:
        report: what came of it.
        left_out: kinds of faults that cannot be injected here, and why.
    """

    def __init__(self, minutes: float, seed: int, generations: int, folder: Path) -> None:
        self.report = Report()
        self._minutes, self._generations, self._folder = minutes, generations, folder
        self._random = random.Random(seed)
        self._logs = folder / "logs"
        self._logs.mkdir()
        self._begin = time.monotonic()
        self._disk = Disk(folder / "disk", DISK)
        self._driver: Driver | None = None
        self._counts: Counter[str] = Counter()
        kinds = () if self._disk.mounted else (*ON_DISK, *STOPPED_ON_DISK)
        self.left_out = dict.fromkeys(kinds, "this process may not mount file systems")

    def run(self) -> None:
        """Run the undisturbed run, and disturb others until the time is over."""
        reference = self._undisturbed()
        nodes = Nodes(NODES)
        nodes.fill()
        try:
            self._begin = time.monotonic()
            while self._left() > 0 and self.report.hangs < MOST_HANGS:
                self._disturb(f"run{self.report.runs:03d}", nodes, reference)
        finally:
            nodes.close()

    def close(self) -> None:
        """End what still runs."""
        if self._driver is not None:
            self._driver.close()
        self._disk.close()

    def _left(self) -> float:
        return 60 * self._minutes - (time.monotonic() - self._begin)

    def _undisturbed(self) -> Path:
        driver = self._driver = Driver(self._folder / "undisturbed", self._logs, self._generations)
        driver.start(local(1))
        if driver.wait(HANG_SECONDS) != 0:
            raise SystemExit(f"soak: the undisturbed run failed: {driver.complaint()}")
        self._say(f"an undisturbed run of {self._generations} generations is there")
        return driver.folder

    def _disturb(self, name: str, nodes: Nodes, reference: Path) -> None:
        """Carry out one run in spite of faults, and compare it."""
        driver = self._driver = Driver(self._disk.path / name, self._logs, self._generations)
        scene = Scene(driver, nodes, self._disk, self._logs, self._random)
        self._counts = scene.counts
        hangs = self.report.hangs
        try:
            Disturbance(scene, self.report, min(RUN_SECONDS, self._left())).carry_out(self._say)
        finally:
            driver.close()
            scene.agenda.run_all()
        found = differences(reference, driver.folder)
        scene.violations += [f"remains: {path.name}" for path in driver.folder.rglob("*.part")]
        self._account(scene, found)
        good = not found.bits and not found.lost and not scene.violations and hangs == self.report.hangs
        if not good:
            shutil.copytree(driver.folder, self._folder / "kept" / name)
        for path in self._disk.path.iterdir() if good else ():
            shutil.rmtree(path)
        for log in self._logs.glob(f"{name}*") if good else ():
            log.unlink()
        self._say(f"{name}: {sum(scene.counts.values())} faults, {driver.starts} processes, {_told(found)}")

    def _account(self, scene: Scene, found: Differences) -> None:
        report = self.report
        report.faults += scene.counts
        self._counts = Counter()
        report.runs += 1
        report.generations += self._generations
        report.starts += scene.driver.starts
        report.values += found.values
        report.bits += found.bits
        report.lost += found.lost
        report.violations += [f"{scene.driver.folder.name}: {text}" for text in scene.violations]

    def _say(self, text: str) -> None:
        minutes, total = (time.monotonic() - self._begin) / 60, (self.report.faults + self._counts).total()
        print(f"soak: {minutes:5.1f} min, {total} faults, {text}", file=sys.stderr, flush=True)


def _told(found: Differences) -> str:
    if not found.bits and not found.lost:
        return f"{found.values} values the same"
    return f"{found.bits} BITS DIFFER, {found.lost} DESIGNS LOST: {found.where}"


def as_json(soak: Soak, seed: int, seconds: float) -> dict[str, Any]:
    """Return the report."""
    report = soak.report
    start_warp(quiet=True)
    return {
        "seconds": round(seconds, 1),
        "seed": seed,
        "faults_total": sum(report.faults.values()),
        "faults": dict(sorted(report.faults.items())),
        "runs": report.runs,
        "generations": report.generations,
        "processes": report.starts,
        "values": report.values,
        "bits_differing": report.bits,
        "designs_lost": report.lost,
        "hangs": report.hangs,
        "violations": report.violations,
        "left_out": soak.left_out,
        "load": [round(each, 1) for each in os.getloadavg()],
        "machine": machine(Execution(device="cpu")),
        "versions": versions(),
    }


def main(arguments: list[str]) -> int:
    """Run the program and return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minutes", type=float)
    parser.add_argument("--seed", type=int, default=0, help="of the choice of faults (their moments differ)")
    parser.add_argument("--generations", type=int, default=16, help="of each run")
    parser.add_argument("--output", type=Path, help="file for the report, besides the standard output")
    given = parser.parse_args(arguments)
    if not given.minutes > 0 or given.generations < 4:
        parser.error("MINUTES above 0 and --generations of 4 or more are expected")
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    soak, begin = Soak(given.minutes, given.seed, given.generations, folder), time.monotonic()
    try:
        soak.run()
    except (KeyboardInterrupt, SystemExit) as ended:  # the latter by SIGTERM, which Ray answers
        if isinstance(ended, SystemExit) and isinstance(ended.code, str):
            raise
        soak.report.violations.append("the soak was ended before its time")
    finally:
        soak.close()
    text = json.dumps(as_json(soak, given.seed, time.monotonic() - begin), indent=1)
    print(text)
    if given.output is not None:
        given.output.write_text(text + "\n", encoding="utf-8")
    if soak.report.clean:
        shutil.rmtree(folder)
        return 0
    print(f"soak: logs are in {folder}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
