"""The designs that a run was given to begin with: which of many are taken, and the record that a run keeps."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from codesign.formats import BodyPlan, encode_bodies, genomes_of, plans_of, replacements
from codesign.genome import Genomes, LatticeSettings, keys, repeated
from codesign.run.designs import design_id

FIRST_RECORD = "search.first.json"
"""Name of the record among a run's inputs: the designs by id, each with the file and the name that it had there."""


@dataclass(frozen=True, eq=False)
class FirstDesigns:
    """Designs that a run begins with, no two the same.

    Attributes:
        genomes: the designs, on the run's lattice.
        checksum: SHA-256 of the genomes.
        record: what the run keeps of them, a file of bodies in JSON.
        told: what became of what was given, in one line.
    """

    genomes: Genomes
    checksum: str
    record: bytes
    told: str

    @classmethod
    def of(
        cls, given: Sequence[tuple[str, BodyPlan]], lattice: LatticeSettings, count: int, *, symmetric: bool = False
    ) -> "FirstDesigns":
        """Return the first designs among bodies that were given, the fittest of many and in the order given of few.

        Args:
            given: the file that each body is from, and the body; at least one.
            lattice: the run's.
            count: designs at most. Of more bodies the best are taken, by the fitness that their files tell; those
                without come last, in the order given.
            symmetric: whether mirror images and rotations of a design are the same design.

        Raises:
            FormatError: a body of another kind of lattice, larger than it, or in pieces.
        """
        known = np.array([-np.inf if plan.fitness is None else plan.fitness for _, plan in given])
        order = _unlike(given, np.argsort(-known, kind="stable").tolist())
        chosen, genomes, cut = _distinct([given[place][1] for place in order], lattice, count, symmetric=symmetric)
        in_order = np.argsort(order[chosen])
        genomes, places = genomes[in_order], order[chosen][in_order].tolist()
        ids = [design_id(0, number) for number in range(len(genomes))]
        plans = zip(places, plans_of(genomes, lattice, ids), strict=True)
        record = encode_bodies([_recorded(plan, *given[place]) for place, plan in plans])
        data = np.ascontiguousarray(genomes.cells).tobytes() + np.ascontiguousarray(genomes.muscles).tobytes()
        replaced = replacements([given[place][1] for place in places])
        told = _told(len(given), len(genomes), cut=cut, ranked=bool(np.isfinite(known).any()))
        told += f"; replaced, since bodies here cannot have it: {replaced}" if replaced else ""
        return cls(genomes, hashlib.sha256(data).hexdigest(), f"{record}\n".encode(), told)


def _recorded(design: BodyPlan, file: str, plan: BodyPlan) -> BodyPlan:
    """Return a design with what was known of the body that it was made of; a record read again stays as it is."""
    about = dict(plan.about) if "file" in plan.about else {**plan.about, "file": file, "name": plan.name}
    return replace(design, fitness=plan.fitness, about=about, inexpressible=plan.inexpressible)


def _unlike(given: Sequence[tuple[str, BodyPlan]], order: Sequence[int]) -> np.ndarray:
    """Return those of the places that have another array of cells than all before: data sets hold many copies."""
    seen = dict[object, int]()
    for place in order:
        plan = given[place][1]
        muscles = None if plan.muscles is None else plan.muscles.tobytes()
        seen.setdefault((plan.lattice, plan.cells.shape, plan.cells.tobytes(), muscles), place)
    return np.array(list(seen.values()), dtype=np.int64)


def _distinct(
    plans: Sequence[BodyPlan], lattice: LatticeSettings, count: int, *, symmetric: bool
) -> tuple[np.ndarray, Genomes, bool]:
    """Return the places of the first plans that differ, `count` at most, their genomes, and whether more may differ."""
    built = lattice.build()
    genomes, places, looked_at = Genomes.none(built), np.zeros(0, dtype=np.int64), 0
    while looked_at < len(plans) and len(genomes) < count:
        part = plans[looked_at : looked_at + count]
        genomes = Genomes.concatenate([genomes, genomes_of(part, lattice)])
        places = np.append(places, np.arange(looked_at, looked_at + len(part)))
        looked_at += len(part)
        new = np.ones(len(genomes), dtype=np.bool_)
        new[repeated(keys(built, genomes, symmetric=symmetric))] = False
        genomes, places = genomes[new], places[new]
    return places[:count], genomes[:count], looked_at < len(plans) or len(genomes) > count


def _told(given: int, taken: int, *, cut: bool, ranked: bool) -> str:
    bodies = "1 body was given" if given == 1 else f"{given} bodies were given"
    if taken == given:
        return f"{bodies} to begin with"
    if cut:
        return f"{bodies} to begin with; {'the best' if ranked else 'the first'} {taken} that differ are taken"
    return f"{bodies} to begin with, of which {taken} {'differs' if taken == 1 else 'differ'}"
