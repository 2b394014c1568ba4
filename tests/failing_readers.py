"""Readers of files that fail in every way that tools/fuzz.py looks for; run as a program, prints its report."""

import ctypes
import json
import os
import pickle
import sys
import time
from collections.abc import Callable
from pathlib import Path

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
    "hang": lambda _path: time.sleep(60),
    "segmentation": lambda _path: ctypes.string_at(1),
    "ends": end,
    "memory": lambda _path: bytearray(2**28),
    "too much memory": lambda _path: bytearray(2**40),
    "reads elsewhere": lambda _path: Path("/etc/passwd").read_bytes(),
    "writes elsewhere": lambda path: (path.parent.parent / "other").write_bytes(b""),
    "removes": lambda path: (path.parent.parent / "absent").unlink(),
    "starts": lambda _path: os.system("true"),
    "unpickles": lambda _path: pickle.loads(pickle.dumps(Harmful())),
}

if __name__ == "__main__":
    # By the name of the place where they are, so that the test sees which harm was found in which reader.
    tried = [failing(name, harm) for name, harm in HARM.items()]
    settings = Settings(seed=1, workers=2, alarm=4.0, memory=2**27, seconds=60.0, output=Path(sys.argv[1]))
    print(json.dumps(fuzz(tried, 2 * len(tried), settings)))
