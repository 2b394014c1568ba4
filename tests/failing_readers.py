"""Readers of files that fail in every way that tools/fuzz.py looks for; run as a program, prints its report."""

import ctypes
import json
import multiprocessing
import os
import pickle
import sys
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))

from fuzz import Settings, fuzz  # pyright: ignore[reportMissingImports]
from fuzz_readers import Reader  # pyright: ignore[reportMissingImports]

from codesign.errors import CodesignError

SEED = b"valid " * 8


def failing(name: str, harm: Callable[[Path], object]) -> Reader:
    """Return a reader that reads what is valid, and of anything else does harm."""

    def read(folder: Path) -> object:
        path = folder / "file"
        if path.read_bytes() == SEED:
            return None
        return harm(path)

    return Reader(name, "file", (SEED,), read)


def refuse(path: Path) -> None:
    raise CodesignError("a valid file", f"{path}", "mend it")


def refuse_without_a_name(_path: Path) -> None:
    raise CodesignError("a valid file", "another", "mend it")


def end(_path: Path) -> None:
    os._exit(0)


class Harmful:
    """Something that a pickle would run."""

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("true",)


HARM: dict[str, Callable[[Path], object]] = {
    "sound": refuse,
    "unnamed": refuse_without_a_name,
    "exception": lambda path: int(path.read_bytes()[:0]),
    "panic": lambda _path: exec("raise SystemExit"),
    "hang": lambda _path: time.sleep(3600),
    "segmentation": lambda _path: ctypes.string_at(1),
    "ends": end,
    # 192 MiB: growth is told in whole 128 MiB, and what a process is measured to grow by varies by a few.
    "memory": lambda _path: bytearray(3 * 2**26),
    "too much memory": lambda _path: bytearray(2**40),
    "reads elsewhere": lambda _path: Path("/etc/passwd").read_bytes(),
    "writes elsewhere": lambda path: (path.parent.parent / "other").write_bytes(b""),
    "removes": lambda path: (path.parent.parent / "absent").unlink(),
    "starts": lambda _path: os.system("true"),
    "unpickles": lambda _path: pickle.loads(pickle.dumps(Harmful())),
}

HANGS = "hang"
"""The reader that never ends; all others end by themselves, however long that takes on a machine that is busy."""


def report_of(names: Collection[str], folder: Path, alarm: float) -> dict[str, Any]:
    """Return what is found in readers, by the name of the place where they are, so that one sees which harm it was."""
    tried = [failing(name, HARM[name]) for name in names]
    return fuzz(tried, 2 * len(tried), Settings(1, 2, alarm, 2**27, 3600.0, folder))


def look_when_all_have_ended(_seconds: float) -> None:
    """Sleep until no worker is left."""
    for process in multiprocessing.active_children():
        process.join()


if __name__ == "__main__":
    output, late = Path(sys.argv[1]), sys.argv[2:] == ["late"]
    ending = HARM.keys() - {HANGS}
    if late:
        time.sleep = look_when_all_have_ended
        print(json.dumps(report_of(sorted(ending), output, alarm=0.0)))
    else:
        report, other = report_of(sorted(ending), output, alarm=1800.0), report_of([HANGS], output, alarm=0.5)
        failures, counts = report["failures"] + other["failures"], report["readers"] | other["readers"]
        print(json.dumps({"failures": failures, "readers": counts}))
