"""Designs that are looked at: unrelated members of populations, and baselines to compare them with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from codesign.analysis import effective_number
from codesign.body import develop
from codesign.errors import ConfigError
from codesign.evaluate import EvaluationSpec
from codesign.genome import Genomes, random_genomes
from codesign.run import design_id
from codesign.search import Individuals
from codesign.streams import Draws, Purpose, stream, stream_keys
from codesign.trainability.settings import LAST, RANDOM, SIZED, TOP, AnalysisSettings
from codesign.trainability.sources import AnalysedRun

_DRAWN = 2**30
"""Generation that identities of drawn designs begin with: no run comes to it, so their starts are no run's."""

_AT_A_TIME = 512
"""Random bodies that are drawn together while such of given sizes are looked for."""

_ROUNDS = 8
"""Such draws for each share of filled cells, before another share is tried."""

_FILLS = tuple(step / 20.0 for step in range(1, 20))
"""Shares of filled cells that are tried for sizes that hardly a random body has."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Designs of one group and run; entry i of each field with entries belongs to design i.

    Attributes:
        group: "last", "generation 10", or a baseline.
        run: place of the run among those that are analysed.
        genomes: the designs.
        identities: (generation, individual) of each, int64, shape (n, 2).
        names: of each: its id in the run, or what it was drawn as.
        own: fitness that selection saw, float64; NaN where there is none yet.
    """

    group: str
    run: int
    genomes: Genomes
    identities: np.ndarray
    names: tuple[str, ...]
    own: np.ndarray

    def __len__(self) -> int:
        return len(self.names)

    def take(self, places: Sequence[int] | np.ndarray) -> "Sample":
        """Return the same with the designs at `places`, in that order."""
        chosen = np.asarray(places, dtype=np.int64)
        names = tuple(self.names[place] for place in chosen.tolist())
        return replace(
            self, genomes=self.genomes[chosen], identities=self.identities[chosen], names=names, own=self.own[chosen]
        )


@dataclass(frozen=True)
class Kinship:
    """How related the population is that a sample was taken from.

    Attributes:
        run: place of the run.
        generation: number of the generation.
        population: members that are valid.
        founders: designs of the first generation, or drawn later, that they descend from through first parents.
        effective_founders: founders as if all had as many descendants (inverse Simpson index).
        unrelated: members of whom no two share an ancestor within the depth asked for.
        taken: how many of these are looked at.
        depth: mean number of parents between a member and its founder.
    """

    run: int
    generation: int
    population: int
    founders: int
    effective_founders: float
    unrelated: int
    taken: int
    depth: float


def numbered(run: AnalysedRun, generations: Sequence[int | str]) -> dict[int, str]:
    """Return the generations that settings name, by number, with the name of their group, ascending.

    Raises:
        ConfigError: the run has not finished one of them.
    """
    last = run.generations[-1]
    found: dict[int, str] = {}
    for each in generations:
        number = last if each == LAST else int(each)
        if number > last:
            expected = f"generations that {run.name} has finished (0 to {last})"
            raise ConfigError(expected, str(each), "choose some of these")
        if found.get(number) != LAST:
            found[number] = LAST if each == LAST else f"generation {number}"
    return dict(sorted(found.items()))


def from_population(
    run: AnalysedRun, place: int, generation: int, group: str, population: Individuals, settings: AnalysisSettings
) -> tuple[Sample, Kinship]:
    """Return unrelated valid members of a population, in a random order that the settings' seed decides."""
    valid = population.take(np.isfinite(population.fitness))
    lineages = run.lineages
    places = lineages.places(valid.identities)
    order = stream(settings.seed, generation, place, Purpose.SELECTION).permutation(len(valid))
    back = {int(where): member for member, where in enumerate(places.tolist())}
    unrelated = lineages.unrelated(places[order].tolist(), settings.depth)
    chosen = valid.take(np.array([back[where] for where in unrelated[: settings.designs]], dtype=np.int64))
    names = tuple(design_id(*each) for each in chosen.identities.tolist())
    founders = lineages.founders[places]
    kinship = Kinship(
        place,
        generation,
        len(valid),
        len(np.unique(founders)),
        effective_number(founders),
        len(unrelated),
        len(chosen),
        float(lineages.depths[places].mean()) if len(places) else float("nan"),
    )
    return Sample(group, place, chosen.genomes, chosen.identities, names, chosen.fitness), kinship


