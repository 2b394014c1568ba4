"""Evolve walkers for the worst of eight worlds, for one world, and for one and then eight; try them in fresh worlds.

Runs that are not in their folder yet are made (three seeds of each kind, under a minute each on one idle core) with
equally many robot-steps: in one world, eight times as many designs. "Staged" runs are half of each: they begin with the
best bodies of the first half of a run in one world. The best ten designs of each run, with the weights that they have,
are then simulated in sixteen fresh worlds of `conditions=robust`, drawn from another seed, and in worlds that differ in
one thing only.
"""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import codesign
from codesign.evaluate import EvaluationSpec, Worlds
from codesign.run import Design
from experiments.intervals import t_interval

SEEDS = (0, 1, 2)
ROBUST_GENERATIONS, WORLDS = 10, 8
KINDS = {
    "robust": [f"search.generations={ROBUST_GENERATIONS}"],
    "plain": ["conditions=single", f"search.generations={ROBUST_GENERATIONS * WORLDS}", "title=Walkers of one world"],
}
POPULATION, DESIGNS = 24, 10
COMPARED = ("robust", "staged")
"""Kinds whose difference from runs in one world is told."""

FRESH_SEED, FRESH_WORLDS = 1000, 16
CAUSES = (
    "stiffness_spread",
    "mass_spread",
    "strength_spread",
    "friction_spread",
    "latency_spread",
    "push_speed",
    "motor_noise",
)
"""Settings of worlds that are tried one at a time as well."""


def run_of(folder: Path, kind: str, seed: int) -> codesign.Run:
    """Return a finished run, which is made if it is not there."""
    path = folder / f"{kind}_{seed}"
    words = ["experiment=robust_walkers", *KINDS[kind], f"seed={seed}", "execution.threads=1"]
    if not (path / "report.html").exists():
        subprocess.run([sys.executable, "-m", "codesign", "evolve", *words, f"hydra.run.dir={path}"], check=True)
    return codesign.open_run(path)


