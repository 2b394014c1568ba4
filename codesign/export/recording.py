"""What a picture of a design needs: its body, its motion before and after learning, and where it came from."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from codesign.analysis import RunSummary
from codesign.export.arrays import (
    Array,
    RecordingError,
    check_finite,
    check_grid,
    check_ids,
    check_shape,
    convert,
)
from codesign.export.chart import line_chart
from codesign.export.design_map import DesignMap
from codesign.export.drawn_body import CHANGEABLE, DrawnBody, relative_changes
from codesign.export.mechanics import Mechanics

_DEFAULT: Any = None
"""In place of an array that is not given."""

_DESIGN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, eq=False)
class Trajectory:
    """One episode, as far as it is finite. Arrays are converted to the types below.

    Attributes:
        times: float32[frames], seconds since the start, increasing.
        positions: float32[frames, masses, dim], metres, world frame, the last axis of space up.
        actuation: float32[frames, springs], what the controller asked of each spring: -1 contract, +1 expand; 0 where
            passive.
        diverged: whether the episode went on with numbers that are not finite.

    Raises:
        RecordingError: shapes that disagree, no frame, numbers that are not finite, times that do not increase.
    """

    times: Array
    positions: Array
    actuation: Array
    diverged: bool = False

    def __post_init__(self) -> None:
        convert(self, "times", np.float32, (None,))
        convert(self, "positions", np.float32, (len(self.times), None, None))
        convert(self, "actuation", np.float32, (len(self.times), None))
        if len(self.times) == 0:
            raise RecordingError("at least one frame", "an empty trajectory", "record the initial state too")
        for name in ("times", "positions", "actuation"):
            if not np.isfinite(getattr(self, name)).all():
                raise RecordingError(
                    f"finite {name}", "NaN or infinity", "end the trajectory before the divergence (Trajectory.finite)"
                )
        if (np.diff(self.times) <= 0).any():
            raise RecordingError("increasing times", "times that stand still or go back", "order the frames by time")

    @classmethod
    def finite(cls, times: npt.ArrayLike, positions: npt.ArrayLike, actuation: npt.ArrayLike) -> "Trajectory":
        """Return the frames before the first one that is not finite; arrays as the attributes.

        Raises:
            RecordingError: the first frame is not finite already, or the arrays do not fit together.
        """
        times, positions, actuation = np.asarray(times), np.asarray(positions), np.asarray(actuation)
        finite = np.isfinite(positions).all(axis=(1, 2)) & np.isfinite(actuation).all(axis=1)
        frames = int(np.argmin(np.append(finite, False)))
        return cls(times[:frames], positions[:frames], actuation[:frames], diverged=frames < len(times))


@dataclass(frozen=True, eq=False)
class Recording:
    """One design: its body, its learning, its motion, its lineage. Arrays are converted to the types below.

    Attributes:
        design: id, letters, digits, dots, dashes and underscores ("g012-i0007").
        generation: generation that the design was born in, from 0.
        parents: ids of the designs it was made from; empty in generation 0.
        operator: name of the variation that made it ("random" in generation 0).
        fitness: what it can do after learning, higher is better; -inf for an invalid design.
        measures: what else was measured, by name; NaN where a measure has no value.
        curve: float32[iterations + 1], performance (higher is better) after that many learning steps; NaN where
            invalid.
        springs: int32[springs, 2], the masses that each spring joins.
        rest_lengths: float32[springs], metres.
        stiffness: float32[springs], newtons per metre.
        swings: float32[springs], largest relative change of rest length; 0 for a passive spring.
        cells: int32[cells, corners], masses at the corners of each filled cell: in 2D in the order in which its outline
            is drawn; in 3D int32[cells, 8], the corner at (dx, dy, dz) of a cube at place 4 dx + 2 dy + dz.
        materials: uint8[cells], material of each filled cell, from 1 (0 is empty).
        ground: float32[points..., dim], points of the ground in metres: in 2D a line, float32[points, 2] from left to
            right; in 3D a heightfield, float32[rows, columns, 3], over a grid of at least 2 x 2 points whose x ascends
            along the columns and whose y ascends along the rows. Beyond its ends the ground goes on level.
        after: motion after learning.
        before: motion before learning, or None.
        weights: float32[weights], the controller's learned parameters, flat, in the controller's own order.
        controller: name of the controller ("mlp").
        task: name of the task that fitness speaks of ("walk").
        material_names: names by material number, "empty" first; empty where there is one material only.
        light: float32[dim], metres, world frame, the place of the light that attracts the robot; None where the task
            has none.
        world_fitness: float32[worlds], what the design does in each of the worlds that it was tested in, which differ
            in ground, pushes and the like; NaN where invalid. None where there is one world, that of `fitness`.
        mechanics: constants of the simulation that the motion comes from; None where they are not known.
        controller_settings: what the controller is besides its weights, by the names of its settings: numbers, texts
            and lists of texts; empty where that is not known.
        point_masses: float32[masses], kilograms, before the factor of `mechanics.mass`; 1 each if not given.
        damping: float32[springs], newton seconds per metre, of a dashpot along each spring; none if not given.
        force_limits: float32[springs], newtons, the largest active force of each muscle; infinite if not given.
        drawn: the body before learning changed it, which `rest_lengths`, `stiffness` and `swings` are after; None where
            it is the same.

    Raises:
        RecordingError: shapes that disagree, ids out of range, a ground or light that is not finite, a heightfield that
            is no ascending grid.

    Example:
        >>> import codesign
        >>> problem = codesign.Problem(body={"rows": 3, "columns": 4}, physics={"steps": 60})
        >>> (recording,) = problem.rollout(problem.random(1))
        >>> frames, masses, dimension = recording.after.positions.shape
        >>> frames, masses == recording.masses, round(float(recording.after.times[-1]), 3)
        (13, True, 0.24)
    """

    design: str
    generation: int
    parents: tuple[str, ...]
    operator: str
    fitness: float
    measures: dict[str, float]
    curve: Array
    springs: Array
    rest_lengths: Array
    stiffness: Array
    swings: Array
    cells: Array
    materials: Array
    ground: Array
    after: Trajectory
    before: Trajectory | None
    weights: Array
    controller: str = ""
    task: str = ""
    material_names: tuple[str, ...] = ()
    light: Array | None = None
    world_fitness: Array | None = None
    mechanics: Mechanics | None = None
    controller_settings: dict[str, float | str | tuple[str, ...]] = field(default_factory=dict)
    point_masses: Array = _DEFAULT
    damping: Array = _DEFAULT
    force_limits: Array = _DEFAULT
    drawn: DrawnBody | None = None

    def __post_init__(self) -> None:
        if not _DESIGN_ID.fullmatch(self.design):
            raise RecordingError("a design id of letters, digits, '.', '_' and '-'", repr(self.design), "rename it")
        convert(self, "curve", np.float32, (None,))
        convert(self, "springs", np.int32, (None, 2))
        for name in ("rest_lengths", "stiffness", "swings"):
            convert(self, name, np.float32, (len(self.springs),))
        for name, count, default in (
            ("point_masses", self.masses, 1.0),
            ("damping", len(self.springs), 0.0),
            ("force_limits", len(self.springs), np.inf),
        ):
            if getattr(self, name) is None:
                object.__setattr__(self, name, np.full(count, default))
            convert(self, name, np.float32, (count,))
        convert(self, "cells", np.int32, (None, None))
        convert(self, "materials", np.uint8, (len(self.cells),))
        if self.dim == 3 and len(self.cells):
            check_shape("cells", self.cells, (None, 8))
        convert(self, "ground", np.float32, (None,) * (self.dim - 1) + (self.dim,))
        convert(self, "weights", np.float32, (None,))
        if self.light is not None:
            convert(self, "light", np.float32, (self.dim,))
        if self.world_fitness is not None:
            convert(self, "world_fitness", np.float32, (None,))
        if self.drawn is not None:
            check_shape("drawn.positions", self.drawn.positions, (self.masses, self.dim))
            check_shape("drawn.rest_lengths", self.drawn.rest_lengths, (len(self.springs),))
        check_finite("ground", self.ground)
        check_finite("light", self.light)
        if self.dim == 3:
            check_grid(self.ground)
        check_ids("springs", self.springs, self.masses)
        check_ids("cells", self.cells, self.masses)
        for name, trajectory in (("after", self.after), ("before", self.before)):
            if trajectory is not None:
                check_shape(f"{name}.positions", trajectory.positions, (None, self.masses, self.dim))
                check_shape(f"{name}.actuation", trajectory.actuation, (None, len(self.springs)))

    @property
    def dim(self) -> int:
        """Dimensions of space."""
        return self.after.positions.shape[2]

    @property
    def has_material_properties(self) -> bool:
        """Whether any mass is not 1 kg, or any spring has damping or a force limit."""
        limited = np.isfinite(self.force_limits).any()
        return bool(limited or self.damping.any() or (self.point_masses != 1.0).any())

    def centres(self, positions: Array) -> Array:
        """Return the centre of mass of positions, shape (..., masses, axes), float64, shape (..., axes)."""
        return centre_of(positions, self.point_masses)

    def delivered(self, actuation: Array) -> Array:
        """Return what muscles deliver of an actuation, shape (..., springs), within their force limits.

        A muscle is asked for the active force a = stiffness * rest length * swing * actuation and gives
        a / sqrt(1 + (a / limit)^2), as if it was asked for that much less.
        """
        if np.isinf(self.force_limits).all():
            return actuation
        share = self.stiffness.astype(np.float64) * self.rest_lengths * self.swings / self.force_limits * actuation
        return actuation / np.sqrt(1.0 + share**2)

    @property
    def masses(self) -> int:
        """Number of masses."""
        return self.after.positions.shape[1]

    def showing(self, motions: Collection[str]) -> "Recording":
        """Return the recording with its motion "before" or "after" learning alone, or with both.

        Motion before learning alone takes the place of that after it.

        Raises:
            RecordingError: motion before learning is wanted and was not recorded.
        """
        if "before" in motions and self.before is None:
            got = f"{self.design} without it"
            raise RecordingError("motion before learning", got, "leave before out of when")
        if "after" not in motions and self.before is not None:
            return replace(self, after=self.before, before=None)
        return self if "before" in motions else replace(self, before=None)

    @property
    def muscles(self) -> int:
        """Number of actuated springs."""
        return int(np.count_nonzero(self.swings))

    @property
    def changes(self) -> dict[str, tuple[float, float]]:
        """Mean and largest change of what learning changed about the springs, as shares of what was drawn, by field.

        Of swings those of muscles count; empty where the body is as drawn.
        """
        return {} if self.drawn is None else relative_changes(self.drawn, vars(self))

    def __str__(self) -> str:
        """Return in a few lines what this is, how well it does, and what was measured."""
        born = f", {self.operator} of generation {self.generation}" if self.operator else ""
        size = f"{self.masses} masses, {len(self.springs)} springs, {self.muscles} muscles, {self.dim}D"
        lines = [f"{self.design}{born}: {size}"]
        learned = f" (before learning {self.curve[0]:.3f})" if len(self.curve) > 1 else ""
        lines.append(
            f"  fitness in {self.task or 'its task'} {self.fitness:.3f}{learned}, controller {self.controller}"
        )
        lines.append(f"  {len(self.after.times)} frames of {self.after.times[-1]:.2f} s")
        if self.changes:
            shares = self.changes.items()
            said = [f"{CHANGEABLE[name]} by {mean:.1%} (most {most:.1%})" for name, (mean, most) in shares]
            lines.append(f"  learned body: {', '.join(said)}")
        if self.measures:
            lines.append("  " + ", ".join(f"{name} {value:.3g}" for name, value in self.measures.items()))
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Return the page's player with this design, for notebooks."""
        from codesign.export.notebook import page_in_frame  # noqa: PLC0415 - the page knows recordings

        return page_in_frame(Gallery(self.design, (self,), History(np.zeros(0), np.zeros(0), np.zeros(0))))