def drawn(spec: EvaluationSpec, place: int, count: int, seed: int, baseline: str = RANDOM) -> Sample:
    """Return random designs, drawn as a run draws those of its first generation, and no two the same address."""
    identities = _identities(count, seed, baseline)
    draws = Draws(stream_keys(spec.seed, identities, Purpose.GENOME))
    genomes = random_genomes(spec.lattice.build(), spec.lattice, draws)
    return _made(baseline, place, genomes, identities)


def sized(spec: EvaluationSpec, sample: Sample, seed: int) -> Sample:
    """Return random designs with as many masses as those of a sample, each with exactly those of one of them.

    They are looked for among random designs as a run draws them; sizes that hardly any has, among designs with another
    share of filled cells, the nearest first. A size that none has in all of these draws is left out.
    """
    lattice = spec.lattice.build()
    wanted = masses_of(spec, sample.genomes).tolist()
    found: dict[int, Genomes] = {}
    open_places = list(range(len(wanted)))
    for genomes in _random_bodies(spec, seed):
        if not open_places:
            break
        sizes = np.diff(develop(lattice, genomes, spec.tissue).mass_start).tolist()
        there: dict[int, list[int]] = {}
        for index, size in enumerate(sizes):
            there.setdefault(size, []).append(index)
        for place in list(open_places):
            if own := there.get(wanted[place]):
                index = own.pop(0)
                found[place] = genomes[np.array([index])]
                open_places.remove(place)
    places = sorted(found)
    if not places:
        raise ConfigError("sizes that random bodies can have", "none of them", "leave sized out of the baselines")
    identities = _identities(len(wanted), seed, SIZED)[places]
    return _made(SIZED, sample.run, Genomes.concatenate([found[place] for place in places]), identities)


def best_of_run(run: AnalysedRun, place: int, count: int) -> Sample:
    """Return the best designs of a random run, by the fitness of their own start."""
    identities = run.tables.ranking(count)
    designs = run.tables.find(identities)
    if not designs:
        raise ConfigError("a random run with valid designs", f"none in {run.name}", "leave the run out")
    genomes = Genomes.stack([design.genome for design in designs])
    own = np.array([design.fitness for design in designs])
    names = tuple(design.id for design in designs)
    return Sample(TOP, place, genomes, np.array(identities, dtype=np.int64), names, own)


def masses_of(spec: EvaluationSpec, genomes: Genomes) -> np.ndarray:
    """Return how many masses the body of each genome has, int64, shape (n,)."""
    return np.diff(develop(spec.lattice.build(), genomes, spec.tissue).mass_start).astype(np.int64)


def _random_bodies(spec: EvaluationSpec, seed: int) -> Iterator[Genomes]:
    own = spec.lattice.fill
    lattice, number = spec.lattice.build(), 0
    for fill in (own, *sorted(_FILLS, key=lambda each: abs(each - own))):
        settings = replace(spec.lattice, fill=fill)
        for _ in range(_ROUNDS):
            first = number * _AT_A_TIME
            identities = _identities(first + _AT_A_TIME, seed, SIZED)[first:]
            yield random_genomes(lattice, settings, Draws(stream_keys(spec.seed, identities, Purpose.GENOME)))
            number += 1


def _identities(count: int, seed: int, baseline: str) -> np.ndarray:
    generation = _DRAWN + 4 * seed + (RANDOM, SIZED, TOP).index(baseline)
    return np.stack([np.full(count, generation), np.arange(count)], axis=1).astype(np.int64)


def _made(group: str, place: int, genomes: Genomes, identities: np.ndarray) -> Sample:
    names = tuple(f"{group}-{number:04d}" for number in identities[:, 1].tolist())
    return Sample(group, place, genomes, identities, names, np.full(len(names), np.nan))
