"""The analysis itself: designs are sampled, learn from new starts, and are compared."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from codesign import files
from codesign.analysis import Comparison, at_equal_cost
from codesign.body import develop
from codesign.errors import ConfigError
from codesign.evaluate import EvaluationSpec, EvaluatorListener, EvaluatorSettings
from codesign.landscape import BodyLines, LandscapeSettings
from codesign.reading import MOST, json_value, read_text
from codesign.search import Individuals
from codesign.signals import kept_from_children
from codesign.trainability.falls import second_half, without_actuation
from codesign.trainability.findings import Examined, Findings, examined, with_values
from codesign.trainability.kept_numbers import KeptNumbers
from codesign.trainability.landscapes import design_lines, landscape_values, typical_designs
from codesign.trainability.over_generations import Gaits, PopulationNumbers, of_population
from codesign.trainability.samples import Kinship, Sample, best_of_run, drawn, from_population, numbered, sized
from codesign.trainability.settings import RANDOM, SIZED, TOP, AnalysisSettings
from codesign.trainability.sources import AnalysedRun, common_spec, require_comparable
from codesign.trainability.trainings import NEW, OWN, Trainings, Work, design_keys, train, work_of

KEPT = "kept"
"""Folder below the analysis' own that keeps what took simulation, so that it is not done again."""

ASKED = "settings.json"
"""File in it with what was asked for last."""

TRAININGS = "trainings"
"""Folder in it of what has been learned."""

FALLS = "falls"
"""Folder in it of what designs do without actuation and in halves of the episode."""

FALLS_TOGETHER = 64
"""Designs of which this is computed at a time."""

LANDSCAPES = "landscapes"
"""Folder in it of what losses are like around weights."""

LANDSCAPES_TOGETHER = 4
"""Designs of which this is computed at a time, each with some hundreds of episodes."""

TOGETHER = {"local": 256, "ray": 4096}
"""Trainings that an evaluator is asked for at a time: what an interruption loses at most, by its name."""


class AnalysisListener(EvaluatorListener):
    """Told how an analysis goes on; a base for those that want a part of it."""

    def on_work(self, done: int, asked: int) -> None:
        """Hear how many trainings are kept of those that were missing."""

    def on_landscapes(self, group: str, done: int, asked: int) -> None:
        """Hear of how many designs of a group and run the landscape is known."""


