"""What tools/fuzz.py tries: something that reads a file, with valid ones to spoil."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fuzz_mutations import Mutation


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


@dataclass(frozen=True)
class Reader:
    """Something that reads a file.

    Attributes:
        name: what it is called.
        file: name of the file that is spoiled, below the folder that `read` gets.
        seeds: valid files.
        read: reads it, given the folder; may raise nothing but a CodesignError that names the file.
        structured: mutations of its format.
        share: how many of all inputs it gets, in proportion: few where reading takes long.
        named: whether what is refused names the file; where it is one of many, it names a key.
        write: puts a spoiled file, and what belongs to it, in its place.
    """

    name: str
    file: str
    seeds: tuple[bytes, ...]
    read: Callable[[Path], object]
    structured: tuple[Mutation, ...] = ()
    share: float = 1.0
    write: Callable[[Path, bytes], None] = _write
    named: bool = True
