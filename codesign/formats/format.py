"""What every file format is: a name, suffixes, and functions that read and write."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from codesign.formats.body_plan import BodyPlan


@dataclass(frozen=True)
class Format:
    """One way in which files hold bodies.

    Attributes:
        name: what the user types and reads.
        suffixes: how its files end, lower case, with the dot; the first is that of files which are written. Empty for
            folders.
        read: path -> every body in the file, in its order. What a body says that bodies here cannot have is replaced
            and noted in `BodyPlan.inexpressible`. Raises FormatError, or OSError and ValueError whose text says what is
            wrong; reads through `codesign.reading`, so that no file can do harm.
        recognises: (path, its first 4096 bytes) -> whether the file, whose suffix is right, is one of these; asked in
            the order of the registry. For a folder the bytes are empty.
        write: (plans, path) -> the files written: `path` for one body, and where a file holds one body only,
            `<stem>-<name><suffix>` beside it for several. Raises FormatError for what the format cannot express. None
            for a format that is only read.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[Path], list[BodyPlan]]
    recognises: Callable[[Path, bytes], bool] = lambda _path, _head: True
    write: Callable[[Sequence[BodyPlan], Path], list[Path]] | None = None


def paths_for(names: Sequence[str], path: Path) -> list[Path]:
    """Return where bodies go whose format has one in a file: `path` for one, `<stem>-<name><suffix>` for several.

    Names may be a stranger's: of each, letters, digits, dots and dashes stay, at most 100 of them, and numbers tell
    apart what is then the same.
    """
    if len(names) == 1:
        return [path]
    plain = [re.sub(r"[^A-Za-z0-9.-]+", "_", name)[:100] for name in names]
    taken, found = set[str](), list[Path]()
    for name in plain:
        free, again = name, 1
        while free.lower() in taken:
            again += 1
            free = f"{name}-{again}"
        taken.add(free.lower())
        found.append(path.with_name(f"{path.stem}-{free}{path.suffix}"))
    return found
