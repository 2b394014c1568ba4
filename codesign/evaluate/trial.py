"""How one design is evaluated."""

from dataclasses import dataclass, field

from codesign.body import Bodies, Tissue
from codesign.errors import ConfigError
from codesign.evaluate.worlds import Worlds
from codesign.genome import LatticeSettings
from codesign.sim import Conditions, Controller, Execution, Physics, Simulator, Task, Terrain, require_conditions
from codesign.streams import require_seed
from codesign.train import Learner


@dataclass(frozen=True)
class Trial:
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
        learner: how controllers learn.
        seed: seed of the initial controllers and of what differs between worlds.
        worlds: how many worlds every design is tested in, and what differs between them.

    Raises:
        ConfigError: a seed below 0, a terrain that the lattice's bodies cannot stand on, a target outside of it, or a
            sensor for what is not there.
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

    def __post_init__(self) -> None:
        require_seed(self.seed)
        conditions = self.conditions()
        require_conditions(conditions, self.dimension)
        for each in conditions:
            each.terrain.data(self.dimension)
        if "light" in self.controller.senses and self.task.light(self.dimension) is None:
            got = f"a light sensor and task={self.task.name}, which has no light"
            raise ConfigError("a task with a light", got, "choose task=light, or leave light out of controller.sensors")

    @property
    def dimension(self) -> int:
        """Number of space dimensions."""
        return self.lattice.build().dim

    def conditions(self) -> tuple[Conditions, ...]:
        """Return what the worlds of a design are like."""
        return self.worlds.conditions(self.terrain, self.task, self.physics, self.dimension, self.seed)

    def simulator(self, bodies: Bodies, *, together: bool = False) -> Simulator:
        """Return the simulator of bodies in all their worlds.

        Args:
            bodies: at least one.
            together: whether they have one controller, see `Simulator`.

        Raises:
            ConfigError: the device is not there.
        """
        return Simulator(
            bodies,
            self.physics,
            self.controller,
            self.conditions(),
            self.execution,
            pooling=self.worlds,
            together=together,
        )
