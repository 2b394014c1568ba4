"""What every learner promises: settings that are checked where they are made, and a step of many controllers."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Self

from codesign.checks import require_choice, require_count, require_default, require_number
from codesign.errors import ConfigError
from codesign.train.batch import Batch
from codesign.train.body_learning import BodyLearning

Step = Callable[[], None]
"""Takes one step of every controller that is OK, by the same launches every time."""

KEEP_BEST, INVALID = "keep_best", "invalid"
"""Rules for a controller that comes to an unsound loss, see `Learner.unsound`."""

EXACT, SMOOTHED, BLENDED = "exact", "smoothed", "blended"
"""What a gradient is made of, see `Learner.estimator`."""

LATER = "later_"
"""What the names of settings for designs of generation 1 and later begin with, see `Learner.in_generation`."""


@dataclass(frozen=True)
class Learner(ABC):
    """Settings that every learner has.

    A loss is unsound if it is not finite, beyond `loss_limit`, or more than `jump_limit` away from the loss before.
    Learning ends at the first unsound loss, and the learning curve has no numbers from there on.

    A robot that leaps forward (or falls) in one step of learning is not unsound by itself: of 41 designs that a
    `jump_limit` of 0.5 m had excluded, 40 moved soundly. So there is no `jump_limit` by default. The experiments of
    Strgar et al. 2024 set one of 0.5 m, a `loss_limit` of 5.5 m, and `unsound` to "invalid".

    Attributes:
        name: key in the registry.
        iterations: number of steps, 0 or more; the loss is known before the first and after every one.
        loss_limit: largest size of a sound loss; infinity for no limit.
        jump_limit: largest sound change of the loss in one step; None or infinity for no limit.
        unsound: what becomes of a design that comes to an unsound loss: "keep_best" lets the best of the sound losses
            before it stand, "invalid" gives it the fitness -inf. A design whose first loss is unsound is invalid
            under both rules.
        racing: number of steps between two rungs; 0 for none. As in successive halving (Jamieson & Talwalkar 2016), a
            rung is a number of steps after which those designs stop that are too far behind (`rungs`).
        racing_chance: a design goes on where at least this share of those that it has to beat gained as much from there
            to the end as it still needs; from 0, which stops only what nobody made up for, to 1.
        body: what of bodies is learned together with their controllers, by default nothing.
        estimator: the gradient that steps follow: the "exact" one of the loss; that of the loss under Gaussian
            perturbations of the weights, "smoothed", estimated from losses alone; or the same estimated from both
            losses and exact gradients, "blended" (`SmoothedProblem`).
        samples: perturbed copies of every controller that are simulated in each step of learning, in pairs, with
            estimator=smoothed or blended; 2 or more, and for blended 4 or more.
        radius: length of perturbations in the space of one controller's weights, for estimator=smoothed or blended: the
            root of their mean square; every weight's has the standard deviation radius / sqrt(number of weights).
        patience: for estimator=blended: steps without a new best loss after which a controller learns by the smoothed
            gradient, until there is one or until exact gradients had nearly all of the share three times in a row; also
            where its exact gradient is zero or not finite. At other times its steps follow the exact gradient, for
            which no copies are simulated. 0 for the smoothed gradient at all times.
        restarts: further first weights that a design learns from, besides its own; the best of all these starts stands.
        restart_iterations: steps after which only the start of a design goes on that is the best until then; None where
            all of them learn to the end.
        later_restarts: `restarts` of designs of generation 1 and later; None for as many as in the first.
        later_iterations: `iterations` of designs of generation 1 and later; None for as many as in the first.

    Raises:
        ConfigError: a setting is of the wrong type or out of range.
    """

    name: str = ""
    iterations: int = 35
    loss_limit: float = 5.5
    jump_limit: float | None = None
    unsound: str = KEEP_BEST
    racing: int = 0
    racing_chance: float = 0.3
    body: BodyLearning = field(default_factory=BodyLearning, metadata={"section": True})
    estimator: str = EXACT
    samples: int = 8
    radius: float = 0.5
    patience: int = 0
    restarts: int = 0
    restart_iterations: int | None = None
    later_restarts: int | None = None
    later_iterations: int | None = None

    def __post_init__(self) -> None:
        require_count(self, "iterations", at_least=0, example=35)
        require_number(self, "loss_limit", above=0.0, infinite=True, example=5.5)
        require_number(self, "jump_limit", above=0.0, infinite=True, optional=True, example=0.5)
        require_choice(self, "unsound", (KEEP_BEST, INVALID))
        require_count(self, "racing", at_least=0, example=2)
        require_number(self, "racing_chance", at_least=0.0, at_most=1.0, example=0.3)
        if not isinstance(self.body, BodyLearning):
            raise ConfigError("settings of BodyLearning", repr(self.body), "set {field}=BodyLearning()", "body")
        require_choice(self, "estimator", (EXACT, SMOOTHED, BLENDED))
        fewest = 4 if self.estimator == BLENDED else 2
        require_count(self, "samples", at_least=fewest, example=8)
        if self.samples % 2:
            raise ConfigError("an even number, as copies come in pairs", f"{self.samples}", "set {field}=8", "samples")
        require_number(self, "radius", above=0.0, example=0.5)
        require_count(self, "patience", at_least=0, example=5)
        require_count(self, "restarts", at_least=0, example=3)
        require_count(self, "restart_iterations", at_least=0, optional=True, example=3)
        require_count(self, "later_restarts", at_least=0, optional=True, example=0)
        require_count(self, "later_iterations", at_least=0, optional=True, example=8)

    def require_effect(self) -> None:
        """Check that no setting differs from its default where it does nothing.

        This is for settings as users write them: runs of older versions may hold some that do nothing.

        Raises:
            ConfigError: one does.
        """
        with_copies, restarts = f"estimator={SMOOTHED}", (self.restarts, self.in_generation(1).restarts)
        idle = [
            ("samples", with_copies, self.estimator == EXACT),
            ("radius", with_copies, self.estimator == EXACT),
            ("patience", f"estimator={BLENDED}", self.estimator != BLENDED),
            ("racing_chance", "racing=2", not self.racing),
            ("restart_iterations", "restarts=3", not any(restarts)),
        ]
        for name, needed, nothing in idle:
            require_default(self, name, nothing, f"leave {{field}} out, or let the learner have {needed}")

    def in_generation(self, generation: int) -> Self:
        """Return the learner of the designs that are born in a generation.

        In generation 0 this is it, and wherever no setting says otherwise for later ones. A setting `later_NAME` that
        is not None stands for `NAME` in generation 1 and later; learners of plug-ins may have such settings too.
        """
        later = {item.name: getattr(self, item.name) for item in fields(self) if item.name.startswith(LATER)}
        given = {name.removeprefix(LATER): value for name, value in later.items() if value is not None}
        return replace(self, **given, **dict.fromkeys(later)) if generation and given else self

    @property
    def rungs(self) -> tuple[int, ...]:
        """Steps after which designs that are too far behind stop, ascending."""
        return tuple(range(self.racing, self.iterations, self.racing)) if self.racing else ()

    @property
    def starts(self) -> int:
        """First weights that a design learns from."""
        return 1 + self.restarts

    @property
    def copies(self) -> int:
        """Simulations of a controller for a step of learning, in each of its worlds: its own, and of perturbed ones."""
        return 1 if self.estimator == EXACT or self.iterations == 0 else 1 + self.samples

    @abstractmethod
    def bind(self, batch: Batch) -> Step:
        """Return the step of this learner on `batch`; whatever it needs is allocated here.

        A step changes `batch.parameters` by what `batch.gradient` and `batch.norm` say, where the status is OK.
        What depends on the number of steps taken it reads from `batch.iteration` on the device: a GPU replays its
        launches with the arguments that they had once.
        """
