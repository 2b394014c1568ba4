"""Recordings to export in three dimensions: cubes that wobble over a bumpy ground, made of nothing but NumPy."""

from itertools import combinations

import numpy as np

from codesign.export import Gallery, History, Mechanics, Recording, Trajectory

SIDE = 0.1
LIGHT = (2.2, 1.1, 0.0)
TABLE = ((1, 1, 1), (0, 0, 1), (2, 0, 1), (0, 2, 1), (2, 2, 1), (0, 1, 1), (1, 0, 1), (2, 1, 1), (1, 2, 1))
"""Places of the cells of a table's top; its legs stand below the four corners."""
LEGS = ((0, 0, 0), (2, 0, 0), (0, 2, 0), (2, 2, 0))


def height(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Height [m] of the bumpy ground."""
    return 0.05 * np.sin(3.1 * x + 0.5) * np.cos(2.7 * y) + 0.02 * np.sin(7 * x - 5 * y)


def bumpy_ground(rows: int = 61, columns: int = 81) -> np.ndarray:
    """Points of the ground, float64[rows, columns, 3], over 4 m x 3 m."""
    x, y = np.meshgrid(np.linspace(-1, 3, columns), np.linspace(-1.5, 1.5, rows))
    return np.stack([x, y, height(x, y)], axis=-1)


def flat_ground() -> np.ndarray:
    """Level ground, float64[2, 2, 3]."""
    x, y = np.meshgrid([-1.0, 3.0], [-1.5, 1.5])
    return np.stack([x, y, np.zeros((2, 2))], axis=-1)


def body(places: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes [masses, 3] in cells' sides, cells [cells, 8] and springs [springs, 2] of cubes at `places` [cells, 3].

    Springs are the edges and the diagonals of faces.
    """
    unit = np.array([(dx, dy, dz) for dx in (0, 1) for dy in (0, 1) for dz in (0, 1)])
    corners = (places[:, None] + unit).reshape(-1, 3)
    nodes, index = np.unique(corners, axis=0, return_inverse=True)
    cells = index.reshape(-1, 8)
    near = [(a, b) for a, b in combinations(range(8), 2) if np.abs(unit[a] - unit[b]).sum() <= 2]
    springs = np.unique([sorted((cell[a], cell[b])) for cell in cells.tolist() for a, b in near], axis=0)
    return nodes.astype(float), cells, springs


def trajectory(nodes: np.ndarray, springs: np.ndarray, swings: np.ndarray, speed: float, frames: int, bumpy: bool):
    """Cubes that go along x at `speed` [m/s] for two seconds, a little to the left, and breathe."""
    times = np.linspace(0, 2, frames)
    t = times[:, None]
    rest = (nodes - nodes.mean(axis=0) * (1, 1, 0)) * SIDE
    breath = 1 + 0.12 * np.sin(6 * t + 9 * rest[:, 0])[..., None] * (1, 1, -1)
    positions = rest * breath
    positions[..., 0] += speed * t
    positions[..., 1] += 0.3 * speed * t
    if bumpy:
        positions[..., 2] += height(positions[..., 0], positions[..., 1])
    actuation = np.sin(6 * t + 9 * rest[springs[:, 0], 0]) * (swings > 0)
    return Trajectory(times, positions, actuation)


def recording(design: str = "g000-i0000", *, speed: float = 0.3, frames: int = 41, bumpy: bool = True, **changes):
    """A table of cubes with muscles in its legs; fitness is the way it went."""
    places = np.array(TABLE + LEGS)
    nodes, cells, springs = body(places)
    swings = np.where(nodes[springs].mean(axis=1)[:, 2] < 1.01, 0.2, 0.0)
    materials = np.where(places[:, 2] == 0, 2, 1)
    materials[0] = 3
    fields = {
        "design": design,
        "generation": int(design[1:4]),
        "parents": (),
        "operator": "random",
        "fitness": 2 * speed,
        "measures": {"displacement": 2 * speed},
        "curve": np.linspace(0, 2 * speed, 6),
        "springs": springs,
        "rest_lengths": np.linalg.norm(nodes[springs[:, 0]] - nodes[springs[:, 1]], axis=1) * SIDE,
        "stiffness": np.full(len(springs), 1.5e4),
        "swings": swings,
        "cells": cells,
        "materials": materials,
        "ground": bumpy_ground() if bumpy else flat_ground(),
        "after": trajectory(nodes, springs, swings, speed, frames, bumpy),
        "before": trajectory(nodes, springs, swings, 0.0, frames, bumpy),
        "weights": np.linspace(-1, 1, 7),
        "controller": "mlp",
        "task": "walk",
        "mechanics": Mechanics(
            dt=0.004,
            gravity=-9.8,
            damping=15.0,
            regularisation=1e-4,
            contact="coulomb",
            contact_settings={"friction": 0.9},
        ),
        "material_names": ("empty", "stiff", "muscle", "soft"),
    }
    return Recording(**(fields | changes))


def gallery(designs: int = 4, **changes) -> Gallery:
    """So many designs, the later the faster."""
    recordings = tuple(
        recording(f"g{i // 2:03}-i{i:04}", speed=0.1 + 0.6 * i / designs, **changes) for i in range(designs)
    )
    history = History(np.arange(5), np.linspace(0.1, 1.2, 5), np.linspace(0, 0.7, 5))
    return Gallery("cubes", recordings, history, "seed: 1\n")
