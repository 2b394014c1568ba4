"""What racing would have done, by the whole curves of runs without it: whom it stops, and who of them would live."""

from collections.abc import Mapping

import numpy as np

from codesign.evaluate import elimination_thresholds
from codesign.run import DesignTables, RunFolder
from codesign.train import Normalized
from experiments.tables import Rows

RUNS: Mapping[str, tuple[tuple[str, ...], Mapping[str, int]]] = {
    "walk_2d": (
        (
            *("body=triangle", "task=walk", "controller=mlp", "sim=no_slip", "mutation=flips", "sim.steps=500"),
            "search.population_size=50",
        ),
        {"none": 15, "lamarckian": 52},
    ),
    "walk_3d": (
        (
            *("body=voxel_small", "task=walk", "controller=cpg", "sim=voxel", "sim.steps=500"),
            "search.population_size=32",
        ),
        {"none": 9, "lamarckian": 31},
    ),
}
"""Words and generations of runs without racing; those of 35 steps of 0.2 inherit nothing, those of 8 of 0.8 all."""

SEEDS = (0, 1, 2)

CHANCES = (0.0, 0.1, 0.3, 0.5)
RUNG = 2


def words(task: str, scheme: str, seed: int) -> tuple[str, ...]:
    """Return what is said to `codesign evolve` for a run without racing."""
    said, generations = RUNS[task]
    own = ("search.inheritance=lamarckian", "learner.iterations=8", "learner.step_length=0.8")
    inherited = own if scheme == "lamarckian" else ()
    return (*said, *inherited, f"search.generations={generations[scheme]}", f"seed={seed}")


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
