"""What is registered keeps codesign's contracts."""

from codesign_swimmers.current import Current
from codesign_swimmers.glide import Glide

from codesign.sim import FORCES
from codesign.tasks import TASKS
from codesign.testing import check_force, check_task


def test_both_are_registered() -> None:
    assert TASKS["glide"] is Glide
    assert FORCES["current"] is Current


def test_glide() -> None:
    check_task(Glide())


def test_current() -> None:
    check_force(Current(speed=0.5))
