"""How learning went for one controller."""

from enum import IntEnum


class LearningStatus(IntEnum):
    """How learning ended for one controller; a value, never an exception, because the others of the batch go on.

    `DIVERGED` is the only one that makes a design invalid (fitness -inf): its motion is not to be believed. After
    `NO_GRADIENT` there was nothing more to learn from, or nothing at all (a body without muscles), and after `STOPPED`
    nothing more to hope for, but what was simulated until then stands.
    """

    OK = 0
    DIVERGED = 1
    """The loss was not finite, left its limit, or jumped between iterations; nothing is learned or believed after."""
    NO_GRADIENT = 2
    """The gradient was not finite, or exactly zero though there are parameters; the parameters stay as they are."""
    STOPPED = 3
    """It was too far behind to be worth more iterations; nothing is simulated after but its best."""
