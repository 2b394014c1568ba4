"""Print how reliable gradients are for the designs of a run: random ones (generation 0) and the best.

    python tools/gradient_report.py outputs/my_run
    python tools/gradient_report.py outputs/my_run --designs 48 --starts 4 --horizons 100,1000 --grazing-speed 0.1

The standard output is two tables in Markdown, after a line about the machine and the versions:

- cosine of the gradient in single precision with that in double precision, at the same weights: before learning, and
  the best that learning comes to. Shown are the shares of gradients whose cosine is lower than so much, with intervals
  of 95 % by resampling designs; a gradient that is not finite counts as negative.
- length of the gradient along learning in single precision: its median, the share of all steps and of all trainings in
  which it is longer than so much, and what was learned (mean over designs of the best fitness).

What cannot be read as a run is one line on the standard error, and exit status 2.
"""

import argparse
import platform
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import warp as wp

import codesign
from codesign.body import Bodies, develop
from codesign.cli import run_config
from codesign.cli.catalogue import experiment_catalogue, experiment_of
from codesign.cli.settings import build
from codesign.errors import CodesignError, ConfigError
from codesign.evaluate import EvaluationSpec
from codesign.genome import Genomes
from codesign.machine import vector_bytes
from codesign.run import Design, RunFolder, select
from codesign.sim import Simulator
from codesign.sim.kernels import NoSlip
from codesign.streams import Purpose, generation_keys
from codesign.train import learn

COSINES = (0.999999, 0.99, 0.9, 0.0)
LENGTHS = (10.0, 1e3)
RESAMPLES = 2000
OTHER_STARTS = 1 << 20
"""Generation that initial weights are drawn for: one that no run has, so that they are other than those of the run."""


class Watched:
    """A simulator that writes down the length of every gradient.

    Args:
        inner: the simulator.
    """

    def __init__(self, inner: Simulator) -> None:
        self._inner = inner
        self.lengths: list[np.ndarray] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def reverse(self) -> None:
        """Differentiate the last episode."""
        self._inner.reverse()
        self.lengths.append(np.array([length_of(each) for each in gradients(self._inner)]))


def gradients(simulator: Simulator) -> list[np.ndarray]:
    """Return the gradient of each controller."""
    return np.split(simulator.weights(simulator.gradient), simulator.weight_start[1:-1])


def length_of(gradient: np.ndarray) -> float:
    """Return the length of a gradient, however large; not finite where a component is not."""
    largest = float(np.abs(gradient).max(initial=0.0))
    return largest * float(np.linalg.norm(gradient / largest)) if 0.0 < largest < np.inf else largest


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    """Return the cosine of the angle between two gradients; -1 where one is not finite, 1 where both are zero."""
    lengths = length_of(one), length_of(other)
    if not np.isfinite(lengths).all():
        return -1.0
    if 0.0 in lengths:
        return float(lengths == (0.0, 0.0))
    return float(one / lengths[0] @ (other / lengths[1]))


def in_precision(spec: EvaluationSpec, precision: str, steps: int = 0) -> EvaluationSpec:
    """Return a specification on the CPU in a precision, with episodes of so many steps, 0 for its own."""
    physics = replace(spec.physics, steps=steps or spec.physics.steps)
    return replace(spec, physics=physics, execution=replace(spec.execution, precision=precision, device="cpu"))


def first_weights(simulator: Simulator, seed: int, start: int) -> np.ndarray:
    """Return the weights of one of the starts for all designs."""
    simulator.draw(generation_keys(seed, OTHER_STARTS + start, simulator.controllers, Purpose.CONTROLLER))
    return simulator.weights()


def cosines(spec: EvaluationSpec, bodies: Bodies, weights: list[np.ndarray], steps: int) -> np.ndarray:
    """Return the cosines of gradients in both precisions, shape (designs, sets of weights)."""
    simulators = [in_precision(spec, precision, steps).simulator(bodies) for precision in ("float32", "float64")]
    columns: list[list[float]] = []
    for each in weights:
        found: list[list[np.ndarray]] = []
        for simulator in simulators:
            # Both begin with weights of single precision, which are what learning has.
            simulator.load(each.astype(np.float32).astype(np.float64))
            simulator.forward()
            simulator.reverse()
            found.append(gradients(simulator))
        columns.append([cosine(one, other) for one, other in zip(*found, strict=True)])
    return np.array(columns).T


def share(events: np.ndarray) -> str:
    """Return the share of events, of shape (designs, any), with an interval that resamples designs [%]."""
    per_design = events.mean(axis=1)
    drawn = np.random.default_rng(0).integers(len(per_design), size=(RESAMPLES, len(per_design)))
    low, high = np.quantile(per_design[drawn].mean(axis=1), (0.025, 0.975))
    return f"{100 * per_design.mean():.1f} [{100 * low:.1f}, {100 * high:.1f}]"


