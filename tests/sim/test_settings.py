"""Settings of the simulator: what is refused, and how it says so."""

import os
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
import warp as wp

from codesign.body import Bodies
from codesign.errors import ConfigError
from codesign.sim import CONTACTS, FORCES, Execution, Physics, device_of, start_warp
from codesign.sim.device import NO_DRIVER
from codesign.sim.kernels import Coulomb, Dashpot, Smooth, Water, Wind
from tests.sim.bodies import ASSORTED
from tests.sim.worlds import Case

BODIES = Bodies.of(ASSORTED[:2])
NAN = float("nan")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("dt", 0.0),
        ("dt", -0.004),
        ("dt", NAN),
        ("dt", 1.0),
        ("steps", 0),
        ("gravity", NAN),
        ("gravity", float("inf")),
        ("gravity", 9.8),
        ("damping", -1.0),
        ("damping", float("inf")),
        ("contact", "sticky"),
    ],
)
def test_physics_out_of_range(setting: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=rf"expected {setting} to be") as caught:
        Physics(**{setting: value})
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("precision", "float16"),
        ("device", "tpu"),
        ("device", "cuda:"),
        ("threads", -1),
        ("segment_steps", -1),
        ("memory_mib", -1),
    ],
)
def test_execution_out_of_range(setting: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"^expected {setting} to be"):
        Execution(**{setting: value})


@pytest.mark.parametrize("kind", [*CONTACTS.values(), *FORCES.values()], ids=lambda kind: kind.__name__)
def test_numbers_of_contacts_and_forces_are_finite(kind: Any) -> None:
    for item in fields(kind):
        if item.name != "name":
            with pytest.raises(ConfigError, match=rf"expected {item.name} to be a number"):
                kind(**{item.name: NAN})


@pytest.mark.parametrize(
    ("kind", "setting", "value"),
    [
        (Coulomb, "friction", -0.1),
        (Coulomb, "grip", 1.1),
        (Smooth, "friction", -0.1),
        (Smooth, "softness", 0.0),
        (Wind, "period", 0.0),
        (Water, "density", -1.0),
        (Water, "size", 0.0),
        (Dashpot, "damping", -1.0),
    ],
)
def test_contacts_and_forces_out_of_range(kind: Any, setting: str, value: float) -> None:
    with pytest.raises(ConfigError, match=rf"expected {setting} to be") as caught:
        kind(**{setting: value})
    assert repr(value) in str(caught.value)


def test_a_force_acts_once() -> None:
    with pytest.raises(ConfigError, match="each kind once"):
        Physics(forces=(Wind(), Wind(speed=1.0)))


@pytest.mark.skipif(wp.is_cuda_available(), reason="this machine has the device that is asked for")
def test_a_device_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match=r"execution\.device"):
        Case.of().simulator(BODIES, device="cuda:0")


def test_motion_of_a_part_is_refused() -> None:
    case = Case.of(steps=60)
    simulator = case.simulator(BODIES, segment_steps=20)
    simulator.load(case.weights(BODIES))
    simulator.forward()
    with pytest.raises(ValueError, match="segments of 60 steps"):
        simulator.motion()


@pytest.mark.parametrize("steps", [1, 7, 60, 1000])
def test_segments_are_no_longer_than_the_episode(steps: int) -> None:
    for asked in (0, 1, 10, 5000):
        assert 1 <= Execution(segment_steps=asked).segment(steps) <= steps


def test_a_single_step() -> None:
    case = Case.of(steps=1)
    simulator = case.simulator(BODIES)
    simulator.load(case.weights(BODIES))
    simulator.forward()
    simulator.reverse()
    assert np.isfinite(simulator.gradient.numpy()).all()


def test_the_library_leaves_standard_error_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the owner of a process may hold up what all its threads say."""
    redirected = []
    monkeypatch.setattr(os, "dup2", lambda *descriptors: redirected.append(descriptors))
    monkeypatch.setattr(wp, "init", lambda: None)
    start_warp.cache_clear()
    device_of(Execution(device="cpu"))
    assert not redirected
    monkeypatch.undo()
    start_warp(quiet=True)


def test_a_quiet_start_keeps_back_one_notice_only(monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    monkeypatch.setattr(wp, "init", lambda: os.write(2, f"{NO_DRIVER}, told\nsomething else\n".encode()))
    start_warp.cache_clear()
    start_warp(quiet=True)
    assert capfd.readouterr().err == "something else\n"
