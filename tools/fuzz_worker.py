"""One process that reads spoiled files: with little memory, watched for what it opens and starts."""

import json
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

from fuzz_readers import Reader

_HARMFUL = (
    *("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "subprocess.Popen", "pty.spawn"),
    *("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto", "urllib.Request", "pickle.find_class"),
    *("ctypes.dlopen", "os.putenv", "os.kill", "webbrowser.open"),
)
"""Events of Python's audit hooks that no reader may cause."""

_CHANGING = (
    *("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.symlink", "os.link", "os.chmod", "os.chown", "os.truncate"),
    *("shutil.rmtree", "shutil.move", "shutil.copyfile"),
)
"""Events that a reader may cause in its own folder only."""

_ABOUT_MEMORY = ("/proc/meminfo", "/proc/self/cgroup", "/proc/self/statm", "/sys/fs/cgroup/")
"""Files that say how much memory there is, which readers with a limit ask."""

_EXECUTING = ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>", "dataclasses.py")
"""Files of what may execute code: imports, and the makers of dataclasses."""

BROKEN = 70
"""Exit status of a worker that failed itself, which no reader is to blame for."""

GROWN = 71
"""Exit status of a worker that grew so much over an input that no more could be seen of the next."""


class Progress:
    """How far a worker is, in memory that its parent sees, whatever becomes of the worker."""

    def __init__(self, numbers: Any, clock: Any) -> None:
        self._numbers, self._clock = numbers, clock

    @classmethod
    def of(cls, context: BaseContext, reader: int, first: int, end: int) -> "Progress":
        """Return that of a worker which is about to read inputs `first` to before `end` of a reader."""
        numbers = context.RawArray("q", [reader, first, end, 0, 0])  # type: ignore[attr-defined]
        return cls(numbers, context.RawArray("d", [0.0]))  # type: ignore[attr-defined]

    @property
    def reader(self) -> int:
        """Number of the reader."""
        return self._numbers[0]

    @property
    def index(self) -> int:
        """Number of the input that is being read; `end` when all were."""
        return self._numbers[1]

    @property
    def end(self) -> int:
        """Number after that of the last input."""
        return self._numbers[2]

    @property
    def accepted(self) -> int:
        """Inputs that were read."""
        return self._numbers[3]

    @property
    def refused(self) -> int:
        """Inputs that were refused in one line."""
        return self._numbers[4]

    @property
    def waited(self) -> float:
        """Time since the worker began with its input [s]; 0 before the first and after the last."""
        return time.monotonic() - self._clock[0] if self._clock[0] else 0.0

    def begin(self, index: int) -> None:
        """Note that an input is about to be read."""
        self._numbers[1], self._clock[0] = index, time.monotonic()

    def count(self, kind: str) -> None:
        """Count an input as accepted or refused."""
        self._numbers[3 if kind == "accepted" else 4] += 1

    def finish(self) -> None:
        """Note that all inputs were read."""
        self._clock[0], self._numbers[1] = 0.0, self._numbers[2]


class Watch:
    """What a reader does besides reading its file, by Python's audit hooks, which stay as long as the process."""

    def __init__(self, folder: Path) -> None:
        self._folder = f"{folder}{os.sep}"
        package = Path(__file__).resolve().parent.parent
        self._allowed = (
            *_ABOUT_MEMORY,
            os.devnull,
            sys.prefix,
            sys.base_prefix,
            *(f"{each}/" for each in _code(package)),
        )
        self.active = False
        self.seen: list[str] = []
        sys.addaudithook(self._heard)

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.active:
            return
        harm = ""
        if event == "open":
            harm = self._opened(*arguments)
        elif event == "exec":
            name = sys._getframe(1).f_code.co_filename
            harm = "" if name.endswith(_EXECUTING) else f"executes code in {name}"
        elif event in _CHANGING:
            harm = "" if self._inside(arguments[0]) else f"{event} of {arguments[0]!r}"
        elif event in _HARMFUL:
            harm = f"{event} {arguments!r}"
        if harm:
            self.seen.append(harm[:300])
            raise PermissionError(f"forbidden: {harm}")

    def _opened(self, path: Any, _mode: Any, flags: Any) -> str:
        if isinstance(path, int) or self._inside(path):
            return ""
        writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if not writes and os.path.abspath(os.fsdecode(path)).startswith(self._allowed):  # noqa: PTH100 - may be bytes
            return ""
        return f"opens {path!r}"

    def _inside(self, path: Any) -> bool:
        return os.path.abspath(os.fsdecode(path)).startswith(self._folder)  # noqa: PTH100 - as above


def _code(root: Path) -> tuple[Path, ...]:
    return root / "codesign", root / "conf", root / "tools"


def work(*given: Any) -> None:
    """Do what `read_all` does, and end this process with status `BROKEN` if it fails itself."""
    try:
        read_all(*given)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(BROKEN)


def read_all(
    reader: Reader,
    seed: int,
    memory: int,
    folder: Path,
    progress: Progress,
    input_of: Callable[[Reader, int, int], bytes],
) -> None:
    """Read the inputs that `progress` names, and note in a file beside `folder` those that fail.

    Args:
        reader: what reads.
        seed: of the inputs.
        memory: bytes by which this process may grow over one input.
        folder: where the files lie.
        progress: what to do, and how far it is.
        input_of: returns an input by reader, seed and number.
    """
    from codesign.errors import CodesignError  # noqa: PLC0415 - not before the fork

    own = folder / reader.name
    path = own / reader.file
    path.parent.mkdir(parents=True, exist_ok=True)
    for valid in reader.seeds:  # whatever is loaded or computed once is, before memory is limited
        reader.write(path, valid)
        reader.read(own)
    os.chdir(own)
    watch = Watch(own)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit = _virtual_memory() + 4 * memory
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for index in range(progress.index, progress.end):
        data = input_of(reader, seed, index)
        progress.begin(index)
        reader.write(path, data)
        kind, what = "accepted", ""
        watch.active = True
        try:
            reader.read(own)
        except CodesignError as error:
            watch.active = False
            message = " ".join(str(error).split())
            named = not reader.named or any(str(each) in message for each in (path, own))
            kind, what = ("refused", "") if named else ("unnamed", _place(error))
        except BaseException as error:  # a panic in native code is none of Exception
            watch.active = False
            kind, what = "exception", f"{type(error).__name__} {_place(error)}"
        watch.active = False
        if watch.seen:
            kind, what = "outside", watch.seen[0]
            watch.seen.clear()
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
        peak += max(0, grown)
        if grown * 1024 > memory:
            kind, what = "memory", f"{grown // 2**17 * 128} MiB or more"
        if kind in ("accepted", "refused"):
            progress.count(kind)
        else:
            with folder.with_suffix(".jsonl").open("a", encoding="utf-8") as notes:
                notes.write(json.dumps([index, kind, what]) + "\n")
            if kind == "memory":
                os._exit(GROWN)
    progress.finish()


def _place(error: BaseException) -> str:
    """Return where an error was raised, and from where of codesign."""
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if "/codesign/" in frame.filename]
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in (*inside[-1:], *frames[-1:])]
    return " ".join(dict.fromkeys(places))


def _virtual_memory() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()
