"""What an analysis found, in words."""

from codesign.analysis import Effect, Estimate
from codesign.trainability.answers import told_of


def test_an_effect_of_zero_has_no_sign_that_runs_could_share() -> None:
    none = Effect(Estimate(0.0, -0.5, 0.5), {0: 0.0, 1: 0.0}, 1.0, (2, 2), (4, 4))
    assert told_of(none) == "Cliff's delta +0.00 [-0.50, +0.50], p = 1 over 4 and 4 designs"
    some = Effect(Estimate(0.25, -0.5, 0.75), {0: 0.5, 1: 0.0}, 0.5, (2, 2), (4, 4))
    assert "in 1 of 2 runs of this sign" in told_of(some)
