"""Folders that EvoGym's examples write: generations of structure files with a ranking of their fitness."""

import re
from pathlib import Path

from codesign.errors import CodesignError
from codesign.formats.body_plan import BodyPlan, FormatError
from codesign.formats.evogym import read_structure
from codesign.formats.format import Format
from codesign.reading import MOST, read_text

_GENERATION = re.compile("generation_([0-9]{1,9})")
_NUMBER = re.compile("[0-9]{1,9}")


def _generations(path: Path) -> list[tuple[int | None, Path]]:
    """Return the generations in a folder by their numbers, or the folder itself if it is one."""
    if (path / "structure").is_dir():
        number = _GENERATION.fullmatch(path.resolve().name)
        return [(int(number[1]) if number else None, path)]
    found = [(_GENERATION.fullmatch(each.name), each) for each in path.iterdir() if each.is_dir()]
    return sorted((int(number[1]), each) for number, each in found if number)


def read(path: Path) -> list[BodyPlan]:
    """Return every body of every generation, named by generation and label, with its fitness where that is known.

    Raises:
        FormatError: a file that cannot be read or is none of EvoGym's; the message names it.
        OSError: a folder cannot be read.
    """
    plans = list[BodyPlan]()
    for generation, folder in _generations(path):
        fitness = _ranking(folder / "output.txt")
        files = [each for each in (folder / "structure").glob("*.npz") if _NUMBER.fullmatch(each.stem)]
        for file in sorted(files, key=lambda each: int(each.stem)):
            label = int(file.stem)
            name = f"s{label:03d}" if generation is None else f"g{generation:03d}-s{label:03d}"
            about = {} if generation is None else {"generation": str(generation)}
            try:
                plans.append(read_structure(file, name, fitness.get(label), about))
            except CodesignError as error:
                raise FormatError(error.expected, f"{error.got} in {file}", error.remedy) from error
            except (OSError, ValueError) as error:
                raise _unreadable("a structure file of EvoGym", file, error) from error
    return plans


def _ranking(path: Path) -> dict[int, float]:
    """Return the fitness of each label, nothing where a generation has no ranking yet.

    Raises:
        FormatError: a line that is not a label and a fitness.
    """
    try:
        lines = read_text(path, MOST.bodies).splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _unreadable("a ranking of EvoGym", path, error) from error
    found = dict[int, float]()
    for number, line in enumerate(lines, start=1):
        if words := line.split():
            try:
                label, fitness = words
                found[int(label)] = float(fitness)
            except ValueError as error:
                got = f"{line[:40]!r} in line {number} of {path}"
                raise FormatError("a label and a fitness", got, "mend the line, or remove it") from error
    return found


def _unreadable(what: str, path: Path, error: OSError | ValueError) -> FormatError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error).partition("\n")[0]
    return FormatError(what, f"{path} ({reason})", "check the file")


def _recognises(path: Path, head: bytes) -> bool:
    del head
    try:
        return bool(_generations(path))
    except OSError:  # told by who reads it
        return True


EVOGYM_RUN = Format(name="evogym_run", suffixes=(), read=read, recognises=_recognises)
