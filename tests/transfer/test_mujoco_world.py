"""MuJoCo against our physics: equal without ground, alike on it, and what explicit steps hold in both."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codesign.errors import ConfigError
from codesign.export import Recording
from codesign.transfer import (
    Change,
    Drive,
    controller_of,
    displacement,
    limits_of,
    simulate_mujoco,
    simulate_points,
    without_ground,
)
from tests.transfer.robots import MECHANICS, robot, weighty

WATER = {"level": 0.3, "density": 1000.0, "volume": 1.2e-3, "drag_area": 6e-2, "size": 0.05}
WIND = {"speed": 2.0, "direction": 30.0, "gusts": 0.5, "period": 0.1, "linear": 0.3, "quadratic": 0.1}


def apart(recording: Recording, substeps: int = 1, drive: Drive | None = None) -> np.ndarray:
    """Return the distance of masses in both simulators at every step, root mean square [m]."""
    here = simulate_points([recording], [drive or Drive()], substeps)[0].positions
    there = simulate_mujoco(recording, drive or Drive(), substeps).positions
    assert len(here) == len(there) == len(recording.after.times)
    return np.sqrt(((here - there) ** 2).sum(-1).mean(-1))


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("substeps", [1, 4])
def test_without_ground_every_step_is_the_same(dim: int, substeps: int) -> None:
    """Springs, muscles, drag and the integrator: what is left is rounding and the regularisation."""
    assert apart(without_ground(robot(dim)), substeps).max() < 1e-6


@pytest.mark.parametrize("forces", [{"water": WATER}, {"wind": WIND}, {"dashpot": {"damping": 8.0}}])
def test_so_it_is_with_other_forces_and_masses(forces: dict[str, dict[str, float]]) -> None:
    mechanics = replace(MECHANICS, forces=forces, push=(0.3, 0.5), push_time=0.1, mass=1.3, gravity=-1.0)
    recording = robot(mechanics=mechanics)
    recording = replace(recording, ground=recording.ground - np.array([0.0, 9.0]))
    assert apart(recording).max() < 1e-6
    still = replace(recording, mechanics=replace(mechanics, forces={}))
    here, there = (simulate_points([each], [Drive()])[0].positions[-1] for each in (recording, still))
    assert np.abs(here - there).max() > 1e-4


@pytest.mark.parametrize("dim", [2, 3])
def test_so_it_is_with_masses_damping_and_force_limits(dim: int) -> None:
    mechanics = replace(MECHANICS, forces={"water": WATER}, push=(0.3, 0.5, 0.1)[:dim], push_time=0.1, mass=1.3)
    recording = weighty(robot(dim, mechanics=replace(mechanics, gravity=-1.0)))
    ground = recording.ground.copy()
    ground[..., -1] -= 9.0
    recording = replace(recording, ground=ground)
    assert apart(recording).max() < 1e-6
    for name in ("point_masses", "damping", "force_limits"):
        plain = replace(recording, **{name: getattr(robot(dim), name)})
        here, there = (simulate_points([each], [Drive()])[0].positions[-1] for each in (recording, plain))
        assert np.abs(here - there).max() > 1e-5


def test_in_smaller_steps_both_go_to_one_motion() -> None:
    """The error of a step of ours is of the first order, and that of MuJoCo's is the same."""
    recording = without_ground(robot(steps=50))
    fine = simulate_points([recording], [Drive()], 64)[0].positions
    errors = [
        np.abs(simulate_mujoco(recording, Drive(), substeps).positions - fine).max() for substeps in (1, 2, 4, 8, 16)
    ]
    ratios = np.array(errors[:-1]) / np.array(errors[1:])
    assert (ratios > 1.6).all()
    assert errors[-1] < 0.1 * errors[0]


@pytest.mark.parametrize("dim", [2, 3])
def test_a_body_falls_and_lies_alike(dim: int) -> None:
    """A body that comes down from 5 cm, with muscles at rest, ends where it ends here."""
    recording = robot(dim, steps=250)
    ground = recording.ground.copy()
    ground[..., -1] -= 0.05
    quiet = replace(recording.after, actuation=np.zeros_like(recording.after.actuation))
    recording = replace(recording, ground=ground, after=quiet)
    there = simulate_mujoco(recording, Drive()).positions[-1]
    assert there[:, -1].min() == pytest.approx(float(ground.reshape(-1, dim)[0, -1]), abs=1e-3)
    assert apart(recording)[-1] < 2e-3


