"""One controller learns with many bodies, as one would call it from Python."""

from dataclasses import replace

import numpy as np
import pytest

from codesign.body import develop
from codesign.control import CONTROLLERS
from codesign.evaluate import Request, evaluate_bodies, evaluate_designs, learn_together
from codesign.evaluate.together import SEEN, UNSEEN
from codesign.sim import Physics
from tests.evaluate.fakes import LATTICE, designs, spec


def test_it_is_compared_before_and_after_on_bodies_it_learned_with_and_on_others() -> None:
    together = replace(spec(), controller=CONTROLLERS["shared"](hidden=4), physics=Physics(steps=60))
    genomes, identities = designs(9)
    bodies = develop(LATTICE.build(), genomes, together.tissue)
    seen, unseen = bodies.take(np.arange(4)), bodies.take(np.arange(4, 9))
    found = learn_together(together, seen, unseen)
    assert {group: len(own) for group, own in found.after.items()} == {SEEN: 4, UNSEEN: 5}
    assert found.before[SEEN].mean() == pytest.approx(found.curve[0], rel=1e-5)
    assert found.after[SEEN].mean() == pytest.approx(found.curve.max(), rel=1e-5)
    again = replace(together, start=tuple(found.weights), learner=replace(together.learner, iterations=0))
    assert evaluate_bodies(again, Request(unseen, identities[4:])).fitness == pytest.approx(
        found.after[UNSEEN], rel=1e-5
    )


def test_bodies_are_evaluated_as_their_genomes_are() -> None:
    short = replace(spec(), physics=Physics(steps=60))
    genomes, identities = designs(3)
    bodies = develop(LATTICE.build(), genomes, short.tissue)
    alone, born = (
        evaluate_bodies(short, Request(bodies, identities)),
        evaluate_designs(short, Request(genomes, identities)),
    )
    assert alone.curves.tolist() == born.curves.tolist()
    assert alone.weights.tolist() == born.weights.tolist()
