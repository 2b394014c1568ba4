"""Ctrl-C in the middle of a sweep: nothing works on a simulator's arrays any more when it may be freed."""

import threading
import time
from dataclasses import dataclass, field

import pytest

from codesign.sim.sharing import Threads


@dataclass
class Share:
    """A launch that takes a while, or that is interrupted."""

    interrupted: bool
    begun: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    def launch(self) -> None:
        self.begun.set()
        if self.interrupted:
            raise KeyboardInterrupt
        time.sleep(0.2)
        self.ended.set()


def test_an_interrupted_sweep_waits_for_what_runs_and_starts_nothing_more() -> None:
    shares = [Share(interrupted=number == 1) for number in range(12)]
    threads = Threads(2)
    with pytest.raises(KeyboardInterrupt):
        threads.run(shares)
    begun = [share for share in shares if share.begun.is_set() and not share.interrupted]
    assert 1 <= len(begun) < len(shares) - 1
    assert all(share.ended.is_set() for share in begun)
    time.sleep(0.3)
    assert sum(share.begun.is_set() for share in shares) == len(begun) + 1
