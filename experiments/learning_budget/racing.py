"""What racing would have done, by the whole curves of runs without it: whom it stops, and who of them would live."""

from collections.abc import Mapping

import numpy as np

from codesign.evaluate import elimination_thresholds
from codesign.run import DesignTables, RunFolder
from codesign.train import Normalized
from experiments.tables import Rows

CHANCES = (0.0, 0.1, 0.3, 0.5)
RUNG = 2


def replayed(folder: RunFolder, labels: Mapping[str, object]) -> Rows:
    """Return a row for each `racing_chance`, from the second generation of children on.

    `saved` is the share of their episodes that racing would not have simulated, `lost` the share of those who entered
    the population that it would have stopped; `survivors_per_step` is what both come to, 1 without racing.
    """
    tables = DesignTables(folder)
    generations = [tables.generation(number) for number in tables.generations()]
    found = []
    for chance in CHANCES:
        population, episodes, saved, lived, lost = generations[0], 0, 0, 0, 0
        for number, born in enumerate(generations[1:], start=1):
            fitness = np.array([design.fitness for design in (*population, *born)])
            order = np.argsort(-fitness, kind="stable")[: len(population)]
            enter = np.isin(np.arange(len(population), len(fitness)), order)
            curves = np.stack([design.curve for design in born]).astype(np.float64)
            steps = curves.shape[1] - 1
            if number > 1:
                learner = Normalized(iterations=steps, racing=RUNG, racing_chance=chance)
                of_living, alike = _curves(population, steps)
                limits = elimination_thresholds(learner, of_living, fitness[: len(population)], alike)
                best = np.fmax.accumulate(curves, axis=1)[:, :steps]
                stopped = (best < limits).any(axis=1)
                rung = (best < limits).argmax(axis=1)
                episodes += len(born) * (steps + 2)
                saved += int((steps - rung)[stopped].sum())
                lived += int(enter.sum())
                lost += int((enter & stopped).sum())
            population = [(*population, *born)[place] for place in order.tolist()]
        shares = {"saved": saved / episodes, "lost": lost / max(lived, 1)}
        per_step = (1 - shares["lost"]) / (1 - shares["saved"])
        found.append({**labels, "chance": chance, **shares, "survivors_per_step": per_step})
    return found


def _curves(population: list, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the curves of the living, as long as those of children, and which are of children's length."""
    lengths = np.array([len(design.curve) for design in population])
    found = np.full((len(population), steps + 1), np.nan)
    for row, design in zip(found, population, strict=True):
        own = design.curve[: steps + 1]
        row[: len(own)] = own
    return found, lengths == steps + 1
