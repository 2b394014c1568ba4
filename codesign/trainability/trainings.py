"""Learning from new starts, kept piece by piece, so that an analysis that was interrupted goes on."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from codesign import files
from codesign.body import Bodies, develop
from codesign.errors import RunError
from codesign.evaluate import (
    DesignWeights,
    Evaluations,
    EvaluationSpec,
    Evaluator,
    KeptWeights,
    Request,
)
from codesign.genome import Genomes
from codesign.reading import MOST, json_value, read_bytes
from codesign.run import flattened
from codesign.streams import Purpose, stream
from codesign.train import LearningStatus
from codesign.trainability.samples import Sample

NEW = 2**20
"""Number of the first new start (`Request.attempts`); a run's own re-evaluation never comes to it, so that selection
has seen none of these."""

OWN = 0
"""Number of the start that a design of a run has."""

VERSION = 1

_KIND = "codesign trainings"


@dataclass(frozen=True)
class Training:
    """How a design learned from one start.

    Attributes:
        design: checksum of the design and of all that decides its evaluation.
        attempt: number of its start.
        copy: 0 for the start itself, else the number of a copy that was moved a little.
        fitness: after learning; None if invalid.
        untrained: performance before learning; None if invalid.
        status: how learning ended, the label of a `LearningStatus`.
        best_iteration: steps before the best performance.
        improving: share of the steps that made it better than the one before; None where there is none.
        robot_steps: simulated steps that it took.
    """

    design: str
    attempt: int
    copy: int
    fitness: float | None
    untrained: float | None
    status: str
    best_iteration: int
    improving: float | None
    robot_steps: float

    @property
    def number(self) -> tuple[str, int, int]:
        """What tells it from all others."""
        return self.design, self.attempt, self.copy


class Trainings:
    """Trainings that are known, in files of a folder.

    Args:
        folder: where they are; it need not be there.

    Attributes:
        known: by design, attempt and copy.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.known: dict[tuple[str, int, int], Training] = {}
        for path in sorted(folder.glob("*.json")):
            self.known |= {each.number: each for each in _read(path)}

    def add(self, trainings: Sequence[Training]) -> None:
        """Keep trainings, in a file that is whole or absent.

        Raises:
            OutputError: the folder cannot be written to.
        """
        rows = [asdict(each) for each in trainings]
        text = json.dumps({"kind": _KIND, "version": VERSION, "trainings": rows}, allow_nan=False)
        name = hashlib.sha256(repr(sorted(each.number for each in trainings)).encode()).hexdigest()[:16]
        files.write_text(self._folder / f"{name}.json", text + "\n")
        self.known |= {each.number: each for each in trainings}


def design_keys(spec: EvaluationSpec, sample: Sample, move: float) -> list[str]:
    """Return the checksum of each design of a sample with all that decides how it learns."""
    own = {name: value for name, value in flattened(spec).items() if not name.startswith("execution.")}
    own["precision"] = spec.execution.precision
    common = hashlib.sha256(json.dumps({**own, "move": move}, sort_keys=True, default=str).encode())
    found = []
    for index in range(len(sample)):
        each = common.copy()
        each.update(np.ascontiguousarray(sample.identities[index]).tobytes())
        each.update(np.ascontiguousarray(sample.genomes.cells[index]).tobytes())
        each.update(np.ascontiguousarray(sample.genomes.muscles[index]).tobytes())
        found.append(each.hexdigest()[:24])
    return found


@dataclass(frozen=True, eq=False)
class Work:
    """Trainings that are to be done; entry i of each field belongs to training i.

    Attributes:
        genomes, identities: the design.
        designs: its checksum.
        attempts: number of the start, int64.
        copies: 0 for the start itself, else the number of the moved copy, int64.
    """

    genomes: Genomes
    identities: np.ndarray
    designs: tuple[str, ...]
    attempts: np.ndarray
    copies: np.ndarray

    def __len__(self) -> int:
        return len(self.designs)

    def take(self, places: np.ndarray) -> "Work":
        """Return the trainings at `places`."""
        return Work(
            self.genomes[places],
            self.identities[places],
            tuple(self.designs[place] for place in places.tolist()),
            self.attempts[places],
            self.copies[places],
        )

    @classmethod
    def joined(cls, parts: Sequence["Work"]) -> "Work":
        """Return the trainings of several parts, at least one, one part after the other."""
        return cls(
            Genomes.concatenate([part.genomes for part in parts]),
            np.concatenate([part.identities for part in parts]),
            tuple(design for part in parts for design in part.designs),
            np.concatenate([part.attempts for part in parts]),
            np.concatenate([part.copies for part in parts]),
        )

    def chunks(self, size: int) -> Iterator["Work"]:
        """Yield the trainings in their order, so many at a time."""
        for start in range(0, len(self), size):
            yield self.take(np.arange(start, min(start + size, len(self))))


