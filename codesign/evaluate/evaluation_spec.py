"""How one design is evaluated."""

import math
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from codesign.body import Bodies, Tissue, offsets
from codesign.errors import ConfigError
from codesign.evaluate.body_learning import body_parameters, body_sizes
from codesign.evaluate.body_measures import FURTHER_MEASURES, UNITS
from codesign.evaluate.design_weights import DesignWeights
from codesign.evaluate.worlds import Worlds
from codesign.genome import LatticeSettings
from codesign.sim import (
    UNACTUATED,
    UNIVERSAL,
    Conditions,
    Controller,
    ControllerAndBody,
    Execution,
    Physics,
    Simulator,
    Task,
    Terrain,
    beacon_of,
    first_weights,
    require_conditions,
)
from codesign.streams import GOLDEN, Purpose, mixed, require_seed, stream_keys
from codesign.train import BodyLearning, Learner, SmoothedProblem


@dataclass(frozen=True)
class EvaluationSpec:
    """Everything that decides what becomes of a design; plain settings, equal for all designs of a run.

    Attributes:
        lattice: what genomes live on.
        tissue: what springs are made of.
        physics: forces, contact, and the length of an episode.
        execution: precision of the numbers; device, which changes their rounding; threads and memory, which change
            nothing.
        controller: what moves the muscles, an entry of `CONTROLLERS`.
        task: what is to be achieved, an entry of `TASKS`.
        terrain: the ground, an entry of `TERRAINS`.
        learner: how controllers learn, and what of bodies learns with them.
        seed: seed of the initial controllers and of what differs between worlds.
        worlds: how many worlds every design is tested in, and what differs between them.
        start: weights that every controller starts to learn from, for those that fit any body; empty for random ones.
        measured: names of measures that are taken besides those of the task, out of `FURTHER_MEASURES`. A frequency
            takes one more episode of every design.

    Raises:
        ConfigError: a seed below 0, a terrain that the lattice's bodies cannot stand on, a target outside of it, a
            sensor for what is not there, or weights to start from that are not the controller's.
    """

    lattice: LatticeSettings
    tissue: Tissue
    physics: Physics
    execution: Execution
    controller: Controller
    task: Task
    terrain: Terrain
    learner: Learner
    seed: int
    worlds: Worlds = field(default_factory=Worlds)
    start: tuple[float, ...] = ()
    measured: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_seed(self.seed)
        self.require_measures(self.measured, FURTHER_MEASURES)
        self._require_latency()
        self._require_settling()
        self.require_dimension(self.dimension)
        if "light" in self.controller.senses and beacon_of(self.conditions()[0], self.dimension) is None:
            got = f"a light sensor and the task {self.task.name}, which has no light"
            remedy = "choose the task light, set a beacon, or leave light out of the sensors"
            raise ConfigError("a task with a light", got, remedy)
        if self.worlds.friction_spread and not self.physics.contact.has_friction:
            got = f"{self.worlds.friction_spread:g} with the contact {self.physics.contact.name}, which has no friction"
            raise ConfigError("0", got, "set {field} to 0, or choose a contact with friction", "friction_spread")
        if self.start:
            if restarts := max(self.learner.in_generation(each).restarts for each in (0, 1)):
                expected, remedy = "0 where all start from given weights", "set {field} to 0, or give no weights"
                raise ConfigError(expected, f"{restarts}", remedy, "restarts")
            wanted = self.require_any_body()
            if len(self.start) != wanted:
                got = f"{len(self.start)}"
                raise ConfigError(
                    f"weights of {wanted} numbers", got, "use the controller settings they were learned with"
                )

    def _require_latency(self) -> None:
        """Check that muscles follow their controllers, in every world that could have been drawn."""
        longest, episode = self.worlds.latency + self.worlds.latency_spread, self.physics.steps * self.physics.dt
        if longest > episode - self.physics.dt:
            field = "latency" if self.worlds.latency > 0.0 else "latency_spread"
            got = f"up to {longest:g} s in an episode of {episode:g} s"
            raise ConfigError("a latency shorter than an episode", got, "lower {field}, or raise sim.steps", field)

    def _require_settling(self) -> None:
        """Check that something of an episode is left after bodies have settled."""
        physics, last = self.physics, (self.physics.steps - 1) * self.physics.dt
        if physics.settle_steps >= physics.steps:
            got = f"{physics.settle:g} s in an episode of {physics.steps * physics.dt:g} s"
            raise ConfigError(
                f"at most {last:g} s, less than an episode", got, "lower {field}, or raise steps", "settle"
            ).within("sim")
        if physics.settle_steps and "heading" in self.task.uses:
            got = f"{physics.settle:g} with task={self.task.name}, which counts turns from where the body was put"
            raise ConfigError("0", got, "set {field}=0, or choose another task", "settle").within("sim")

    @property
    def weighted(self) -> Controller:
        """The controller with the weights that a design has: its own, followed by its body's where bodies learn."""
        learned = self.learner.body.learned
        return ControllerAndBody(self.controller, learned) if learned else self.controller

    @property
    def with_bodies_as_given(self) -> "EvaluationSpec":
        """The same where bodies do not learn, for those that have: `learned_bodies`, and `controller_weights`."""
        return replace(self, learner=replace(self.learner, body=BodyLearning()))

    def in_generation(self, generation: int) -> "EvaluationSpec":
        """Return how designs that are born in a generation are evaluated, see `Learner.in_generation`."""
        learner = self.learner.in_generation(generation)
        return self if learner is self.learner else replace(self, learner=learner)

    @property
    def dimension(self) -> int:
        """Number of space dimensions."""
        return self.lattice.build().dim

    @property
    def units(self) -> dict[str, str]:
        """Units of fitness and measures by name; what is not there is a share, or its unit is not known."""
        return {**UNITS, **self.task.every_unit()}

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of all that a search may look at: fitness, what every design is measured by, and `FURTHER_MEASURES`."""
        with np.errstate(all="ignore"):  # only the names matter
            own = self.task.measures({name: np.zeros(1) for name in self.task.state})
        unactuated = (UNACTUATED,) if self.worlds.unactuated else ()
        return ("fitness", *own, *UNIVERSAL, *unactuated, *FURTHER_MEASURES)

    @staticmethod
    def require_measures(names: Collection[str], known: Collection[str], field: str = "measured") -> None:
        """Check that measures exist.

        Raises:
            ConfigError: one does not; the message names those that do.
        """
        missing = [name for name in names if name not in known]
        if missing:
            raise ConfigError(f"any of {', '.join(known)}", ", ".join(missing), "choose among these", field)

    def require_dimension(self, dimension: int) -> None:
        """Check that bodies in so many dimensions, the lattice's or others that are given, can be evaluated.

        Raises:
            ConfigError: ground, target, pushes or weights to start from are of other dimensions.
        """
        if dimension != self.dimension and (self.start or self.worlds.push_speed):
            got = f"{self.dimension}, for which the weights or pushes are"
            raise ConfigError(
                f"a lattice of {dimension} dimensions, as those of the bodies", got, "choose a body of these dimensions"
            )
        # World by world, because only so many grounds are kept at a time.
        for each in self.conditions():
            require_conditions([each], dimension)
            each.terrain.data(dimension)

    def conditions(self) -> tuple[Conditions, ...]:
        """Return the conditions in each world of a design; they are drawn once."""
        return self._conditions

    @cached_property
    def _conditions(self) -> tuple[Conditions, ...]:
        return self.worlds.conditions(self.terrain, self.task, self.physics, self.dimension, self.seed)

    def simulator(
        self,
        bodies: Bodies,
        *,
        together: bool = False,
        copies: int = 1,
        physical_gradients: bool = False,
        material_properties: bool = False,
    ) -> Simulator:
        """Return the simulator of bodies in all their worlds.

        Kernels have masses, damping and force limits if the tissue has, whatever bodies grew from it: which bodies are
        simulated together changes no bit.

        Args:
            bodies: at least one.
            together: whether they have one controller, see `Simulator`.
            copies: sets of them, one after the other, each with controllers of its own.
            physical_gradients: whether bodies are differentiated too, see `Simulator`.
            material_properties: whether kernels have masses, damping and force limits in any case, see `Simulator`.

        Raises:
            ConfigError: the device is not there.
            BodyError: bodies without cells that are to learn by their materials.
        """
        if copies > 1:
            bodies = bodies.take(np.tile(np.arange(len(bodies)), copies))
        return Simulator(
            bodies,
            self.physics,
            self.controller,
            self.conditions(),
            self.execution,
            aggregation=self.worlds,
            together=together,
            copies=copies,
            physical_gradients=physical_gradients,
            material_properties=material_properties or self.tissue.has_material_properties,
            body_parameters=body_parameters(self.learner.body, bodies),
        )

    def learning_problem(
        self, bodies: Bodies, identities: np.ndarray, *, together: bool = False, material_properties: bool = False
    ) -> Simulator | SmoothedProblem:
        """Return what controllers of bodies learn from: the simulator, or that of copies where the learner wants them.

        Args:
            bodies: at least one.
            identities: (generation, individual) of each controller, int64, shape (controllers, 2).
            together: whether they have one controller, see `Simulator`.
            material_properties: see `simulator`.

        Raises:
            ConfigError: the device is not there.
            BodyError: bodies without cells that are to learn by their materials.
        """
        copies = self.learner.copies
        simulator = self.simulator(bodies, together=together, copies=copies, material_properties=material_properties)
        if copies == 1:
            return simulator
        return SmoothedProblem(simulator, self.learner, stream_keys(self.seed, identities, Purpose.SMOOTHING))

    def begin(
        self,
        simulator: Simulator | SmoothedProblem,
        identities: np.ndarray,
        first: DesignWeights | None = None,
        attempts: np.ndarray | None = None,
    ) -> None:
        """Give designs the weights that they start to learn from.

        They are drawn for every design, unless `start` says what they all start from.

        Args:
            simulator: of the designs' bodies, or their learning problem.
            identities: (generation, individual) of each of its controllers, int64, shape (controllers, 2).
            first: weights that are not drawn, see `Request`.
            attempts: which of its starts each takes, see `Request`.
        """
        if first is not None or (self.learner.body.learned and self.start):
            simulator.load(self.first_weights(simulator.bodies, identities, first=first, attempts=attempts))
        elif self.start:
            simulator.load(np.tile(self.start, simulator.controllers))
        else:
            simulator.draw(_start_keys(self.seed, identities, attempts))

    def first_weights(
        self,
        bodies: Bodies,
        identities: np.ndarray,
        seed: int | None = None,
        first: DesignWeights | None = None,
        attempts: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return the weights that designs start to learn from, as `begin` gives them, flat, float64.

        Args:
            bodies: each has one.
            identities: (generation, individual) of each, int64, shape (bodies, 2).
            seed: what they are drawn from instead of the spec's seed.
            first: weights that are not drawn, see `Request`.
            attempts: which of its starts each takes, see `Request`.
        """
        sizes = body_sizes(self.learner.body, bodies)
        if self.start:
            own = np.array(self.start, np.float64)
            found = np.concatenate([piece for size in sizes.tolist() for piece in (own, np.zeros(size))])
        else:
            keys = _start_keys(self.seed if seed is None else seed, identities, attempts)
            found = first_weights(self.weighted, bodies, self.physics.steps, keys)
        if first is None:
            return found
        ends = offsets(self.weight_counts(bodies))[1:]
        for index, end in enumerate(ends.tolist()):
            own = first.of(index)
            last = found[end - len(own) : end]
            last[:] = np.where(np.isnan(own), last, own)
        return found

    def weight_counts(self, bodies: Bodies) -> np.ndarray:
        """Return how many weights each design has, int64, shape (bodies,)."""
        counts = zip(np.diff(bodies.mass_start).tolist(), np.diff(bodies.spring_start).tolist(), strict=True)
        shapes = [self.weighted.weight_shapes(*each, self.dimension, self.physics.steps) for each in counts]
        return np.array([sum(math.prod(shape) for shape in own.values()) for own in shapes], dtype=np.int64)

    def require_any_body(self) -> int:
        """Check that the weights of the controller fit any body, and return how many there are.

        Raises:
            ConfigError: their number depends on the body.
        """
        steps, dimension = self.physics.steps, self.dimension
        sizes = [
            sum(math.prod(shape) for shape in self.controller.weight_shapes(masses, springs, dimension, steps).values())
            for masses, springs in ((8, 24), (12, 42))
        ]
        if sizes[0] != sizes[1]:
            got = f"{self.controller.name}, which has other weights for every body"
            raise ConfigError("a controller that fits any body", got, "choose the controller shared")
        return sizes[0]

    def require_one_controller(self) -> None:
        """Check that bodies can learn with one controller together, which has weights of its own alone.

        Raises:
            ConfigError: the number of its weights depends on the body, or bodies learn too.
        """
        self.require_any_body()
        if self.learner.restarts:
            remedy = "set {field} to 0, or let each body have a controller"
            raise ConfigError("one start for one controller of all", f"{self.learner.starts}", remedy, "restarts")
        if learned := self.learner.body.learned:
            expected = "bodies as drawn for one controller of all"
            remedy = "set learner.body to nothing that is learned, or let each body have a controller"
            raise ConfigError(expected, f"bodies whose {', '.join(learned)} are learned", remedy)


def _start_keys(seed: int, identities: np.ndarray, attempts: np.ndarray | None) -> np.ndarray:
    """Return the keys that the first weights of designs are drawn with, shape (n,)."""
    own = stream_keys(seed, identities, Purpose.CONTROLLER)
    if attempts is None:
        return own
    others = stream_keys(seed, identities, Purpose.RESTART)
    return np.where(attempts == 0, own, mixed(others + attempts.astype(np.uint64) * GOLDEN))
