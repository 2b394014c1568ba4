"""Give every reader of files spoiled files, and see that it refuses each in one line: a bounded search for failures.

    python tools/fuzz.py --inputs 100000                  all readers
    python tools/fuzz.py --reader weights --seconds 60    one of them, for a minute

Valid files are made by a run of some seconds, then spoiled at random (input i of a reader follows from the seed, the
reader's name and i alone) and read in worker processes. A reader fails where it raises anything but a CodesignError
that names the file, takes longer than --alarm, takes much memory, ends its process, or reaches outside of its folder:
opens a file elsewhere, changes one, starts a process, opens a connection, unpickles or executes something. The inputs
that failed are kept in --output. Ends with JSON: inputs, accepted and refused ones by reader, and failures by kind;
exit status 1 if there are any.
"""

import argparse
import importlib
import json
import math
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Any

from fuzz_mutations import mutate
from fuzz_readers import Reader, make_seeds, readers
from fuzz_worker import BROKEN, GROWN, Progress, work

CHUNK = 5000
"""Inputs that a worker gets at a time, at a share of 1."""

LOADED = ("codesign.cli.train", "codesign.cli.evolve", "codesign.cli.bench", "pyarrow.parquet", "safetensors.numpy")
"""What workers need, loaded once before they are forked."""


@dataclass(frozen=True)
class Settings:
    """How readers are tried.

    Attributes:
        seed: of the inputs.
        workers: processes.
        alarm: time for one input [s]; one that takes longer hangs.
        memory: bytes by which a process may grow over one input.
        seconds: time for all inputs [s].
        output: folder for inputs that failed.
    """

    seed: int
    workers: int
    alarm: float
    memory: int
    seconds: float
    output: Path


def input_of(reader: Reader, seed: int, index: int) -> bytes:
    """Return input number `index` of a reader."""
    return mutate(Random(f"{seed} {reader.name} {index}"), reader.seeds, reader.structured)


def chunks(tried: Sequence[Reader], inputs: int) -> Iterator[tuple[int, int, int]]:
    """Yield reader, first input and one after the last, of all readers by turns, until each had its share."""
    total = sum(reader.share for reader in tried)
    most = [max(1, math.ceil(inputs * reader.share / total)) for reader in tried]
    done = [0] * len(tried)
    while any(count < limit for count, limit in zip(done, most, strict=True)):
        for place, reader in enumerate(tried):
            end = min(most[place], done[place] + max(20, int(CHUNK * reader.share)))
            if done[place] < end:
                yield place, done[place], end
            done[place] = end


