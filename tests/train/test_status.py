"""What each way in which learning ends says of itself."""

import pytest

from codesign.train import LearningStatus

UNSOUND = {LearningStatus.NOT_FINITE, LearningStatus.BEYOND_LIMIT, LearningStatus.JUMPED}


@pytest.mark.parametrize("status", LearningStatus)
def test_every_status_says_what_it_is(status: LearningStatus) -> None:
    assert status.meaning
    assert status.label == status.name.lower()
    assert LearningStatus[status.label.upper()] is status
    assert status.unsound == (status in UNSOUND)
    # What is as it should be needs no remedy; everything else has one.
    assert bool(status.remedy) == (status not in {LearningStatus.OK, LearningStatus.STOPPED})
