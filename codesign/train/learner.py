"""What every learner promises: settings that are checked where they are made, and a step of many controllers."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from codesign.errors import ConfigError
from codesign.train.batch import Batch

Step = Callable[[], None]
"""Takes one step of every controller that is OK, by the same launches every time."""


@dataclass(frozen=True)
class Learner(ABC):
    """Settings that every learner has.

    Attributes:
        name: key in the registry.
        iterations: steps to learn, 0 or more; a design is simulated once more than that.
        loss_limit: a loss beyond plus or minus this is not believed (2024 paper: 5.5 m).
        jump_limit: a change of the loss between two iterations beyond this is not believed (2024 paper: 0.5 m).
        racing: steps between two rungs, at which designs that are too far behind stop (`rungs`); 0: every design learns
            to the end.
        racing_chance: a design goes on where at least this share of those that it has to beat gained as much from there
            to the end as it still needs; from 0, which stops only what nobody made up for, to 1.

    Raises:
        ConfigError: a setting is of the wrong type or out of range.
    """

    name: str = ""
    iterations: int = 35
    loss_limit: float = 5.5
    jump_limit: float = 0.5
    racing: int = 0
    racing_chance: float = 0.3

    def __post_init__(self) -> None:
        if not isinstance(self.iterations, int) or isinstance(self.iterations, bool) or self.iterations < 0:
            raise ConfigError(
                "learner.iterations as a whole number, 0 or more", repr(self.iterations), "set for example 35"
            )
        if not isinstance(self.racing, int) or isinstance(self.racing, bool) or self.racing < 0:
            raise ConfigError(
                "learner.racing as a whole number, 0 or more",
                repr(self.racing),
                "set for example 2, or 0 for no racing",
            )
        chance = self.racing_chance
        if not isinstance(chance, int | float) or isinstance(chance, bool) or not 0.0 <= chance <= 1.0:
            raise ConfigError("learner.racing_chance from 0 to 1", repr(chance), "set for example 0.3")
        self._require_positive("loss_limit", "set for example 5.5, or inf for no limit", limit=math.inf)
        self._require_positive("jump_limit", "set for example 0.5, or inf for no limit", limit=math.inf)

    @property
    def rungs(self) -> tuple[int, ...]:
        """Steps after which designs that are too far behind stop, ascending."""
        return tuple(range(self.racing, self.iterations, self.racing)) if self.racing else ()

    @abstractmethod
    def bind(self, batch: Batch) -> Step:
        """Return the step of this learner on `batch`; whatever it needs is allocated here.

        A step changes `batch.parameters` by what `batch.gradient` and `batch.norm` say, where the status is OK.
        What depends on the number of steps taken it reads from `batch.iteration` on the device: a GPU replays its
        launches with the arguments that they had once.
        """

    def _require_positive(self, setting: str, remedy: str, limit: float = 1e30) -> None:
        value = getattr(self, setting)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0.0 < value <= limit:
            raise ConfigError(f"learner.{setting} as a number above 0", repr(value), remedy)