def work_of(
    sample: Sample,
    keys: Sequence[str],
    starts: Sequence[tuple[int, int]],
    known: Mapping[tuple[str, int, int], Training],
) -> Work:
    """Return the trainings of a sample that are not known: of each design all of some starts (attempt, copy)."""
    rows = [
        (index, attempt, copy)
        for index, key in enumerate(keys)
        for attempt, copy in starts
        if (key, attempt, copy) not in known
    ]
    places, attempts, copies = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return Work(
        sample.genomes[places],
        sample.identities[places],
        tuple(str(keys[int(place)]) for place in places),
        attempts,
        copies,
    )


def train(spec: EvaluationSpec, evaluator: Evaluator, work: Work, move: float) -> list[Training]:
    """Return how designs learn from their starts.

    Args:
        spec: the evaluator's.
        evaluator: learns with them.
        work: at least one training.
        move: how far copies of a start are moved, as a share of the length of its weights.
    """
    found: list[Training] = []
    for moved in (False, True):
        places = np.flatnonzero((work.copies > 0) == moved)
        if not len(places):
            continue
        part = work.take(places)
        first = _moved(spec, part, move) if moved else None
        request = Request(part.genomes, part.identities, keep=KeptWeights(0), first=first, attempts=part.attempts)
        found += _trainings(part, evaluator.evaluate(request))
    return found


def _moved(spec: EvaluationSpec, work: Work, move: float) -> DesignWeights:
    """Return the starts of copies: those of the design, moved by a share of their length into a random direction."""
    bodies = develop(spec.lattice.build(), work.genomes, spec.tissue)
    starts = []
    for index, (born, individual) in enumerate(work.identities.tolist()):
        own = first_weights_of(spec, bodies.take(np.array([index])), work.identities[[index]], work.attempts[[index]])
        generator = stream(spec.seed, born, individual, Purpose.RESTART)
        direction = np.array([generator.standard_normal(len(own)) for _ in range(int(work.copies[index]))])[-1]
        starts.append(own + direction * (move * np.linalg.norm(own) / np.linalg.norm(direction)))
    return DesignWeights.joined(starts)


def first_weights_of(spec: EvaluationSpec, body: Bodies, identity: np.ndarray, attempt: np.ndarray) -> np.ndarray:
    """Return the weights that one design begins with at one of its starts, float64, flat."""
    return spec.first_weights(body, identity, attempts=attempt)


def _trainings(work: Work, found: Evaluations) -> list[Training]:
    steps = found.robot_steps / max(len(found), 1)
    return [
        Training(
            design,
            int(work.attempts[index]),
            int(work.copies[index]),
            _finite(found.fitness[index]),
            _finite(found.curves[index, 0]),
            LearningStatus(int(found.status[index])).label,
            int(found.best_iteration[index]),
            _improving(found.curves[index]),
            steps,
        )
        for index, design in enumerate(work.designs)
    ]


def _improving(curve: np.ndarray) -> float | None:
    known = curve[np.isfinite(curve)].astype(np.float64)
    return float((np.diff(known) > 0.0).mean()) if len(known) > 1 else None


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _read(path: Path) -> list[Training]:
    """Return the trainings in a file.

    Raises:
        RunError: it is none of these.
    """
    try:
        held = json_value(read_bytes(path, MOST.recording))
        if held["kind"] != _KIND or held["version"] != VERSION:
            raise ValueError(f"{held['kind']} of version {held['version']}")
        return [_training(row) for row in held["trainings"]]
    except (OSError, ValueError, TypeError, LookupError) as error:
        said = " ".join(str(getattr(error, "strerror", None) or error).split())
        got = f"{path} ({type(error).__name__}: {said})"
        raise RunError("trainings as an analysis keeps them", got, "remove the file; it is made again") from error


_TYPES: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("design", "status"), lambda value: isinstance(value, str)),
    **dict.fromkeys(
        ("attempt", "copy", "best_iteration"), lambda value: isinstance(value, int) and not isinstance(value, bool)
    ),
    **dict.fromkeys(
        ("fitness", "untrained", "improving"),
        lambda value: value is None or (isinstance(value, int | float) and not isinstance(value, bool)),
    ),
    "robot_steps": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}


def _training(row: Mapping[str, Any]) -> Training:
    for name, fits in _TYPES.items():
        if not fits(row[name]):
            raise ValueError(f"{name} of {row[name]!r}")
    return Training(**{name: row[name] for name in _TYPES})
