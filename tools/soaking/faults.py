"""Faults by kind, each injected into a run by real signals, real nodes and real files."""

import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from codesign.errors import CheckpointError
from codesign.run import RunFolder
from codesign.run.checkpoint import load, manifests
from codesign.signals import ENDING, exit_status

from .agenda import Agenda
from .cluster import Nodes
from .disk import Disk
from .driver import Driver, local, spawn

MISTAKE = 2
"""Exit status of a run that cannot go on where it is."""

_REFUSED_SECONDS = 120.0
"""Time that a second process has to find that it may not go on with a run."""


@dataclass
class Scene:
    """What faults are injected into, and what came of it.

    Attributes:
        driver: the run.
        nodes: the cluster that it may evaluate on.
        disk: where its folder is.
        logs: folder for what processes print.
        random: source of all choices.
        agenda: for what happens after a fault.
        counts: faults so far, by kind.
        violations: what was not as promised.
    """

    driver: Driver
    nodes: Nodes
    disk: Disk
    logs: Path
    random: random.Random
    agenda: Agenda = field(default_factory=Agenda)
    counts: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)


Kinds = dict[str, tuple[Callable[[Scene], bool], float]]
"""Faults by kind: what injects one, and how frequent it is."""


def send(process: int, number: signal.Signals) -> None:
    """Send a signal to a process, if it is there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)


# Each returns whether there was something to inject it into.


def worker_killed(scene: Scene) -> bool:
    """End a worker in a piece."""
    busy = scene.nodes.workers(busy=True)
    if busy:
        send(scene.random.choice(busy), signal.SIGKILL)
    return bool(busy)


def all_workers_killed(scene: Scene) -> bool:
    """End all workers at once."""
    workers = scene.nodes.workers()
    for worker in workers:
        send(worker, signal.SIGKILL)
    return len(workers) > 1


def worker_stopped_briefly(scene: Scene) -> bool:
    """Stop a worker for less time than it may take."""
    return _stopped(scene, scene.random.uniform(0.2, 2.0))


def worker_stopped_beyond_deadline(scene: Scene) -> bool:
    """Stop a worker for longer than it may take, so that others get its piece, and continue it then."""
    return _stopped(scene, scene.random.uniform(6.0, 14.0))


def _stopped(scene: Scene, seconds: float) -> bool:
    busy = scene.nodes.workers(busy=True)
    if busy:
        worker = scene.random.choice(busy)
        send(worker, signal.SIGSTOP)
        scene.agenda.after(seconds, lambda: send(worker, signal.SIGCONT))
    return bool(busy)


def worker_slowed(scene: Scene) -> bool:
    """Let a worker compute for a third of the time."""
    workers = scene.nodes.workers()
    if workers:
        worker = scene.random.choice(workers)
        for cycle in range(10):
            scene.agenda.after(0.6 * cycle, lambda: send(worker, signal.SIGSTOP))
            scene.agenda.after(0.6 * cycle + 0.4, lambda: send(worker, signal.SIGCONT))
    return bool(workers)


def node_removed(scene: Scene) -> bool:
    """End a node, be it the last; then one comes later."""
    live = scene.nodes.live
    if live:
        scene.nodes.remove(scene.random.choice(live))
    _ensure_node(scene)
    return bool(live)


def raylet_killed(scene: Scene) -> bool:
    """End the process by which Ray controls a node."""
    live = scene.nodes.live
    if live:
        scene.nodes.kill_raylet(scene.random.choice(live))
        scene.agenda.after(4.0, scene.nodes.bury)
    _ensure_node(scene)
    return bool(live)


def _ensure_node(scene: Scene) -> None:
    if not scene.nodes.live:
        scene.agenda.after(scene.random.uniform(0.5, 4.0), lambda: scene.nodes.live or scene.nodes.add())


def node_added(scene: Scene) -> bool:
    """Let a node join."""
    room = len(scene.nodes.live) < scene.nodes.most
    if room:
        scene.nodes.add()
    return room


def ray_process_killed(scene: Scene) -> bool:
    """End the process that talks to Ray for the run."""
    children = scene.driver.children()
    for child in children:
        send(child, signal.SIGKILL)
    scene.driver.expected |= {MISTAKE, 0}
    return bool(children)


def cluster_ended(scene: Scene) -> bool:
    """End the whole cluster; another one is there when the run goes on."""
    if not scene.driver.progressed():
        return False
    scene.driver.expected |= {MISTAKE, 0}
    scene.nodes.replace()
    return True


def driver_killed(scene: Scene) -> bool:
    """End the run's process by SIGKILL."""
    scene.driver.expected |= {-signal.SIGKILL, 0}
    scene.driver.send(signal.SIGKILL)
    return True