def centre_of(positions: Array, masses: Array | None = None) -> Array:
    """Return the centre of mass of positions, shape (..., masses, axes), float64, shape (..., axes).

    Args:
        positions: [m].
        masses: in any unit, shape (masses,); None where all are equal.
    """
    if masses is None or (masses == masses[:1]).all():
        return positions.mean(axis=-2, dtype=np.float64)
    return np.average(positions.astype(np.float64), axis=-2, weights=masses)


@dataclass(frozen=True, eq=False)
class History:
    """How fitness rose over a run, a point per generation.

    Attributes:
        generations: int32[generations], increasing.
        best_fitness: float32[generations], best of the population after selection; not finite where none was valid.
        mean_fitness: float32[generations], mean over the valid members of the population; likewise.
    """

    generations: Array
    best_fitness: Array
    mean_fitness: Array

    def __post_init__(self) -> None:
        convert(self, "generations", np.int32, (None,))
        convert(self, "best_fitness", np.float32, (len(self.generations),))
        convert(self, "mean_fitness", np.float32, (len(self.generations),))

    def __len__(self) -> int:
        return len(self.generations)

    def __str__(self) -> str:
        """Return a line for each of about ten generations, the last among them."""
        shown = (
            sorted({round(place) for place in np.linspace(0, max(len(self) - 1, 0), 10).tolist()}) if len(self) else []
        )
        lines = ["generation      best      mean"]
        for place in shown:
            best, mean = self.best_fitness[place], self.mean_fitness[place]
            lines.append(f"{self.generations[place]:10d} {best:9.3f} {mean:9.3f}")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Return a chart of best and mean fitness, for notebooks."""
        lines = {"best": self.best_fitness, "mean": self.mean_fitness}
        return line_chart(lines, title="Fitness", across="generation", up="best and mean of the population")


@dataclass(frozen=True, eq=False)
class Gallery:
    """Designs of one run, of one or of many generations, and the run's history.

    Attributes:
        title: what the reader should see first, say the experiment's name; any text.
        recordings: the designs, at least one, ids unique.
        history: the run's fitness by generation.
        config_text: the run's configuration as text (YAML); any text, may be empty.
        units: units of fitness ("fitness") and of measures by name; what is not there has none.
        summary: the run in numbers, None where these are no designs of a run, or only they are to be seen.
        map: what the run's search keeps, by what it looks at; None where there is none to be seen.

    Raises:
        RecordingError: no recording, or two of one id.
    """

    title: str
    recordings: tuple[Recording, ...]
    history: History
    config_text: str = ""
    units: Mapping[str, str] = field(default_factory=dict)
    summary: RunSummary | None = None
    map: DesignMap | None = None

    def __post_init__(self) -> None:
        ids = [recording.design for recording in self.recordings]
        if not ids:
            raise RecordingError("at least one recording", "none", "choose a run with at least one valid design")
        for design in sorted({design for design in ids if ids.count(design) > 1}):
            raise RecordingError(
                "one recording per design", f"{design} {ids.count(design)} times", "leave out the copies"
            )

    def fitness_of(self, recording: Recording) -> str:
        """Return the fitness of a design in words, with its unit where it has one."""
        if not np.isfinite(recording.fitness):
            return "invalid"
        return f"{recording.fitness:.3f} {self.units.get('fitness', '')}".rstrip()

    @property
    def generations(self) -> tuple[int, ...]:
        """Generations that some recording was born in, increasing."""
        return tuple(sorted({recording.generation for recording in self.recordings}))
