"""Comparisons of designs: what is compared, what is said of it, and the files of it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codesign.errors import ConfigError
from codesign.export import Recording, RecordingError, Trajectory
from codesign.transfer import FILES, RECORDED, Drive, TransferSettings, simulate_points, transfer, write_transfers
from tests.transfer.robots import MECHANICS, robot

FEW = TransferSettings(substeps=(1, 4), combined=2)


def walker(steps: int = 60) -> Recording:
    """A robot whose recorded motion is that of our physics."""
    made = robot(steps=steps)
    (episode,) = simulate_points([made], [Drive()])
    return replace(made, after=replace(made.after, positions=episode.positions))


def feedback(recording: Recording) -> Recording:
    """The robot with a controller that senses."""
    springs = len(recording.springs)
    weights = np.concatenate([np.ones(springs), np.arange(springs), np.zeros(springs), np.ones(2 * springs)])
    return replace(recording, controller="cpg_feedback", weights=weights, controller_settings={"frequency": 10.0})


def test_every_change_is_tried_in_both_simulators() -> None:
    told: list[str] = []
    (result,) = transfer([walker()], FEW, lambda each: told.append(each.design))
    assert told == [result.design] == ["g000-i0000"]
    nominal = result.nominal()
    assert nominal.here == pytest.approx(result.recorded, abs=1e-6)
    assert result.kept(nominal) == pytest.approx(nominal.there / result.recorded)
    assert result.nominal(substeps=4).substeps == 4
    names = [each.change.name for each in result.changed()]
    single = [f"{what} {sign}20 %" for what in ("stiffness", "friction", "mass", "motor") for sign in "-+"]
    assert names == [*single, "latency 4 ms", "latency 10 ms", "latency 20 ms", "combined 1", "combined 2"]
    for outcome in result.outcomes:
        assert np.isfinite([outcome.here, outcome.there]).all()
        assert len(outcome.rms_distance) == len(outcome.centre_distance) == 61
        assert (outcome.centre_distance <= outcome.rms_distance + 1e-12).all()
    by_name = {each.change.name: each for each in result.changed()}
    assert abs(by_name["motor -20 %"].here - nominal.here) > 1e-5
    assert by_name["stiffness -20 %"].here != by_name["stiffness +20 %"].here
    assert result.stiffness == 1.0
    assert any("senses nothing" in note for note in result.notes)


def test_a_controller_that_senses_is_tried_in_closed_loop_too() -> None:
    (result,) = transfer([feedback(walker())], replace(FEW, combined=0))
    assert len(result.changed("closed")) == len(result.changed("open")) > 0
    assert result.nominal("closed").here != result.nominal("open").here
    (closed,) = transfer([feedback(walker())], replace(FEW, combined=0, loops="closed"))
    assert {each.loop for each in closed.outcomes} == {"closed"}
    (opened,) = transfer([feedback(walker())], replace(FEW, combined=0, loops="open"))
    assert {each.loop for each in opened.outcomes} == {"open"}


def test_latency_of_the_world_is_waited_for_in_closed_loop_only() -> None:
    late = replace(MECHANICS, latency=0.02)
    recording = feedback(walker())
    (plain,) = transfer([recording], replace(FEW, spread=0.0, latency=0.02, combined=0))
    (delayed,) = transfer([replace(recording, mechanics=late)], replace(FEW, spread=0.0, latency=0.0, combined=0))
    waiting = next(each for each in plain.changed("closed") if each.change.latency == 0.02)
    assert delayed.nominal("closed").there == pytest.approx(waiting.there, abs=1e-9)
    assert delayed.nominal("open").there == plain.nominal("open").there


def test_masses_that_stick_have_no_friction_to_change() -> None:
    mechanics = replace(MECHANICS, contact="no_slip", contact_settings={})
    changes = TransferSettings().changes(mechanics)
    assert not any("friction" in change.name or change.friction != 1.0 for change in changes)
    (result,) = transfer([robot(steps=20, mechanics=mechanics)], replace(FEW, combined=0, latency=0.0))
    assert any("no_slip" in note for note in result.notes)


def test_random_changes_stay_within_the_spread_and_are_the_same_again() -> None:
    settings = TransferSettings(combined=50, spread=0.1, latency=0.008)
    changes = [each for each in settings.changes(MECHANICS) if each.name.startswith("combined")]
    drawn = np.array([[each.stiffness, each.friction, each.mass, each.motor] for each in changes])
    assert len(changes) == 50
    assert np.abs(drawn - 1.0).max() <= 0.1
    assert np.ptp(drawn, axis=0).min() > 0.15
    assert 0.0 <= min(each.latency for each in changes) < max(each.latency for each in changes) <= 0.008
    assert changes == [each for each in settings.changes(MECHANICS) if each.name.startswith("combined")]
    assert changes[:3] == replace(settings, combined=3).changes(MECHANICS)[-3:]
    assert changes != [each for each in replace(settings, seed=1).changes(MECHANICS) if "combined" in each.name]


def test_a_body_that_mujoco_does_not_hold_is_tried_softer_and_says_so() -> None:
    stiff = robot(steps=60)
    stiff = replace(stiff, stiffness=stiff.stiffness * 8.0)
    (result,) = transfer([stiff], replace(FEW, substeps=(1,), combined=0, latency=0.0))
    assert result.limits.stiffness < 1.0
    assert result.limits.step < 0.004
    assert result.stiffness < 1.0
    assert any("of the stiffness, for both" in note for note in result.notes)
    assert all(np.isfinite(each.there) for each in result.outcomes if each.change == RECORDED)


def test_a_body_that_smaller_steps_hold_is_changed_in_those() -> None:
    stiff = walker()
    stiff = replace(stiff, stiffness=stiff.stiffness * 8.0)
    (result,) = transfer([stiff], replace(FEW, combined=0, latency=0.0))
    assert result.stiffness == 1.0
    assert {each.substeps for each in result.changed()} == {4}
    assert np.isnan(result.nominal().there)
    assert result.kept(result.nominal()) == 0.0


WRONG = {
    "how it was simulated": lambda made: replace(made, mechanics=None),
    "every_step=True": lambda made: replace(made, mechanics=replace(MECHANICS, dt=0.002)),
    "diverged after": lambda made: replace(made, after=replace(made.after, diverged=True)),
    "settings and weights of a controller mlp": lambda made: replace(made, controller="mlp"),
}


@pytest.mark.parametrize("told", WRONG)
def test_recordings_that_cannot_be_transferred_are_refused(told: str) -> None:
    with pytest.raises(RecordingError, match=told):
        transfer([WRONG[told](robot(steps=10))], FEW)


@pytest.mark.parametrize(
    "settings",
    [
        {"substeps": ()},
        {"substeps": (2, 1)},
        {"substeps": (0,)},
        {"spread": -0.1},
        {"spread": 1.0},
        {"latency": -1.0},
        {"combined": -1},
        {"loops": "ajar"},
        {"seed": -1},
    ],
)
def test_settings_out_of_range_are_refused(settings: dict) -> None:
    with pytest.raises(ConfigError, match=next(iter(settings))):
        TransferSettings(**settings)


def test_the_files_hold_all_of_it(tmp_path: Path) -> None:
    still = robot(steps=20)
    still = replace(
        still,
        design="g000-i0001",
        after=Trajectory(still.after.times, still.after.positions, 0.0 * still.after.actuation),
    )
    results = transfer([walker(), still], FEW)
    paths = write_transfers(results, tmp_path / "out")
    assert [path.name for path in paths] == list(FILES)
    data = json.loads(paths[0].read_text(encoding="utf-8"))
    assert data["format"] == "codesign-transfer"
    assert [each["design"] for each in data["designs"]] == ["g000-i0000", "g000-i0001"]
    outcomes = data["designs"][0]["outcomes"]
    assert len(outcomes) == len(results[0].outcomes)
    assert [each["step"] for each in outcomes[:2]] == [0.004, 0.001]
    assert outcomes[0]["there"] == results[0].outcomes[0].there
    assert len(outcomes[0]["distance_times"]) == len(outcomes[0]["rms_distance"]) == 13
    # A body that stays where it is keeps no share of its way.
    assert data["designs"][1]["outcomes"][0]["kept"] is None
    assert paths[1].read_bytes().startswith(b"<?xml")
    assert paths[2].read_bytes().startswith(b"\x89PNG")
    again = write_transfers(results, tmp_path / "again")
    assert [path.read_bytes() for path in paths] == [path.read_bytes() for path in again]