@dataclass(frozen=True)
class Analysis:
    """Runs and what is asked of them.

    Attributes:
        runs: at least one.
        comparison: the same side by side.
        settings: what is asked.
        evaluator: where designs learn.
        folder: where results are kept and written.
        threads, device: of the simulator, None for those of the runs.
        landscape: what is measured of landscapes, where the settings ask for them.
        listener: told how it goes.
    """

    runs: tuple[AnalysedRun, ...]
    comparison: Comparison
    settings: AnalysisSettings
    evaluator: EvaluatorSettings
    folder: Path
    threads: int | None = None
    device: str | None = None
    landscape: LandscapeSettings = field(default_factory=LandscapeSettings)
    listener: AnalysisListener = field(default_factory=AnalysisListener)

    @property
    def evolved(self) -> tuple[int, ...]:
        """Places of the runs whose designs are looked at: all but random searches, unless there are no others."""
        found = tuple(place for place, run in enumerate(self.runs) if not run.random)
        return found or tuple(range(len(self.runs)))

    @property
    def baseline_runs(self) -> tuple[int, ...]:
        """Places of the random searches that the others are compared with."""
        return tuple(place for place in range(len(self.runs)) if place not in self.evolved)

    def require_sound(self) -> list[str]:
        """Check what is asked for before anything is computed; return what is to be told.

        Raises:
            ConfigError: runs that cannot be compared, or generations that one has not finished.
            RunError: a run without a finished generation.
        """
        told = require_comparable(self.runs)
        for place in self.evolved:
            numbered(self.runs[place], self.settings.generations)
        if len(self.evolved) == 1:
            told.append(
                "There is one run: intervals say how designs differ, and nothing about other runs. Give several."
            )
        return told

    def run(self) -> Findings:
        """Return what is found; what was learned before in the same folder is not learned again."""
        notices = [*self.require_sound(), *_told_of_changes(self.folder / KEPT, self.settings)]
        for notice in notices:
            self.listener.on_notice(notice)
        trainings = Trainings(self.folder / KEPT / TRAININGS)
        _remember(self.folder / KEPT, self.settings)
        read = [self._read(place) for place in self.evolved]
        samples = self._samples(read, trainings)
        self._train([(sample, self._starts(sample)) for sample in samples], trainings)
        found = [self._examined(sample, trainings) for sample in samples]
        spent, factors = at_equal_cost(self.comparison, self.settings.draws, self.settings.seed)
        variants = {int(place): group.name for group in self.comparison.groups for place in group.runs.tolist()}
        asked = {key for sample in samples for key in self._keys(sample)}
        return Findings(
            tuple(run.name for run in self.runs),
            self.baseline_runs,
            tuple(variants[place] for place in range(len(self.runs))),
            self.settings,
            self.runs[0].spec.units.get("fitness", ""),
            tuple(found),
            tuple(kin for _, kinship, _ in read for kin in kinship),
            tuple(numbers for _, _, populations in read for numbers in populations),
            self.comparison,
            tuple(spent),
            tuple(factors),
            float(sum(each.robot_steps for each in trainings.known.values() if each.design in asked)),
            tuple(notices),
            self._lines(found),
        )

    def _read(self, place: int) -> tuple[list[Sample], list[Kinship], list[PopulationNumbers]]:
        """Return the samples of a run's populations, how related these are, and the numbers of all populations."""
        run, gaits = self.runs[place], Gaits(self.runs[place])
        wanted = numbered(run, self.settings.generations)
        samples, kinship, numbers = list[Sample](), list[Kinship](), list[PopulationNumbers]()
        population: Individuals
        for generation, population in enumerate(run.populations()):
            numbers.append(of_population(run, place, generation, population, gaits))
            if generation in wanted:
                sample, kin = from_population(run, place, generation, wanted[generation], population, self.settings)
                if len(sample):
                    samples.append(sample)
                kinship.append(kin)
        if not samples:
            raise ConfigError("valid designs in the generations asked for", f"none in {run.name}", "choose others")
        return samples, kinship, numbers

    def _samples(
        self, read: Sequence[tuple[list[Sample], list[Kinship], list[PopulationNumbers]]], trainings: Trainings
    ) -> list[Sample]:
        """Return all designs that learn: baselines, then those of the populations from early to late."""
        settings, found = self.settings, list[Sample]()
        evolved = [samples for samples, _, _ in read]
        if RANDOM in settings.baseline:
            found += [drawn(self.spec(place), place, settings.designs, settings.seed) for place in self.evolved]
        if SIZED in settings.baseline:
            found += [sized(self.spec(samples[-1].run), samples[-1], settings.seed) for samples in evolved]
        if TOP in settings.baseline:
            found += self._top(trainings)
        ordered = [sample for samples in evolved for sample in samples]
        latest = {samples[-1].group for samples in evolved}
        return [*found, *sorted(ordered, key=lambda sample: (sample.group in latest, sample.identities[:, 0].max()))]

    def _top(self, trainings: Trainings) -> list[Sample]:
        settings = self.settings
        if self.baseline_runs:
            return [best_of_run(self.runs[place], place, settings.designs) for place in self.baseline_runs]
        place = self.evolved[0]
        count = settings.random_designs or self.runs[place].evaluated()
        told = f"The best of random designs are looked for among {count}, drawn now"
        spared = "a random run among the runs spares that, and random_designs=N asks for fewer"
        self.listener.on_notice(f"{told}; {spared}.")
        sample = drawn(self.spec(place), place, count, settings.seed, TOP)
        self._train([(sample, [(OWN, 0)])], trainings)
        fitness = [trainings.known[key, OWN, 0].fitness for key in self._keys(sample)]
        own = np.array([-np.inf if value is None else value for value in fitness])
        best = np.argsort(-own, kind="stable")[: settings.designs]
        return [replace(sample, own=own).take(best[np.isfinite(own[best])])]

    def spec(self, place: int) -> EvaluationSpec:
        """Return how new starts of a run's designs are evaluated."""
        return common_spec(self.runs, self.runs[place], self.threads, self.device)

    def _starts(self, sample: Sample) -> list[tuple[int, int]]:
        """Return the starts (attempt, copy) from which designs of a sample learn."""
        own = [] if np.isfinite(sample.own).all() else [(OWN, 0)]
        new = [(NEW + number, 0) for number in range(self.settings.inits)]
        return [*own, *new, *((NEW, copy) for copy in range(1, self.settings.copies + 1))]

    def _keys(self, sample: Sample) -> list[str]:
        return design_keys(self.spec(sample.run), sample, self.settings.move)

    def _train(self, asked: Sequence[tuple[Sample, list[tuple[int, int]]]], trainings: Trainings) -> None:
        """Do the trainings that are not known yet, run by run, and keep them piece by piece."""
        size = TOGETHER.get(self.evaluator.name, TOGETHER["local"])
        works: dict[int, list[Work]] = {}
        for sample, starts in asked:
            own = work_of(sample, self._keys(sample), starts, trainings.known)
            if len(own):
                works.setdefault(sample.run, []).append(own)
        done, missing = 0, sum(len(part) for parts in works.values() for part in parts)
        if not missing:
            return
        self.listener.on_work(0, missing)
        for run, parts in works.items():
            spec = self.spec(run)
            with kept_from_children():
                started = self.evaluator.start(spec)
            with started as evaluator:
                evaluator.listener = self.listener
                for chunk in Work.joined(parts).chunks(size):
                    trainings.add(train(spec, evaluator, chunk, self.settings.move))
                    done += len(chunk)
                    self.listener.on_work(done, missing)

    def _examined(self, sample: Sample, trainings: Trainings) -> Examined:
        """Return a sample with all of its numbers; those of few episodes are computed in this process."""
        spec, keys = self.spec(sample.run), self._keys(sample)
        found = examined(sample, keys, trainings.known, self.settings)
        bodies = develop(spec.lattice.build(), sample.genomes, spec.tissue)
        active = np.concatenate([[0], np.cumsum(bodies.swings != 0.0)])[bodies.spring_start]

        def falls(places: np.ndarray) -> dict[str, np.ndarray]:
            own = sample.take(places)
            halves = second_half(spec, own.genomes, own.identities, np.full(len(own), NEW))
            still = without_actuation(spec, own.genomes, own.identities)
            return {"second_half": halves, "unactuated": still}

        kept = KeptNumbers(self.folder / KEPT / FALLS).complete(keys, falls, FALLS_TOGETHER, lambda _count: None)
        values = {
            "masses": np.diff(bodies.mass_start).astype(np.float64),
            "muscles": np.diff(active).astype(np.float64),
            **kept,
        }
        return with_values(found, {**values, **self._landscapes(spec, sample, keys)})

    def _landscapes(self, spec: EvaluationSpec, sample: Sample, keys: Sequence[str]) -> dict[str, np.ndarray]:
        """Return what losses are like around the weights of a sample's designs; nothing where that is not asked for."""
        if not self.settings.landscape:
            return {}
        settings, total, done = self.landscape, len(sample), 0
        own = hashlib.sha256(repr(settings).encode()).hexdigest()[:8]

        def told(count: int) -> None:
            nonlocal done
            done += count
            self.listener.on_landscapes(f"{sample.group} of {self.runs[sample.run].name}", done, total)

        kept = KeptNumbers(self.folder / KEPT / LANDSCAPES)
        compute = partial(landscape_values, spec, sample, settings=settings)
        return kept.complete([f"{key}-{own}" for key in keys], compute, LANDSCAPES_TOGETHER, told)

    def _lines(self, found: Sequence[Examined]) -> dict[str, BodyLines]:
        """Return the lines of a typical random and a typical evolved design; nothing where that is not asked for."""
        if not self.settings.landscape:
            return {}
        return {
            f"{sample.group}: {sample.names[place]} of {self.runs[sample.run].path.name}": design_lines(
                self.spec(sample.run), sample, place, self.landscape
            )
            for sample, place in typical_designs(found)
        }


def _remember(folder: Path, settings: AnalysisSettings) -> None:
    files.write_text(folder / ASKED, json.dumps(asdict(settings)) + "\n")


def _told_of_changes(folder: Path, settings: AnalysisSettings) -> list[str]:
    """Return a line about what was asked for in the same folder before, where that was something else."""
    try:
        before: Mapping[str, object] = dict(json_value(read_text(folder / ASKED, MOST.configuration)))
    except (OSError, ValueError, TypeError):
        return []
    now = json.loads(json.dumps(asdict(settings)))
    changed = [f"{name} was {before[name]}" for name in now if name in before and before[name] != now[name]]
    return (
        [f"Going on in {folder.parent}, where {', '.join(changed)}; what was learned then is kept."] if changed else []
    )
