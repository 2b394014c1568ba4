"""Draw every terrain in 2D and in 3D with a robot standing on it, for docs/tasks.md.

    python tools/picture_terrains.py docs/images

Writes terrain_NAME.png for every terrain of the registry; light is a yellow point on `rough`.
"""

import argparse
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.colors import to_rgb

from codesign.body import Bodies, Body
from codesign.tasks import TERRAINS, Heightfield, Light

SHOWN = {2: ([-0.6], [2.6]), 3: ([-1.6, -1.6], [2.5, 1.6])}
"""What of the ground is drawn, lowest and highest coordinates [m]."""

AROUND = {2: ([-1.0], [1.0]), 3: ([-0.8, -0.5], [0.8, 0.5])}
"""The same of ground whose middle bodies are put on."""

EARTH, INK, SUN = "#b9a58a", "#1f4e79", "#e8b000"


def triangles(columns: int, rows: int, side: float = 0.05) -> Body:
    """Return a block of triangles with legs at both ends."""
    rise = side * np.sqrt(3.0) / 2.0
    places = [(side * (x + 0.5 * (y % 2)), rise * y) for y in range(rows) for x in range(columns)]
    kept = [place for place in places if place[1] > 1.5 * rise or min(place[0], side * (columns - 1) - place[0]) < 0.08]
    return joined(np.array(kept), 1.1 * side)


def voxels(side: float = 0.1) -> Body:
    """Return a table of cubes: a plate of 4 x 4 on four legs."""
    cells = [(x, y, 1) for x in range(4) for y in range(4)] + [(x, y, 0) for x in (0, 3) for y in (0, 3)]
    corners = {(x + a, y + b, z + c) for x, y, z in cells for a in (0, 1) for b in (0, 1) for c in (0, 1)}
    return joined(side * np.array(sorted(corners), dtype=np.float64), 1.1 * side)


def joined(places: np.ndarray, reach: float) -> Body:
    """Return masses at places, neighbours joined by springs."""
    places = places - places.min(axis=0)
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    springs = np.argwhere(np.triu((apart < reach) & (apart > 0.0))).astype(np.int32)
    lengths = apart[springs[:, 0], springs[:, 1]]
    same = np.ones(len(springs))
    return Body(places, springs, lengths, same, 0.0 * same)


def example(name: str, dimension: int) -> Any:
    """Return a terrain with its default settings; heights that show something where these are level."""
    if name != "heightfield":
        return TERRAINS[name]()
    x = np.linspace(0.0, 1.0, 9)
    bowl = [[0.8 * ((a - 0.5) ** 2 + (b - 0.5) ** 2) for a in x] for b in (x if dimension == 3 else [0.5])]
    return Heightfield(heights=tuple(map(tuple, bowl)))


def shown(terrain: Any, dimension: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the lowest and highest coordinates that are drawn [m]."""
    low, high = (AROUND if terrain.name == "pole" else SHOWN)[dimension]
    return np.array(low), np.array(high)


def draw_line(axes: Any, terrain: Any, body: Body) -> None:
    """Draw the ground and a body on it in 2D."""
    low, high = shown(terrain, 2)
    ground = terrain.surface(low, high)
    lowest = ground[:, 1].min() - 0.08
    axes.fill_between(ground[:, 0], ground[:, 1], lowest, color=EARTH, linewidth=0)
    axes.plot(*ground.T, color="#6f5b40", linewidth=1.2)
    placed = terrain.place(Bodies.of([body]))
    for spring in body.springs:
        axes.plot(*placed[spring].T, color=INK, linewidth=0.8)
    axes.set(xlim=(low[0], high[0]), ylim=(lowest, max(ground[:, 1].max(), placed[:, 1].max()) + 0.08), aspect="equal")
    axes.set_xlabel("x [m]")


def draw_surface(axes: Any, terrain: Any, body: Body, light: Light | None) -> None:
    """Draw the ground and a body on it in 3D."""
    low, high = shown(terrain, 3)
    drawn = terrain.surface(low, high)
    # What is level or straight has few nodes, but what is hidden by the body is decided piece by piece.
    columns, rows = (
        line if len(line) > 20 else np.union1d(line, np.linspace(line[0], line[-1], 40))
        for line in (drawn[0, :, 0], drawn[:, 0, 1])
    )
    x, y = np.meshgrid(columns, rows)
    z = terrain.height(np.stack([x.ravel(), y.ravel()], axis=1)).reshape(x.shape)
    steep = np.stack([np.gradient(z, columns, axis=1), np.gradient(z, rows, axis=0)])
    # Light from the left and from behind, so that what rises along x is darker.
    bright = (1.0 - steep[0] - 0.4 * steep[1]) / np.sqrt(1.0 + (steep**2).sum(axis=0))
    shades = np.clip(0.25 + 0.6 * bright, 0.25, 1.0)[..., None] * np.array(to_rgb("#e6d3b3"))
    axes.plot_surface(x, y, z, facecolors=shades, rstride=1, cstride=1, linewidth=0, antialiased=False, shade=False)
    placed = terrain.place(Bodies.of([body]))
    for spring in body.springs:
        axes.plot(*placed[spring].T, color=INK, linewidth=0.9, zorder=10)
    if light is not None:
        place = np.array([light.beacon(3)])
        axes.scatter(*place[0], terrain.height(place)[0] + 0.1, color=SUN, s=60, zorder=11)
    axes.computed_zorder = False
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), zlim=(z.min() - 0.1, z.min() + 0.9))
    axes.set_box_aspect((high[0] - low[0], high[1] - low[1], 1.0))
    axes.view_init(elev=28, azim=-62)
    axes.set_axis_off()


def picture(name: str, path: Path) -> None:
    """Write the picture of a terrain: 2D on the left, 3D on the right where there is one."""
    figure = plt.figure(figsize=(9.0, 2.6), dpi=80)
    flat = name == "segments"
    line = figure.add_axes((0.05, 0.2, 0.93 if flat else 0.44, 0.7))
    draw_line(line, example(name, 2), triangles(8, 5))
    if not flat:
        solid = figure.add_axes((0.5, -0.33, 0.5, 1.66), projection="3d", facecolor="none")
        draw_surface(solid, example(name, 3), voxels(), Light(target=(1.5, 0.6)) if name == "rough" else None)
    figure.savefig(path, pil_kwargs={"optimize": True})
    plt.close(figure)


def main() -> None:
    """Write all pictures into a folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="folder to write to, docs/images")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name in TERRAINS:
        picture(name, folder / f"terrain_{name}.png")
        print(folder / f"terrain_{name}.png")


if __name__ == "__main__":
    main()