def driver_signalled(number: signal.Signals) -> Callable[[Scene], bool]:
    """Return a fault that sends a run's process a signal which asks it to end."""

    def signalled(scene: Scene) -> bool:
        driver = scene.driver
        if MISTAKE in driver.expected:
            driver.expected.add(
                -number
            )  # it may be past its last words already, where a signal does what it always does
        driver.expected |= {exit_status(number), 0}
        driver.send(number)
        return True

    return signalled


def second_process(scene: Scene) -> bool:
    """Start another process on the folder of the run, which it must be refused."""
    driver, folder, own = scene.driver, scene.driver.folder, scene.driver.process
    log = scene.logs / f"{folder.name}_second_{scene.counts['second_process']:03d}.log"
    process = spawn([f"run={folder}", *local(1)], log)
    until = time.monotonic() + _REFUSED_SECONDS

    def look() -> None:
        if driver.process != own or driver.status() is not None or driver.folder != folder:
            # The run's own process has ended, or is elsewhere, so that there is nothing to refuse.
            process.kill()
            process.wait()
        elif process.poll() is None and time.monotonic() < until:
            scene.agenda.after(0.2, look)
        else:
            said = log.read_text(encoding="utf-8", errors="replace")
            if process.poll() != MISTAKE or "in use by another process" not in said:
                scene.violations.append(f"second process: status {process.poll()}: {said[-300:]}")
            process.kill()

    look()
    return True


def disk_full(scene: Scene) -> bool:
    """Leave no space where the run writes, for a while."""
    scene.disk.fill()
    scene.agenda.after(scene.random.uniform(1.0, 4.0), scene.disk.free)
    scene.driver.expected.add(MISTAKE)
    return True


def read_only(scene: Scene) -> bool:
    """Make a part of the run's folder read-only for a while."""
    folder = RunFolder(scene.driver.folder)
    part = scene.random.choice((folder.designs, folder.checkpoints, folder.metrics))
    if scene.disk.disturbed or not scene.disk.freeze(part):
        return False
    scene.agenda.after(scene.random.uniform(1.0, 4.0), scene.disk.thaw)
    scene.driver.expected.add(MISTAKE)
    return True


def folder_moved_while_running(scene: Scene) -> bool:
    """Move the run's folder while its process works."""
    if scene.disk.disturbed:
        return False
    scene.driver.expected |= {MISTAKE, 0}
    return folder_moved(scene)


def folder_moved(scene: Scene) -> bool:
    """Move the run's folder."""
    before = scene.driver.folder
    name = before.name.partition("-")[0]
    after = before.with_name(f"{name}-{sum(scene.counts.values())}")
    before.rename(after)
    scene.driver.folder = after
    return True


def checkpoint_flipped(scene: Scene) -> bool:
    """Change a bit of the newest checkpoint."""
    newest = _newest_of_several(scene)
    if newest is not None:
        data = bytearray(newest.with_suffix(".safetensors").read_bytes())
        data[scene.random.randrange(len(data))] ^= 1 << scene.random.randrange(8)
        newest.with_suffix(".safetensors").write_bytes(data)
    return newest is not None


