"""What the simulator comes to is what textbooks say, within what their theories leave out."""

import math
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.validation import incline, motions
from benchmarks.validation.beam_cases import clamp_bound, slender
from benchmarks.validation.cantilever import STEP, Cantilever
from benchmarks.validation.limits import hanging, stability
from benchmarks.validation.loads import Loads
from benchmarks.validation.simulation import physics_of, simulate
from benchmarks.validation.vibration import Vibration
from codesign.testing import check_force

ROUNDING = 1e-12


def errors_of_cantilever(found: Cantilever) -> tuple[float, float]:
    """Return errors of a simulated deflection, beside springs as a linear system and beside Timoshenko's beam."""
    bent = found.sinking(found.simulated() - found.beam.body.positions)
    theory = found.theory(found.beam.stiffness, found.beam.shear_stiffness)
    return bent / found.solved() - 1.0, bent / theory - 1.0


def bounds_of_cantilever(found: Cantilever) -> tuple[float, float]:
    """Return the nonlinearity of the deflection, (w/L)^2 and a fifth, and half of the shear that Timoshenko adds."""
    euler = found.theory(found.beam.stiffness)
    shear = found.theory(found.beam.stiffness, found.beam.shear_stiffness) / euler - 1.0
    return 1.2 * (euler * (1.0 + shear) / found.beam.half_length) ** 2, shear / 2.0


