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
import math
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from soaking.cluster import Nodes
from soaking.comparison import Differences, differences
from soaking.disk import Disk
from soaking.driver import Driver, local, ray
from soaking.faults import (
    MISTAKE,
    ON_DISK,
    ON_DRIVER,
    ON_WORKERS,
    STOPPED_ON_DISK,
    WHILE_STOPPED,
    Kinds,
    Scene,
    inject,
    send,
)

from codesign.cli.bench.machine import machine, versions
from codesign.sim import Execution, start_warp

NODES = 3
"""Nodes that offer a core."""

DISK = 16
"""Size of the file system that runs are on [MiB]."""

PAUSE = (0.3, 2.7)
"""Seconds between two faults."""

AT_ONCE = 3
"""Faults without a generation in between; with more of them no worker would live long enough to finish anything."""

HANG_SECONDS = 240.0
"""Time without a finished generation that counts as a hang."""

ENDING_SECONDS = 90.0
"""Time that a process has to end when it is told to."""

RUN_SECONDS = 600.0
"""Time after which a run is disturbed no more, so that it ends."""

MOST_HANGS = 3
"""Hangs after which the soak ends."""


@dataclass
class Report:
    """What came of it all."""

    faults: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    generations: int = 0
    starts: int = 0
    values: int = 0
    bits: int = 0
    lost: int = 0
    hangs: int = 0
    violations: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether everything was as promised."""
        return not (self.bits or self.lost or self.hangs or self.violations)


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
            scene.agenda.run_all()
            driver.close()
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


class Disturbance:
    """One run that goes on in spite of faults.

    Args:
        scene: the run and its surroundings.
        report: where hangs are counted.
        seconds: time after which it is disturbed no more [s].
    """

    def __init__(self, scene: Scene, report: Report, seconds: float) -> None:
        self._scene, self._report = scene, report
        self._until = time.monotonic() + seconds
        self._next, self._since_progress, self._rows = 0.0, 0, 0
        self._ending = ""
        self._ends_by = math.inf
        self._unexpected = 0

    def carry_out(self, say: Callable[[str], None]) -> None:
        """Start processes, disturb them, and start others where they ended, until the run is finished."""
        scene, driver = self._scene, self._scene.driver
        self._start()
        while True:
            scene.agenda.run_due()
            status = driver.status()
            if status == 0:
                return
            if status is not None:
                self._judge(status, say)
                if self._unexpected > MOST_HANGS or self._report.hangs >= MOST_HANGS:
                    return
                self._between(say)
                self._start()
            elif time.monotonic() > self._ends_by:
                self._hang(f"{self._ending}: no end within {ENDING_SECONDS:g} s", say)
            elif driver.idle_seconds() > HANG_SECONDS:
                self._hang(f"nothing finished for {HANG_SECONDS:g} s", say)
            elif self._may_disturb():
                self._inject(say)
            time.sleep(0.05)

    def _start(self) -> None:
        scene, choose = self._scene, self._scene.random
        workers = choose.choice((0, 0, 1, 2))
        scene.driver.start(ray(scene.nodes.address, workers) if choose.random() < 0.8 else local(choose.choice((1, 2))))
        if scene.disk.disturbed:
            scene.driver.expected.add(MISTAKE)
        self._next = time.monotonic() + choose.uniform(*PAUSE)
        self._ends_by = math.inf

    def _may_disturb(self) -> bool:
        now, rows = time.monotonic(), self._scene.driver.rows()
        if rows != self._rows:
            self._rows, self._since_progress = rows, 0
        finished = rows >= self._scene.driver.generations
        quiet = finished or self._ends_by < math.inf
        return self._next <= now < self._until and self._since_progress < AT_ONCE and not quiet

    def _inject(self, say: Callable[[str], None]) -> None:
        """Inject a fault into the process."""
        scene, driver = self._scene, self._scene.driver
        sorts: list[tuple[Kinds, float]] = []
        if driver.on_ray:
            sorts.append((ON_WORKERS, 0.7))
        if driver.progressed():
            sorts += [(ON_DRIVER, 0.16)] + [(ON_DISK, 0.08)] * scene.disk.mounted
        elif scene.random.random() < 0.1:
            sorts.append(({"driver_killed": ON_DRIVER["driver_killed"]}, 0.1))
        if not sorts:
            return
        kinds = scene.random.choices([kinds for kinds, _ in sorts], [share for _, share in sorts])[0]
        kind = inject(scene, kinds)
        if kind is None:
            self._next = time.monotonic() + 0.2
            return
        say(f"{driver.folder.name}, generation {self._rows}: {kind}")
        self._since_progress += 1
        self._next = time.monotonic() + scene.random.uniform(*PAUSE)
        if kind.startswith(("driver_", "ray_process", "cluster")):
            self._ending, self._ends_by = kind, time.monotonic() + ENDING_SECONDS

    def _between(self, say: Callable[[str], None]) -> None:
        """Do something to the folder of a run of which no process works."""
        scene = self._scene
        scene.agenda.run_all()
        if time.monotonic() >= self._until or scene.random.random() < 0.3 or not scene.driver.rows():
            return
        kinds = {**WHILE_STOPPED, **(STOPPED_ON_DISK if scene.disk.mounted else {})}
        for _ in range(scene.random.choice((1, 2))):
            kind = None if scene.disk.disturbed else inject(scene, kinds)
            if kind is not None:
                say(f"{scene.driver.folder.name}, stopped: {kind}")

    def _judge(self, status: int, say: Callable[[str], None]) -> None:
        """See whether a process was to end so."""
        scene, driver = self._scene, self._scene.driver
        how = f"{driver.log.name}: exit status {status}: {driver.complaint()}"
        say(how)
        if status not in driver.expected:
            self._unexpected += 1
            scene.violations.append(how)
            say("which was not expected")
        if driver.shows_traceback():
            scene.violations.append(f"{driver.log.name}: a traceback")
            say(scene.violations[-1])

    def _hang(self, text: str, say: Callable[[str], None]) -> None:
        driver = self._scene.driver
        self._report.hangs += 1
        say(f"HANG of {driver.log.name}: {text}")
        driver.expected |= {-signal.SIGABRT, MISTAKE}
        # Both processes tell on this signal where they are; one prints into a file that only the other has open.
        driver.send(signal.SIGSTOP)
        for process in driver.children():
            send(process, signal.SIGABRT)
        time.sleep(2.0)
        for place, file in enumerate(driver.open_files("(deleted)")):
            shutil.copyfile(file, driver.log.with_suffix(f".{place}.txt"))
        driver.send(signal.SIGABRT)
        driver.send(signal.SIGCONT)
        if driver.wait(ENDING_SECONDS) is None:
            driver.close()


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
