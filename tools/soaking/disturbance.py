"""One run that goes on in spite of faults, process by process."""

import math
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from .driver import local, ray
from .faults import MISTAKE, ON_DISK, ON_DRIVER, ON_WORKERS, STOPPED_ON_DISK, WHILE_STOPPED, Kinds, Scene, inject, send

PAUSE = (0.3, 2.7)
"""Seconds between two faults."""

AT_ONCE = 3
"""Faults without a generation in between; with more of them no worker would live long enough to finish anything."""

HANG_SECONDS = 240.0
"""Time without a finished generation that counts as a hang."""

ENDING_SECONDS = 90.0
"""Time that a process has to end when it is told to."""

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
            if status is not None:
                self._judge(status, say)
                if status == 0:
                    return
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
        if status:
            say(how)
        if status not in {*driver.expected, 0}:
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