class Supervisor:
    """Worker processes, each watched: one that hangs or ends is replaced, and goes on with the next input."""

    def __init__(self, tried: Sequence[Reader], settings: Settings, folder: Path) -> None:
        self._readers, self._settings, self._folder = tried, settings, folder
        self._context = multiprocessing.get_context("fork")
        self._failures: dict[tuple[str, str, str], dict[str, Any]] = {}
        self._counts = {reader.name: {"inputs": 0, "accepted": 0, "refused": 0, "failed": 0} for reader in tried}
        settings.output.mkdir(parents=True, exist_ok=True)

    def run(self, inputs: int) -> dict[str, Any]:
        """Try so many inputs in all, and return the figures."""
        begin = time.monotonic()
        waiting = chunks(self._readers, inputs)
        running: dict[int, tuple[BaseProcess, Progress]] = {}
        free = list(range(self._settings.workers))
        while True:
            late = time.monotonic() - begin > self._settings.seconds
            while free and not late and (chunk := next(waiting, None)):
                number = free.pop()
                running[number] = self._start(number, *chunk)
            if not running:
                break
            time.sleep(0.02)
            for number, (process, progress) in list(running.items()):
                # One that has ended by itself is judged by how it ended, however late that is seen.
                hangs = process.is_alive()
                if hangs:
                    if progress.waited < self._settings.alarm:
                        continue
                    os.kill(process.pid or 0, signal.SIGKILL)
                    process.join()
                if hangs and process.exitcode == -signal.SIGKILL:
                    self._failed(progress, "hang", f"longer than {self._settings.alarm:g} s")
                elif process.exitcode == BROKEN:
                    raise RuntimeError(f"the tool itself failed on input {progress.index} of a reader, as said above")
                elif progress.index < progress.end and process.exitcode != GROWN:
                    self._failed(progress, "crash", f"process ended with status {process.exitcode}")
                self._collect(number, progress)
                del running[number]
                if progress.index + 1 < progress.end:
                    running[number] = self._start(number, progress.reader, progress.index + 1, progress.end)
                else:
                    free.append(number)
        seconds = time.monotonic() - begin
        total = sum(each["inputs"] for each in self._counts.values())
        return {
            "seed": self._settings.seed,
            "inputs": total,
            "seconds": round(seconds, 1),
            "inputs_per_second": round(total / seconds, 1),
            "readers": self._counts,
            "failures": sorted(self._failures.values(), key=lambda each: (each["reader"], each["kind"], each["what"])),
        }

    def _start(self, number: int, reader: int, first: int, end: int) -> tuple[BaseProcess, Progress]:
        place = self._folder / f"worker{number}"
        place.mkdir(exist_ok=True)
        progress = Progress.of(self._context, reader, first, end)
        function = (self._readers[reader], self._settings.seed, self._settings.memory, place, progress, input_of)
        process = self._context.Process(target=work, args=function, daemon=True)
        process.start()
        return process, progress

    def _collect(self, number: int, progress: Progress) -> None:
        counts = self._counts[self._readers[progress.reader].name]
        accepted, refused = progress.accepted, progress.refused
        notes = self._folder / f"worker{number}.jsonl"
        lines = notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []
        notes.unlink(missing_ok=True)
        for index, kind, what in map(json.loads, lines):
            self._failed_at(progress.reader, index, kind, what)
        counts["accepted"] += accepted
        counts["refused"] += refused
        counts["inputs"] += accepted + refused + len(lines)

    def _failed(self, progress: Progress, kind: str, what: str) -> None:
        self._failed_at(progress.reader, progress.index, kind, what)
        self._counts[self._readers[progress.reader].name]["inputs"] += 1

    def _failed_at(self, place: int, index: int, kind: str, what: str) -> None:
        reader = self._readers[place]
        self._counts[reader.name]["failed"] += 1
        failure = self._failures.get((reader.name, kind, what))
        if failure is None:
            kept = self._settings.output / f"{reader.name}-{kind}-{index}"
            kept.write_bytes(input_of(reader, self._settings.seed, index))
            failure = {"reader": reader.name, "kind": kind, "what": what, "count": 0, "input": str(kept)}
            self._failures[reader.name, kind, what] = failure
        failure["count"] += 1


def fuzz(tried: Sequence[Reader], inputs: int, settings: Settings) -> dict[str, Any]:
    """Try readers with so many inputs in all, and return the figures."""
    fast = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=fast if os.access(fast, os.W_OK) else None) as folder:
        return Supervisor(tried, settings, Path(folder).resolve()).run(inputs)


def seeded_readers(folder: Path) -> tuple[Reader, ...]:
    """Return all readers, their valid files made in `folder` by a process of its own."""
    # Workers are forked from this process, which therefore must not have threads.
    process = multiprocessing.get_context("spawn").Process(target=make_seeds, args=(folder,))
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError("no valid files to begin with")
    found = readers(folder)
    for name in LOADED:
        importlib.import_module(name)
    return found


def main() -> int:
    """Run the tool, and return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=100_000, help="files in all")
    parser.add_argument("--seconds", type=float, default=600.0, help="time for all of them")
    parser.add_argument("--seed", type=int, default=0, help="of the files")
    parser.add_argument("--reader", action="append", help="only this reader; may be said several times")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)), help="processes")
    parser.add_argument("--alarm", type=float, default=20.0, help="seconds for one file")
    parser.add_argument("--memory", type=int, default=512, help="MiB for one file")
    parser.add_argument("--output", type=Path, default=Path("runs/fuzz"), help="folder for files that failed")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        every = seeded_readers(Path(folder).resolve())
        names = [reader.name for reader in every]
        if unknown := set(given.reader or ()) - set(names):
            parser.error(f"no reader {', '.join(sorted(unknown))}; there are {', '.join(names)}")
        tried = [reader for reader in every if given.reader is None or reader.name in given.reader]
        memory = given.memory * 2**20
        settings = Settings(given.seed, given.workers, given.alarm, memory, given.seconds, given.output)
        report = fuzz(tried, given.inputs, settings)
    print(json.dumps(report, indent=1))
    return 1 if report["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
