"""Recordings to export: wobbling strips of triangles that slide along a ground, made of nothing but NumPy."""

import numpy as np

from codesign.export import DesignMap, Gallery, History, MapAxis, Mechanics, Recording, Trajectory

SIDE = 0.05


def trajectory(triangles: int, springs: np.ndarray, swings: np.ndarray, speed: float, frames: int) -> Trajectory:
    """A strip that moves at `speed` [m/s] for two seconds and wobbles."""
    times = np.linspace(0, 2, frames)
    masses = np.arange(triangles + 2)
    rest = np.stack([masses * SIDE / 2, 0.1 + (masses % 2) * SIDE * np.sqrt(3) / 2], axis=1)
    wobble = 0.005 * np.sin(6 * times[:, None] + masses) * (masses % 2)
    positions = np.repeat(rest[None], frames, axis=0)
    positions[:, :, 0] += speed * times[:, None] + wobble
    actuation = np.sin(6 * times[:, None] + np.arange(len(springs))) * (swings > 0)
    return Trajectory(times, positions, actuation)


def recording(
    design: str = "g000-i0000", *, triangles: int = 6, frames: int = 41, speed: float = 0.3, **changes
) -> Recording:
    """A strip of `triangles` triangles; fitness is the way it went."""
    corners = np.arange(triangles)[:, None] + np.arange(3)
    springs = np.array([(a, b) for a in range(triangles + 2) for b in (a + 1, a + 2) if b < triangles + 2])
    swings = np.where(np.arange(len(springs)) % 3 > 0, 0.1, 0.0)
    fields = {
        "design": design,
        "generation": int(design[1:4]),
        "parents": (),
        "operator": "random",
        "fitness": 2 * speed,
        "measures": {"displacement": 2 * speed, "energy": float("nan")},
        "curve": np.append(np.linspace(0, 2 * speed, 5), np.nan),
        "springs": springs,
        "rest_lengths": np.full(len(springs), SIDE),
        "stiffness": np.full(len(springs), 3e4),
        "swings": swings,
        "cells": corners,
        "materials": np.ones(triangles),
        "ground": np.array([[-1, 0.1], [2, 0.1], [3, 0.2]]),
        "after": trajectory(triangles, springs, swings, speed, frames),
        "before": trajectory(triangles, springs, swings, 0.0, frames),
        "weights": np.linspace(-1, 1, 7) / 3,
        "controller": "cpg",
        "task": "walk",
        "mechanics": Mechanics(
            dt=0.004,
            gravity=-9.8,
            damping=15.0,
            regularisation=1e-4,
            contact="coulomb",
            contact_settings={"friction": 0.9},
        ),
    }
    return Recording(**(fields | changes))


def gallery(title: str = "strips", **changes) -> Gallery:
    """Five strips of three generations, the fastest of generation 4 the best."""
    child = {"parents": ("g000-i0001",), "operator": "cell_flip"}
    recordings = (
        recording("g000-i0000", speed=0.05),
        recording("g000-i0001", speed=0.1, triangles=9),
        recording("g002-i0003", speed=0.2, **child),
        recording("g004-i0001", speed=0.4, triangles=11, **child),
        recording("g004-i0002", speed=0.3, before=None),
    )
    history = History(np.arange(5), np.array([0.2, 0.3, 0.4, np.nan, 0.8]), np.array([-np.inf, 0.1, 0.2, 0.3, 0.4]))
    return Gallery(
        **({"title": title, "recordings": recordings, "history": history, "config_text": "seed: 1\n"} | changes)
    )


def archive(shown: Gallery) -> DesignMap:
    """Return a grid of 4 x 3 cells with the gallery's designs and one that it has not."""
    ids = [recording.design for recording in shown.recordings]
    fitness = [recording.fitness for recording in shown.recordings]
    count = len(ids) + 1
    return DesignMap(
        "Archive",
        f"The best design of each cell. {count} of 12 cells have a design.",
        (*ids, "g099-i0099"),
        np.array([*fitness, 0.1]),
        MapAxis("size", np.arange(count) % 4 * 10.0 + 5.0, "", 0.0, 40.0, 4),
        MapAxis("gait_frequency", np.arange(count) // 4 * 2.0 + 1.0, "Hz", 0.0, 6.0, 3),
        np.zeros(count, dtype=np.bool_),
        "",
        np.zeros((0, 2)),
    )
