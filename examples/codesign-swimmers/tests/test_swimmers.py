"""What is registered keeps codesign's contracts."""

import codesign_swimmers  # noqa: F401 - registers

from codesign.sim import FORCES
from codesign.tasks import TASKS
from codesign.testing import check_force, check_task


def test_glide() -> None:
    check_task(TASKS["glide"]())


def test_current() -> None:
    check_force(FORCES["current"](speed=0.5))
