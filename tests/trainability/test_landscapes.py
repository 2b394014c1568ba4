"""Which designs the figure of landscapes shows."""

from dataclasses import replace

import numpy as np

from codesign.trainability.findings import Examined
from codesign.trainability.landscapes import typical_designs
from codesign.trainability.samples import drawn
from tests.evaluate.fakes import spec


def examined(group: str, run: int, gains: list[float]) -> Examined:
    names = tuple(f"{group}-{run}-{number}" for number in range(len(gains)))
    sample = replace(drawn(spec(), run, len(gains), 0), group=group, names=names)
    return Examined(sample, (), (), {"gain": np.array(gains)})


def chosen(*found: Examined) -> list[str]:
    return [sample.names[place] for sample, place in typical_designs(found)]


def test_designs_of_the_median_gain_stand_for_their_groups() -> None:
    """Over all runs, invalid ones left out; bodies of the same size stand for random ones."""
    plain, sized = examined("random", 0, [5.0, 5.0]), examined("sized", 0, [1.0, 2.0, 3.0])
    early, late = examined("generation 0", 0, [9.0]), examined("last", 0, [4.0, np.nan])
    assert chosen(plain, sized, early, late, examined("last", 1, [6.0, 8.0])) == ["sized-0-1", "last-1-0"]
    assert chosen(plain, late) == ["random-0-0", "last-0-0"]
    assert chosen(late) == ["last-0-0"]
    assert chosen(plain, examined("last", 0, [np.nan])) == ["random-0-0"]