@pytest.mark.parametrize("lattice", ["triangle", "square", pytest.param("cube", marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", ["tip", "weight"])
def test_a_cantilever_bends_as_beams_do(lattice: str, kind: str) -> None:
    found = Cantilever.of(slender(lattice, 2, 8.0), kind)
    assert (np.abs(errors_of_cantilever(found)) < bounds_of_cantilever(found)).all()


def test_springs_that_are_a_little_stiffer_are_seen() -> None:
    """The bounds of the cantilever are no wider than they must be: a hundredth of a percent is beyond them."""
    found = Cantilever.of(slender("triangle", 2, 8.0), "tip")
    body = found.beam.body
    stiffer = replace(found.beam, body=replace(body, stiffness=1.0001 * body.stiffness))
    bent = found.sinking(replace(found, beam=stiffer).simulated() - body.positions)
    assert abs(bent / found.solved() - 1.0) > 10.0 * bounds_of_cantilever(found)[0]


@pytest.mark.parametrize("clamped", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("mode", [0, 1])
def test_a_beam_vibrates_as_timoshenkos_does(mode: int, *, clamped: bool) -> None:
    free = Vibration(slender("square", 2, 8.0), mode, clamped=clamped)
    stiffness, simulated = free.beam.stiffness, free.simulated()
    timoshenko = free.timoshenko(stiffness)
    bound = (1.0 - timoshenko / free.euler(stiffness)) / 2.0 + (clamp_bound(free.beam) if clamped else 0.0)
    assert abs(simulated / timoshenko - 1.0) < bound
    # The integrator adds (w dt)^2 / 24, since sin(w' dt / 2) = w dt / 2; other modes move the fit by less than that.
    added = (simulated * STEP) ** 2 / 24.0
    assert simulated / free.solved() - 1.0 == pytest.approx(added, rel=0.25, abs=1e-6)


@pytest.mark.slow
def test_a_heavy_beam_hangs_as_the_elastica_does() -> None:
    made = slender("square", 2, 10.0)
    load = 8.0
    sunk, drawn, sunk_theory, drawn_theory = hanging(made, load)
    shear = 4.0 * made.stiffness / (made.shear_stiffness * made.half_length**2)
    strain = load * made.height / made.half_length / 4.0
    assert abs(sunk / sunk_theory - 1.0) < shear + strain**2
    assert abs(drawn / drawn_theory - 1.0) < 2.0 * (shear + strain**2)
    assert sunk < 0.75 * load / 8.0  # far from what small deflections would be


@pytest.mark.parametrize("damping", [0.0, 15.0])
def test_a_mass_falls_as_it_should(damping: float) -> None:
    dt, speed = 0.004, np.array([1.0, 3.0])
    found = motions.fall(dt, 0.5, damping, speed)
    np.testing.assert_allclose(found["simulated"], found["discrete"], rtol=0, atol=ROUNDING)
    error = np.abs(found["simulated"] - found["continuous"]).max(axis=1)
    more = np.linalg.norm(speed) - motions.GRAVITY / damping if damping else 0.0
    assert (error <= dt / 2.0 * (-motions.GRAVITY * found["times"] + more) + ROUNDING).all()
    assert error[-1] > 0.9 * dt / 2.0 * -motions.GRAVITY * 0.5


@pytest.mark.parametrize("degrees", [2.0, 90.0, 160.0])
def test_a_pendulum_has_its_period(degrees: float) -> None:
    angle = math.radians(degrees)
    error = motions.pendulum_period(angle) / motions.pendulum_theory(angle) - 1.0
    assert abs(error) < motions.pendulum_bound(angle)
    # A thousandth more of gravity, which shortens the period by half of that, is beyond the bound.
    assert motions.pendulum_bound(angle) < 0.3 * 0.0005


@pytest.mark.parametrize("degrees", [10.0, 20.0, 23.0, 40.0])
def test_point_masses_obey_coulombs_law_on_an_incline(degrees: float) -> None:
    angle = math.radians(degrees)
    times, speeds = incline.sliding(angle, 0.4, lattice=False, grip=1.0, duration=0.5)
    np.testing.assert_allclose(speeds, incline.acceleration_theory(angle, 0.4) * times, rtol=0, atol=1e-10)
    _, speeds = incline.sliding(angle, 0.4, lattice=False, duration=0.5)
    if degrees < math.degrees(math.atan(0.4)):
        assert speeds[-1] == pytest.approx(incline.creep_theory(angle, 0.4, 1e-3), rel=1e-9)


@pytest.mark.parametrize("degrees", [20.0, 23.0])
def test_a_block_with_dashpots_slides_above_the_angle_of_friction_alone(degrees: float) -> None:
    angle = math.radians(degrees)
    found = incline.acceleration(*incline.sliding(angle, 0.4, lattice=True, dashpot=100.0, grip=1.0))
    assert found == pytest.approx(incline.acceleration_theory(angle, 0.4), abs=1e-4)


def test_the_order_of_convergence_is_one_and_two_without_a_first_acceleration() -> None:
    """The next order's terms are of the size of the step beside those of the order: w dt of the slow motion."""
    steps = np.array([1e-3, 5e-4, 2.5e-4])
    for which, expected in (("pair", 1.0), ("stretched", 1.0), ("relaxed", 2.0)):
        errors = np.array([motions.error_of_step(which, dt, 0.2) for dt in steps])
        orders = np.log2(errors[:-1] / errors[1:])
        assert (np.abs(orders - expected) < 0.5 * steps[1:] / 1e-3).all()


@pytest.mark.parametrize("which", ["pair", "body"])
def test_energy_stays_within_its_bound_and_does_not_drift(which: str) -> None:
    dt = 0.001
    _, change = motions.energy_history(which, dt, 20_000, every=7)
    ratio = dt / 2.0 * motions.fastest_of(which)
    assert np.abs(change).max() < (1.0 if which == "pair" else 2.0) * ratio / (1.0 - ratio) * (1.0 + ROUNDING)
    early, late = np.array_split(change, 2)
    assert abs(late.mean() - early.mean()) < 0.02 * np.ptp(change)


def test_drag_takes_half_of_its_rate_from_an_oscillation() -> None:
    found, discrete, _ = motions.decay(2.0, 0.004, drag=True)
    assert found == pytest.approx(discrete, rel=1e-6)


@pytest.mark.slow
def test_a_dashpot_damps_as_an_oscillator_does() -> None:
    for dt in (0.004, 0.001):
        found, discrete, continuous = motions.decay(2.0, dt)
        assert found == pytest.approx(discrete, rel=1e-6)
        # -ln(1 - 2 x) / (2 x) = 1 + x + 4/3 x^2 + ...
        share = continuous * dt
        assert found / continuous - 1.0 == pytest.approx(share + 4.0 / 3.0 * share**2, abs=3.0 * share**3)


@pytest.mark.parametrize("damping", [0.0, 15.0])
def test_steps_are_stable_up_to_the_limit_and_no_further(damping: float) -> None:
    longest, below, above = stability(slender("triangle", 2, 2.0).body, damping)
    assert below < 1.0 / math.sqrt(1.0 - 0.99**2)
    assert above > 1e3
    assert longest < 2.0 / motions.fastest(slender("triangle", 2, 2.0).body) * (1.0 + ROUNDING)


def test_windows_of_an_episode_are_the_episode(monkeypatch: pytest.MonkeyPatch) -> None:
    body, start = motions.tumbling_body(0.1)
    whole = simulate(body, physics_of(1e-3), 100, start)
    monkeypatch.setattr("benchmarks.validation.simulation.WINDOW_NUMBERS", 7 * body.positions.size)
    parts = simulate(body, physics_of(1e-3), 100, start)
    np.testing.assert_allclose(parts.positions, whole.positions, rtol=0, atol=ROUNDING)
    np.testing.assert_array_equal(parts.times, whole.times)


@pytest.mark.slow
def test_loads_are_a_sound_force() -> None:
    check_force(Loads(middle_width=0.2, middle=1.0, end_from=0.3, end=-2.0, pull=0.5, anchor=3.0, anchor_radius=1.0))