def checkpoint_truncated(scene: Scene) -> bool:
    """Cut the newest checkpoint short."""
    newest = _newest_of_several(scene)
    if newest is not None:
        path = newest.with_suffix(scene.random.choice((".safetensors", ".json")))
        os.truncate(path, scene.random.randrange(path.stat().st_size))
    return newest is not None


def manifest_deleted(scene: Scene) -> bool:
    """Remove the newest checkpoint's manifest."""
    newest = _newest_of_several(scene)
    if newest is not None:
        newest.unlink()
    return newest is not None


def _newest_of_several(scene: Scene) -> Path | None:
    """Return the manifest of the newest checkpoint, if that and another one are whole."""
    whole = []
    for path in manifests(RunFolder(scene.driver.folder).checkpoints):
        with contextlib.suppress(CheckpointError):
            load(path)
            whole.append(path)
    return whole[0] if len(whole) > 1 else None


def metrics_cut(scene: Scene) -> bool:
    """Leave half a line at the end of the metrics."""
    path = RunFolder(scene.driver.folder).metrics
    if not path.exists():
        return False
    with path.open("ab") as file:
        file.write(b'{"generation": 7, "best_fi')
    return True


def remains_left(scene: Scene) -> bool:
    """Leave files that were not finished."""
    folder = RunFolder(scene.driver.folder)
    parts = [folder.path / ".best.json.1234.part"]
    parts += [parent / ".generation_000003.x.part" for parent in (folder.designs, folder.checkpoints)]
    for part in parts:
        if part.parent.is_dir():
            part.write_bytes(b"half")
    return folder.path.is_dir()


def read_only_at_start(scene: Scene) -> bool:
    """Let the next process find a part of the folder read-only."""
    return read_only(scene)


ON_WORKERS: Kinds = {
    "worker_killed": (worker_killed, 5.0),
    "all_workers_killed": (all_workers_killed, 2.0),
    "worker_stopped_briefly": (worker_stopped_briefly, 4.0),
    "worker_stopped_beyond_deadline": (worker_stopped_beyond_deadline, 3.0),
    "worker_slowed": (worker_slowed, 3.0),
    "node_removed": (node_removed, 1.0),
    "node_added": (node_added, 2.5),
    "raylet_killed": (raylet_killed, 1.0),
    "ray_process_killed": (ray_process_killed, 0.4),
    "cluster_ended": (cluster_ended, 0.2),
}
"""Faults of a run on a cluster with their frequency."""

ON_DRIVER: Kinds = {
    "driver_killed": (driver_killed, 3.0),
    **{f"driver_{number.name}": (driver_signalled(number), 0.6) for number in ENDING},
    "second_process": (second_process, 1.0),
    "folder_moved_while_running": (folder_moved_while_running, 1.0),
}
"""Faults of a run that has finished a generation since its process began, with their frequency."""

ON_DISK: Kinds = {
    "disk_full": (disk_full, 2.0),
    "read_only": (read_only, 2.0),
}
"""Faults of a run on a file system of its own, with their frequency."""

WHILE_STOPPED: Kinds = {
    "checkpoint_flipped": (checkpoint_flipped, 1.0),
    "checkpoint_truncated": (checkpoint_truncated, 1.0),
    "manifest_deleted": (manifest_deleted, 1.0),
    "metrics_cut": (metrics_cut, 1.0),
    "remains_left": (remains_left, 1.0),
    "folder_moved": (folder_moved, 1.0),
}
"""Faults between two processes of a run, with their frequency."""

STOPPED_ON_DISK: Kinds = {
    "read_only_at_start": (read_only_at_start, 1.0),
}
"""The same on a file system of its own."""


def inject(scene: Scene, kinds: Kinds) -> str | None:
    """Inject a fault of one of the kinds, if there is something to inject it into, and return which one."""
    name = scene.random.choices(list(kinds), [weight for _, weight in kinds.values()])[0]
    if not kinds[name][0](scene):
        return None
    scene.counts[name] += 1
    return name