def test_a_body_walks_alike_on_level_and_on_uneven_ground() -> None:
    recording = robot(steps=100)
    assert apart(recording, 4).max() < 5e-3
    x = np.linspace(-1.0, 3.0, 41)
    hills = np.stack([x, recording.ground[0, 1] - 0.02 + 0.02 * np.sin(9.0 * x)], axis=1)
    assert apart(replace(recording, ground=hills), 4).max() < 1e-2


def test_masses_stick_by_high_friction() -> None:
    """A body with no muscles at work does not slide down a slope where masses stick, and does where friction is low."""
    recording = robot(steps=200)
    slope = np.array([[-1.0, 0.0], [3.0, 1.2]])
    start = recording.after.positions + np.array([0.0, 0.9])
    start[..., 1] -= (start[..., 1] - np.interp(start[..., 0], *slope.T)).min()
    still = np.zeros_like(recording.after.actuation)
    recording = replace(recording, after=replace(recording.after, positions=start, actuation=still), ground=slope)
    moved = {}
    for contact, settings in (("no_slip", {}), ("coulomb", {"friction": 0.05})):
        mechanics = replace(MECHANICS, contact=contact, contact_settings=settings)
        positions = simulate_mujoco(replace(recording, mechanics=mechanics), Drive()).positions
        moved[contact] = positions[-1].mean(axis=0)[0] - positions[100].mean(axis=0)[0]
    assert abs(moved["no_slip"]) < 1e-3
    assert moved["coulomb"] < -0.02


@pytest.mark.parametrize("dim", [2, 3])
def test_both_hold_a_free_body_up_to_its_limit(dim: int) -> None:
    recording = robot(dim, steps=400, swings=np.zeros(len(robot(dim).springs)))
    free = without_ground(recording)
    # A nudge, since nothing grows out of nothing.
    nudge = np.random.default_rng(0).normal(0.0, 1e-4, free.after.positions.shape[1:])
    free = replace(free, after=replace(free.after, positions=free.after.positions + nudge))
    limit = limits_of(recording)
    assert limit.stiffness > 1.0
    assert limit.step > 0.004

    def grown(factor: float) -> list[float]:
        changed = Change(stiffness=factor).apply(free)
        ends = simulate_points([changed], [Drive()])[0], simulate_mujoco(changed, Drive())
        return [9.9 if each.diverged else float(np.ptp(each.positions[-40:], axis=0).max()) for each in ends]

    assert max(grown(0.9 * limit.stiffness)) < 1e-3
    assert min(grown(1.3 * limit.stiffness)) > 1e-2


def test_a_body_that_explodes_ends_before_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    episode = simulate_mujoco(Change(stiffness=50.0).apply(robot()), Drive())
    assert episode.diverged
    assert np.isfinite(episode.positions).all()
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_a_controller_is_asked_in_states_of_mujoco() -> None:
    recording = without_ground(robot(steps=50))

    def actuate(time: float, x: np.ndarray, v: np.ndarray) -> np.ndarray:
        stretched = np.linalg.norm(x[:, recording.springs[:, 0]] - x[:, recording.springs[:, 1]], axis=-1)
        return np.tanh(np.sin(20.0 * time) + 50.0 * (stretched - recording.rest_lengths) + v[..., 0].mean())

    assert apart(recording, 1, Drive(actuate)).max() < 1e-6
    assert apart(recording, 1, Drive(actuate, latency=4)).max() < 1e-6


def test_displacement_is_along_x_or_towards_the_light() -> None:
    positions = np.array([[[0.0, 0.0], [0.2, 0.0]], [[1.0, 0.5], [1.2, 0.5]]])
    assert displacement(positions) == pytest.approx(1.0)
    assert displacement(positions, np.array([0.1, 3.0])) == pytest.approx(3.0 - np.hypot(1.0, 2.5))


def test_controllers_that_sense_nothing_have_no_closed_loop() -> None:
    assert controller_of(replace(robot(), controller="cpg")) is None


@pytest.mark.parametrize("mechanics", [{"contact": "sticky"}, {"forces": {"magnet": {"strength": 1.0}}}])
def test_what_a_plug_in_brought_is_refused(mechanics: dict) -> None:
    with pytest.raises(ConfigError, match="plug-ins"):
        simulate_mujoco(robot(mechanics=replace(MECHANICS, **mechanics)), Drive())
