"""What became of bodies that learned: fitness, learning curves, measures and weights."""

import html
from dataclasses import dataclass

import numpy as np

from codesign.api.genomes import counted
from codesign.api.weights import Weights
from codesign.body import Bodies
from codesign.export import COLOURS, line_chart
from codesign.train import LearningStatus

_SHOWN = len(COLOURS)
"""Best bodies that are told, each with a colour of its own."""


@dataclass(frozen=True, eq=False)
class Results:
    """Bodies after they learned; entry i of every field belongs to body i. It shows itself in a notebook and prints.

    Attributes:
        names: what each is called.
        fitness: what it does after it has learned, higher is better, -inf if invalid, float64, shape (n,).
        curves: performance before learning and after each step (the negative loss, higher is better), NaN once learning
            ended early, float32, shape (n, iterations + 1).
        best_iteration: steps taken before the best performance, -1 if there was no sound one, int32, shape (n,).
        status: how learning ended, the labels of `LearningStatus`, "ok" where it went to the end.
        measures: further numbers by name, the mean over a body's worlds, each float64, shape (n,).
        world_fitness: what it does in each of its worlds, NaN if invalid, float64, shape (n, worlds).
        weights: the best weights of each controller.
        bodies: what learned.

    Example:
        >>> import codesign
        >>> problem = codesign.Problem(experiment="demo", body={"rows": 3, "columns": 4},
        ...                            physics={"steps": 60}, learner={"iterations": 3})
        >>> results = problem.evaluate(problem.random(4))
        >>> results.fitness.shape, results.curves.shape, results.status[0]
        ((4,), (4, 4), 'ok')
        >>> sorted(results.measures)
        ['airtime', 'displacement', 'distance', 'effort', 'energy', 'straightness', 'unactuated']
    """

    names: tuple[str, ...]
    fitness: np.ndarray
    curves: np.ndarray
    best_iteration: np.ndarray
    status: tuple[str, ...]
    measures: dict[str, np.ndarray]
    world_fitness: np.ndarray
    weights: Weights
    bodies: Bodies

    def __len__(self) -> int:
        return len(self.fitness)

    @property
    def order(self) -> np.ndarray:
        """Numbers of the bodies from the best to the worst, int64, shape (n,)."""
        return np.argsort(-self.fitness, kind="stable")

    @property
    def best(self) -> int:
        """Number of the best body."""
        return int(self.order[0])

    def __str__(self) -> str:
        """Return a line about all of them, and one for each of the best."""
        valid = np.isfinite(self.fitness)
        number, steps = len(self), self.curves.shape[1] - 1
        learned = f"{counted(number, 'body', 'bodies')} after {counted(steps, 'step')} of learning"
        lines = [f"{learned}, {int(valid.sum())} valid"]
        for number in self.order[:_SHOWN].tolist():
            before, after = self.curves[number, 0], self.fitness[number]
            lines.append(f"  {self.names[number]:<16} {before:8.3f} -> {after:8.3f}  {self.status[number]}")
        return "\n".join(lines + ["  ..."] * (len(self) > _SHOWN))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Return the learning curves and a table of the best, for notebooks."""
        shown = self.order[:_SHOWN].tolist()
        chart = line_chart(
            {self.names[number]: self.curves[number] for number in shown},
            title="Learning curves",
            across="steps of learning",
            up="performance",
        )
        rows = "".join(
            f'<tr><td style="text-align:left"><span style="color:{COLOURS[place]}">&#9632;</span>'
            f" {html.escape(self.names[number])}</td><td>{self.curves[number, 0]:.3f}</td>"
            f"<td>{self.fitness[number]:.3f}</td><td>{self.status[number]}</td></tr>"
            for place, number in enumerate(shown)
        )
        heads = "".join(f"<th>{name}</th>" for name in ("body", "before", "after learning", "status"))
        return f"<div>{chart}<table><tr>{heads}</tr>{rows}</table></div>"


def status_labels(status: np.ndarray) -> tuple[str, ...]:
    """Return the labels of statuses given by number."""
    return tuple(LearningStatus(code).label for code in status.tolist())