def staged_run_of(folder: Path, seed: int, plain: codesign.Run) -> codesign.Run:
    """Return a finished run that begins with the best bodies of the first half of a run in one world."""
    path = folder / f"staged_{seed}"
    if (path / "report.html").exists():
        return codesign.open_run(path)
    problem = codesign.Problem(experiment="robust_walkers", seed=seed, execution={"threads": 1})
    first = best_of(plain, ROBUST_GENERATIONS * WORLDS // 2, POPULATION)
    return codesign.evolve(problem, path, generations=ROBUST_GENERATIONS // 2, first=first, title="Staged walkers")


def fresh_worlds(robust: Worlds, only: str = "") -> Worlds:
    """Return the worlds in which designs are tried: a nominal one first, then those that differ."""
    values = {name: getattr(robust, name) if only in ("", name) else 0.0 for name in CAUSES}
    return replace(robust, count=1 + FRESH_WORLDS, nominal_first=True, **values)


def displacements(spec: EvaluationSpec, worlds: Worlds, bodies: Any, weights: np.ndarray) -> np.ndarray:
    """Return how far each body gets in each world [m], shape (bodies, worlds); minus infinity where it diverged."""
    made = replace(spec, worlds=worlds, seed=FRESH_SEED).simulator(bodies)
    made.load(weights)
    made.forward()
    found = -made.world_losses.numpy().astype(np.float64).reshape(len(bodies), worlds.count)
    return np.where(np.isfinite(found), found, -np.inf)


def tried(run: codesign.Run, designs: list[Design], robust: Worlds) -> dict[str, Any]:
    """Return what designs do in fresh worlds with the weights that they learned in their run."""
    weights = np.concatenate([recording.weights for recording in run.recordings(designs)]).astype(np.float64)
    spec, bodies = run.problem.spec, run.problem.develop(designs)
    together = displacements(spec, fresh_worlds(robust), bodies, weights)
    apart = {name: displacements(spec, fresh_worlds(robust, name), bodies, weights)[:, 1:] for name in CAUSES}
    return {
        "designs": [design.id for design in designs],
        "fitness": [design.fitness for design in designs],
        "nominal": together[:, 0].round(4).tolist(),
        "fresh": together[:, 1:].round(4).tolist(),
        "mean_by_cause": {name: found.mean(axis=1).round(4).tolist() for name, found in apart.items()},
    }


def best_of(run: codesign.Run, generations: int, count: int = DESIGNS) -> list[Design]:
    """Return the best designs of the first generations of a run, no two of equal fitness."""
    table = run.designs.select(["design", "generation", "fitness"]).to_pylist()
    early = [row for row in table if row["generation"] < generations and np.isfinite(row["fitness"])]
    distinct = {round(row["fitness"], 9): row["design"] for row in sorted(early, key=lambda row: row["fitness"])}
    return run.select([distinct[fitness] for fitness in sorted(distinct, reverse=True)[:count]])


def measured(folder: Path) -> dict[str, Any]:
    """Return what all runs came to, by kind and seed."""
    found: dict[str, Any] = {"robust": {}, "staged": {}, "plain": {}, "plain, as many designs": {}}
    for seed in SEEDS:
        runs = {kind: run_of(folder, kind, seed) for kind in KINDS}
        robust, plain = runs["robust"].problem.spec.worlds, runs["plain"]
        runs["staged"] = staged_run_of(folder, seed, plain)
        for kind, run in runs.items():
            steps = sum(run.metrics["robot_steps"].to_pylist())
            found[kind][seed] = {"robot_steps": steps} | tried(run, best_of(run, sys.maxsize), robust)
        half = sum(plain.metrics["robot_steps"].to_pylist()[: ROBUST_GENERATIONS * WORLDS // 2])
        found["staged"][seed]["robot_steps"] += half
        steps = sum(plain.metrics["robot_steps"].to_pylist()[:ROBUST_GENERATIONS])
        few = tried(plain, best_of(plain, ROBUST_GENERATIONS), robust)
        found["plain, as many designs"][seed] = {"robot_steps": steps} | few
    return found


def numbers_of(result: dict[str, Any], count: int) -> dict[str, float]:
    """Return what the first designs of a run come to: displacements [m], and the share that is kept."""
    nominal, fresh = np.array(result["nominal"])[:count], np.array(result["fresh"])[:count]
    return {
        "nominal": float(nominal.mean()),
        "mean of 16": float(fresh.mean()),
        "lower quartile of 16": float(np.quantile(fresh, 0.25, axis=1).mean()),
        "worst of 16": float(fresh.min(axis=1).mean()),
        "kept": float((fresh.mean(axis=1) / nominal).mean()),
    }


def tables(found: dict[str, Any]) -> str:
    """Return what was found as tables in Markdown."""
    lines: list[str] = []
    for count, title in ((1, "best design"), (DESIGNS, f"best {DESIGNS} designs, mean")):
        by_kind = {kind: [numbers_of(each, count) for each in seeds.values()] for kind, seeds in found.items()}
        heads = [title, *by_kind, *(f"{kind} less plain, 95 % interval" for kind in COMPARED)]
        lines += [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
        for name in by_kind["robust"][0]:
            cells = [", ".join(f"{each[name]:.3f}" for each in seeds) for seeds in by_kind.values()]
            for kind in COMPARED:
                pairs = zip(by_kind[kind], by_kind["plain"], strict=True)
                less = np.array([one[name] - other[name] for one, other in pairs])
                cells.append(t_interval(less).told(signed=True))
            lines.append(f"| {name} | {' | '.join(cells)} |")
        lines.append("")
    kinds = (*COMPARED, "plain")
    lines += [f"| kept where only this differs | {' | '.join(kinds)} |", "| --- | --- | --- | --- |"]
    for name in CAUSES:
        shares = [
            np.mean([np.mean(np.array(each["mean_by_cause"][name]) / each["nominal"]) for each in found[kind].values()])
            for kind in kinds
        ]
        lines.append(f"| `{name}` | {' | '.join(f'{share:.3f}' for share in shares)} |")
    return "\n".join(lines)
