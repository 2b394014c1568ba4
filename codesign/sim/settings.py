"""What decides a simulation: its physics, and how it is computed."""

import math
from dataclasses import dataclass, field

from codesign.checks import require_choice, require_count, require_number
from codesign.errors import ConfigError
from codesign.sim.kernels.contact import NoSlip
from codesign.sim.kernels.functions import Contact, Force
from codesign.sim.kernels.types import PRECISIONS

SEGMENT_STEPS = 16
"""Steps that are gone back through at a time: few enough for a robot's numbers to stay close to the processor."""


SECTION = {"section": True}
"""Metadata of a field that holds settings of their own, which a configuration has as a section of their own."""

FITNESSES = ("mean", "worst", "quantile")
"""How the losses of several worlds become one."""

GRADIENTS = ("mean", "fitness")
"""How the gradients of several worlds become one."""


@dataclass(frozen=True)
class Physics:
    """Forces, contact and the length of an episode; the defaults are those of the 2024 paper.

    Attributes:
        dt: length of a step [s].
        steps: steps in an episode.
        gravity: acceleration along the upward axis [m/s^2].
        damping: rate at which velocities decay [1/s], the drag of the papers.
        regularisation: length [m] that is added to every spring, so that two masses in one place do not divide by zero.
        contact: how the ground acts, an entry of `CONTACTS`.
        forces: what acts besides springs, gravity and the papers' drag, entries of `FORCES`, each kind once.
        settle: time at the beginning of an episode in which muscles are at rest and tasks do not count [s]: a task's
            episode begins then, from where the body stands or lies, so that a fall is no walk. In whole steps.

    Raises:
        ConfigError: a value out of range, or two forces of one kind.
    """

    dt: float = 0.004
    steps: int = 1000
    gravity: float = -4.8
    damping: float = 15.0
    regularisation: float = 1.0e-4
    contact: Contact = field(default_factory=NoSlip, metadata=SECTION)
    forces: tuple[Force, ...] = field(default=(), metadata=SECTION)
    settle: float = 0.0

    def __post_init__(self) -> None:
        require_number(self, "dt", above=0.0, at_most=0.1, unit="s", example=0.004)
        require_count(self, "steps", example=1000)
        require_number(self, "gravity", at_most=0.0, unit="m/s^2, since it points down,", example=-9.8)
        require_number(self, "damping", at_least=0.0, unit="1/s", example=15.0)
        require_number(self, "regularisation", above=0.0, at_most=0.01, unit="m", example=1.0e-4)
        require_number(self, "settle", at_least=0.0, unit="s", example=0.4)
        if not isinstance(self.contact, Contact):
            expected, remedy = "an entry of CONTACTS", "set {field} to settings such as Coulomb(friction=0.9)"
            raise ConfigError(expected, repr(self.contact), remedy, "contact")
        kinds = [type(force) for force in self.forces]
        if not all(issubclass(kind, Force) for kind in kinds) or len(set(kinds)) < len(kinds):
            got = f"[{', '.join(kind.__name__ for kind in kinds)}]"
            raise ConfigError("entries of FORCES, each kind once", got, "leave out what is no such entry", "forces")

    @property
    def settle_steps(self) -> int:
        """Steps at the beginning of an episode in which bodies settle."""
        return round(self.settle / self.dt)

    @property
    def drag(self) -> float:
        """Factor on every velocity in each step."""
        return math.exp(-self.damping * self.dt)


@dataclass(frozen=True)
class Execution:
    """How a simulation is computed; only the precision changes its results, and the kind of device their rounding.

    Attributes:
        precision: "float32" for work, "float64" for verification.
        device: "auto" (a GPU where there is one), "cpu" or "cuda:0" and so on.
        threads: threads of a CPU, 0 for one per core.
        segment_steps: steps that are gone back through at a time, 0 for 16 (8 on a GPU); all their numbers are held.
        checkpoints: states that are kept of an episode, to compute its segments again from; 0 for one per segment, or
            as many as a large body has room for. More need more memory and less computing again.
        memory_mib: memory for the worlds that are simulated at a time [MiB], 0 for half of what is free.

    Raises:
        ConfigError: a value out of range.
    """

    precision: str = "float32"
    device: str = "auto"
    threads: int = 0
    segment_steps: int = 0
    checkpoints: int = 0
    memory_mib: int = 0

    def __post_init__(self) -> None:
        require_choice(self, "precision", tuple(PRECISIONS))
        if not (self.device in ("auto", "cpu", "cuda") or self.device.removeprefix("cuda:").isdigit()):
            raise ConfigError("auto, cpu or cuda:0 and so on", repr(self.device), "set {field}=auto", "device")
        for name in ("threads", "segment_steps", "checkpoints", "memory_mib"):
            require_count(self, name, at_least=0, example=0)

    def segment(self, steps: int) -> int:
        """Return the steps of a segment for an episode of `steps` steps."""
        return min(self.segment_steps or SEGMENT_STEPS, steps)


@dataclass(frozen=True)
class Aggregation:
    """How the losses of the worlds that a controller is tested in become one loss, and their gradients one gradient.

    Attributes:
        fitness: "mean" of all worlds, the "worst" of them, or a "quantile" over them.
        quantile: share of the worlds in which less is done, from 0 (the worst) to 1; between two worlds linearly.
        gradient: what a controller learns by: the "mean" of the gradients of all worlds, whatever its fitness is, or
            the gradient of its "fitness". The mean learned better or as well (docs/tasks.md).

    Raises:
        ConfigError: an unknown choice, or a quantile out of range.
    """

    fitness: str = "mean"
    quantile: float = 0.25
    gradient: str = "mean"

    def __post_init__(self) -> None:
        require_choice(self, "fitness", FITNESSES)
        require_number(self, "quantile", at_least=0.0, at_most=1.0, example=0.25)
        require_choice(self, "gradient", GRADIENTS)

    @property
    def loss_quantile(self) -> float:
        """Quantile of the worlds' losses that is the aggregated loss, from 0 for the lowest to 1; -1 for their mean."""
        return {"mean": -1.0, "worst": 1.0, "quantile": 1.0 - self.quantile}[self.fitness]

    @property
    def gradient_quantile(self) -> float:
        """Quantile of the worlds' losses whose gradient is the aggregated one; -1 for the mean of all gradients."""
        return -1.0 if self.gradient == "mean" else self.loss_quantile
