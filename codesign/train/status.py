"""How learning ended for one controller."""

from enum import IntEnum


class LearningStatus(IntEnum):
    """How learning ended for one controller; a value, never an exception, because the others of the batch go on.

    Three of these say that a loss was unsound (`unsound`). What then becomes of the design is the rule of the learner
    (`Learner.unsound`): it keeps its best sound loss, or is invalid (fitness -inf); one without any sound loss is
    always invalid. All others make no design invalid: the best loss and its weights stand.
    """

    OK = 0
    """The controller took every step."""
    NOT_FINITE = 1
    """A loss was not finite."""
    BEYOND_LIMIT = 2
    """A loss was beyond plus or minus `Learner.loss_limit`."""
    JUMPED = 3
    """A loss differed from the one before by more than `Learner.jump_limit`."""
    ZERO_GRADIENT = 4
    """The gradient was exactly zero; the parameters stay as they are, and so does the loss."""
    NON_FINITE_GRADIENT = 5
    """The gradient was not finite, though the loss was; the parameters stay as they are, and so does the loss."""
    NO_MUSCLES = 6
    """The gradient was exactly zero because the body has no muscles."""
    STOPPED = 7
    """Racing stopped the controller, because it was too far behind to be worth more steps."""

    @property
    def label(self) -> str:
        """Name of the status in tables, metrics and messages."""
        return self.name.lower()

    @property
    def unsound(self) -> bool:
        """Whether learning ended at a loss that does not count."""
        return self in (LearningStatus.NOT_FINITE, LearningStatus.BEYOND_LIMIT, LearningStatus.JUMPED)

    @property
    def meaning(self) -> str:
        """What the status says of a design, as a clause."""
        return _MEANINGS[self]

    @property
    def remedy(self) -> str:
        """What a user can do where many designs end so, as a sentence; empty where there is nothing to mend."""
        return _REMEDIES.get(self, "")


_MEANINGS = {
    LearningStatus.OK: "it learned to the end",
    LearningStatus.NOT_FINITE: "its loss was not finite",
    LearningStatus.BEYOND_LIMIT: "its loss was beyond the learner's loss_limit",
    LearningStatus.JUMPED: "its loss changed by more than the learner's jump_limit in one step",
    LearningStatus.ZERO_GRADIENT: "nothing that its muscles do changes what the task rewards",
    LearningStatus.NON_FINITE_GRADIENT: "its gradient was not finite",
    LearningStatus.NO_MUSCLES: "its body has no muscles",
    LearningStatus.STOPPED: "racing stopped it",
}

_REMEDIES = {
    LearningStatus.NOT_FINITE: "A smaller time step, softer springs or heavier masses may help.",
    LearningStatus.BEYOND_LIMIT: "A smaller time step, softer springs or a higher loss_limit may help.",
    LearningStatus.JUMPED: "A higher jump_limit, none at all, or shorter steps of the learner may help.",
    LearningStatus.ZERO_GRADIENT: "The task may be out of their reach, or be done already.",
    LearningStatus.NON_FINITE_GRADIENT: "Shorter episodes or double precision may help.",
    LearningStatus.NO_MUSCLES: "Bodies with a larger share of muscles may help.",
}