def report(
    name: str, spec: EvaluationSpec, designs: list[Design], options: argparse.Namespace
) -> tuple[list[str], str]:
    """Return the rows of a group of designs in both tables."""
    bodies = develop(spec.lattice.build(), Genomes.stack([design.genome for design in designs]), spec.tissue)
    simulator = in_precision(spec, "float32").simulator(bodies)
    watched = Watched(simulator)
    before = [first_weights(simulator, options.seed, start) for start in range(options.starts)]
    lessons = [learn(cast(Simulator, watched), spec.learner, each) for each in before]
    rows: list[str] = []
    for steps in options.horizons:
        for when, weights in (("before", before), ("after", [each.best_weights for each in lessons])):
            found = cosines(spec, bodies, weights, steps)
            shares = " | ".join(share(found < limit) for limit in COSINES)
            rows.append(f"| {name} | {steps} | {when} | {found.size} | {shares} |")
    # By start, step and design; NaN stays so, and is counted as long.
    lengths = np.moveaxis(np.array(watched.lengths).reshape(options.starts, -1, len(designs)), 2, 0)
    steps = " | ".join(share(np.logical_not(lengths <= limit).reshape(len(designs), -1)) for limit in LENGTHS)
    trainings = " | ".join(share(np.logical_not((lengths <= limit).all(axis=2))) for limit in LENGTHS)
    fitness = np.mean([-each.best_loss[np.isfinite(each.best_loss)].mean() for each in lessons])
    return rows, f"| {name} | {np.nanmedian(lengths):.3g} | {steps} | {trainings} | {fitness:.4f} |"


def main(arguments: list[str]) -> int:
    """Run the program and return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="a run folder")
    parser.add_argument("--designs", type=int, default=32, help="designs in each group")
    parser.add_argument("--starts", type=int, default=2, help="initial weights per design")
    parser.add_argument("--horizons", default="", help="steps of episodes, with commas; by default those of the run")
    parser.add_argument("--iterations", type=int, default=None, help="steps to learn; by default those of the run")
    parser.add_argument(
        "--grazing-speed", type=float, default=None, help="sim.contact.grazing_speed; by default the run's"
    )
    parser.add_argument("--seed", type=int, default=0, help="of initial weights")
    options = parser.parse_args(arguments)
    try:
        folder = RunFolder(options.run)
        folder.require_run()
        catalogue = experiment_catalogue()
        spec = experiment_of(build(catalogue, run_config.read(folder, catalogue))).trial
        if options.iterations is not None:
            spec = replace(spec, learner=replace(spec.learner, iterations=options.iterations))
        if options.grazing_speed is not None:
            if not isinstance(spec.physics.contact, NoSlip):
                got = f"{spec.physics.contact.name}, whose gradient has no bound"
                raise ConfigError("the contact no_slip", got, "leave out --grazing-speed")
            spec = replace(spec, physics=replace(spec.physics, contact=NoSlip(grazing_speed=options.grazing_speed)))
        if min(options.designs, options.starts) < 1 or spec.learner.iterations < 1:
            got = f"{options.designs} designs, {options.starts} starts, {spec.learner.iterations} iterations"
            raise ConfigError("at least one of each", got, "set --designs, --starts and --iterations to 1 or more")
        options.horizons = [int(each) for each in options.horizons.split(",") if each] or [spec.physics.steps]
        # By number, because a selection has the best first.
        random = sorted(select(folder, "generation:0"), key=lambda design: design.identity)
        groups = {"random": random, "evolved": select(folder, f"top{options.designs}")}
    except CodesignError as error:
        print(error, file=sys.stderr)
        return 2
    versions = f"codesign {codesign.__version__}, warp {wp.config.version}, numpy {np.__version__}"
    print(
        f"{platform.machine()}, vectors of {8 * vector_bytes()} bits, Python {platform.python_version()}, {versions};"
    )
    print(f"contact {spec.physics.contact}\n")
    found = [report(name, spec, designs[: options.designs], options) for name, designs in groups.items()]
    limits = " | ".join(f"below {limit:g} [%]" for limit in COSINES)
    print(f"| designs | steps | learning | gradients | {limits} |\n" + "| --- " * (4 + len(COSINES)) + "|")
    print("\n".join(row for rows, _ in found for row in rows))
    limits = " | ".join(f"{what} above {limit:g} [%]" for what in ("steps", "trainings") for limit in LENGTHS)
    print(f"\n| designs | median length | {limits} | fitness |\n" + "| --- " * (3 + 2 * len(LENGTHS)) + "|")
    print("\n".join(row for _, row in found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
