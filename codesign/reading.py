"""Reading files that may come from strangers: at most so many bytes, of a file and nothing else, and data only.

Nothing here executes what it reads, waits for a stream, or takes more memory than the limits below allow. What is wrong
is an `OSError` whose `strerror` says it, or a `ValueError`; readers turn both into the error of their file.
"""

import errno
import json
import math
import os
import resource
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    import numpy as np

_MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """The most that is read of a file [bytes], by its kind; what codesign writes is far below.

    Attributes:
        configuration: a run's config.yaml, and any YAML of an experiment.
        metrics: a run's metrics.jsonl.
        recording: an exported design, JSON.
        bench: bench.json of an earlier benchmark.
        terrain: heights, .npy or .csv.
        weights: a controller, safetensors.
        input: what a run keeps a copy of.
        manifest: what stands beside a checkpoint, JSON.
        checkpoint: the state of a run, safetensors.
        table: the designs of a generation, parquet.
        parent_weights: what designs of a generation learned, safetensors.
        bodies: a file of bodies, of whatever format but parquet.
        drawings: bodies drawn in text.
    """

    configuration: int = 2 * _MIB
    metrics: int = 256 * _MIB
    recording: int = 256 * _MIB
    bench: int = 16 * _MIB
    terrain: int = 128 * _MIB
    weights: int = 256 * _MIB
    input: int = 256 * _MIB
    manifest: int = 16 * _MIB
    checkpoint: int = 8192 * _MIB
    table: int = 8192 * _MIB
    parent_weights: int = 8192 * _MIB
    bodies: int = 64 * _MIB
    drawings: int = 8 * _MIB


MOST = Limits()

MOST_JSON_MEMORY = 2048 * _MIB
"""Bytes that the values of a JSON text may take in memory, estimated from above by its punctuation."""

DEEPEST = 64
"""Levels of lists and mappings inside each other; deeper ones would exhaust the stack of what goes through them."""

_CHUNK = 8 * _MIB


def read_bytes(path: Path, most: int) -> bytes:
    """Return what is in a regular file of at most `most` bytes.

    Raises:
        OSError: there is no such file, it is larger, or is a folder, a stream or a device, which is never waited for.
    """
    with _opened(path) as (descriptor, size):
        parts, left = list[bytes](), most + 1
        # Sizes that file systems tell are not believed: those of /proc are 0, and a file may grow.
        while left > 0 and size <= most and (part := os.read(descriptor, min(left, _CHUNK))):
            parts.append(part)
            left -= len(part)
    if size > most or left <= 0:
        raise _too_large(path, most)
    return b"".join(parts)


def require_file(path: Path, most: int) -> None:
    """Check that something is a regular file of at most `most` bytes, for what opens it by its name.

    Raises:
        OSError: as `read_bytes` does.
    """
    with _opened(path) as (_, size):
        if size > most:
            raise _too_large(path, most)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[int, int]]:
    """Open a regular file, and yield its descriptor and size."""
    # Without O_NONBLOCK a pipe that nobody writes to would be waited for here.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        found = os.fstat(descriptor)
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, "a folder", str(path))
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "a stream or a device, not a file", str(path))
        yield descriptor, found.st_size
    finally:
        os.close(descriptor)


def _too_large(path: Path, most: int) -> OSError:
    return OSError(errno.EFBIG, f"larger than {most / _MIB:.4g} MiB, the most that is read", str(path))


@contextmanager
def limited_memory(most: int) -> Iterator[None]:
    """Let this process take at most `most` more bytes of memory while it reads what may claim any size.

    Whatever takes more gets a `MemoryError`, in other threads of the process too: for moments in which it does nothing
    else. For readers in native code, whose memory depends on more than a look at the file can tell.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + most
    if soft != resource.RLIM_INFINITY:
        limit = min(limit, soft)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def read_text(path: Path, most: int) -> str:
    """Return the text in a file of at most `most` bytes.

    Raises:
        OSError: as `read_bytes` does.
        ValueError: it is not UTF-8.
    """
    return read_bytes(path, most).decode("utf-8")


def json_value(text: str | bytes, *, settings: bool = False) -> Any:
    """Return the value of a strict JSON text: numbers are finite and of 64 bits, keys occur once, nesting has a limit.

    Args:
        text: the JSON.
        settings: whether it holds settings, some of which may be infinite.

    Raises:
        ValueError: it is none, or its value would take too much memory.
    """
    require_modest(text)
    try:
        value = json.loads(
            text.decode("utf-8") if isinstance(text, bytes) else text,
            parse_constant=float if settings else _refuse,
            parse_int=_whole,
            parse_float=_finite,
            object_pairs_hook=_once,
        )
    except RecursionError as error:
        raise ValueError(f"lists and objects more than {DEEPEST} levels deep") from error
    level, depth = _inside([value]), 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise ValueError(f"lists and objects more than {DEEPEST} levels deep")
        level = [inner for each in level for inner in _inside(each)]
    return value


def require_modest(text: str | bytes) -> None:
    """Check that the values of a JSON text, or of several in one, do not take too much memory.

    Raises:
        ValueError: they might.
    """
    # A list takes 56 bytes, a small dict 184 or more, a value of theirs 8 and, if it is a number or a text, 24 to 60.
    parts = ("{", 240), ("[", 64), (",", 68)
    counts = (text.count(part.encode()) if isinstance(text, bytes) else text.count(part) for part, _ in parts)
    most = 4 * len(text) + sum(count * size for count, (_, size) in zip(counts, parts, strict=True))
    if most > MOST_JSON_MEMORY:
        raise ValueError(f"so many values that they could take more than {MOST_JSON_MEMORY // _MIB} MiB of memory")


def _inside(value: Any) -> list[Any]:
    """Return the lists and objects right inside a list or object."""
    return [each for each in (value.values() if type(value) is dict else value) if type(each) in (list, dict)]


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name}, which is not a JSON number")


def _whole(text: str) -> int:
    # Python itself refuses more than 4300 digits, which take it long.
    number = int(text)
    if abs(number) > 2**64:
        raise ValueError("a whole number beyond 64 bits")
    return number


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number beyond 1.8e308")
    return number


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object with a key twice")
    return found


def safetensors_arrays(data: bytes) -> tuple[dict[str, "np.ndarray"], Mapping[str, str]]:
    """Return the arrays by name, and the metadata, of what is in a safetensors file.

    Raises:
        ValueError: it is no such file, or has arrays of a type that NumPy does not know.
    """
    from safetensors import SafetensorError  # noqa: PLC0415 - only what reads such a file loads it
    from safetensors.numpy import load  # noqa: PLC0415

    header = json_value(data[8 : 8 + int.from_bytes(data[:8], "little")])
    metadata = header.get("__metadata__", {}) if isinstance(header, dict) else None
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise ValueError("no safetensors (a header that is no object, or with metadata that are no texts)")
    try:
        arrays = load(data)
    except (SafetensorError, KeyError, TypeError) as error:
        raise ValueError(f"no safetensors ({error})") from error
    # Arrays without numbers may claim any number of rows of nothing.
    if any(size > len(data) for array in arrays.values() for size in array.shape):
        raise ValueError("no safetensors (an array of more rows than the file has bytes)")
    return arrays, metadata
