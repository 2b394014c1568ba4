"""Grounds as the host sees them: heights, where bodies are put, what is drawn, what is refused."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codesign.body import Bodies
from codesign.errors import ConfigError
from codesign.sim.kernel_key import kernel_key
from codesign.tasks import TERRAINS, Flat, Gaps, Heightfield, Hills, Pole, Rough, Segments, Slope, Steps
from codesign.tasks.sampled import LARGEST_BODY, Sampled
from tests.oracle import Lines
from tests.reference import robots
from tests.sim.worlds import BODIES, GROUNDS, LINES, MET, bumps

SAMPLED = [made for made in TERRAINS.values() if issubclass(made, Sampled)]
GROUND = {
    dimension: [
        *(made() for name, made in TERRAINS.items() if name not in ("heightfield", *LINES * (dimension == 3))),
        *(make(dimension) for name, make in MET.items() if name not in LINES or dimension == 2),
        bumps(dimension, start=0.2),
        Flat(ground_height=-0.3, start=-2.0),
    ]
    for dimension in BODIES
}
EVERY = pytest.mark.parametrize(
    ("dimension", "terrain"),
    [
        pytest.param(dimension, terrain, id=f"{dimension}-{terrain.name}-{number}")
        for dimension, grounds in GROUND.items()
        for number, terrain in enumerate(grounds)
    ],
)


def places(dimension: int, count: int = 1001) -> np.ndarray:
    return np.random.default_rng(3).uniform(-3.5, 3.5, (count, dimension - 1))


def under(terrain: Any, where: np.ndarray) -> np.ndarray:
    """Return the oracle's heights at horizontal coordinates."""
    points = np.concatenate([where, np.zeros((len(where), 1))], axis=1)
    return GROUNDS[terrain.name](terrain, points.shape[1]).under(points)


def test_names_are_keys() -> None:
    assert {name: made().name for name, made in TERRAINS.items()} == {name: name for name in TERRAINS}


@EVERY
def test_heights(dimension: int, terrain: Any) -> None:
    where = places(dimension)
    np.testing.assert_allclose(terrain.height(where), under(terrain, where), rtol=0, atol=1e-14)


@EVERY
def test_bodies_are_set_down(dimension: int, terrain: Any) -> None:
    bodies = Bodies.of(BODIES[dimension])
    placed = terrain.place(bodies)
    gaps = placed[:, -1] - terrain.height(placed[:, :-1])
    moved = placed - bodies.positions
    for world in range(len(bodies)):
        own = slice(bodies.mass_start[world], bodies.mass_start[world + 1])
        # What is set down may stand above by a rounding, never below: that would already be contact.
        assert gaps[own].min() == pytest.approx(0.0, abs=1e-15)
        assert gaps[own].min() >= -1e-16
        np.testing.assert_allclose(np.ptp(moved[own], axis=0), 0.0, atol=1e-15)
        np.testing.assert_array_equal(terrain.place(bodies.take([world])), placed[own])
        if type(terrain) is Pole:
            assert (placed[own, 0].min() + placed[own, 0].max()) / 2.0 == pytest.approx(terrain.start)
        elif type(terrain) in TERRAINS.values():
            assert placed[own, 0].min() == pytest.approx(terrain.start)
        if dimension == 3:
            assert placed[own, 1].min() == pytest.approx(-placed[own, 1].max())


@EVERY
def test_what_is_drawn_is_the_ground(dimension: int, terrain: Any) -> None:
    low, high = np.full(dimension - 1, -0.5), np.full(dimension - 1, 2.5)
    drawn = terrain.surface(low, high)
    assert drawn.ndim == dimension
    assert drawn.shape[-1] == dimension
    for axis in range(dimension - 1):
        line = np.moveaxis(drawn[..., axis], -1 - axis, 0).reshape(drawn.shape[dimension - 2 - axis], -1)
        np.testing.assert_allclose(np.ptp(line, axis=1), 0.0, atol=1e-15)
        assert line[0, 0] == -0.5
        assert line[-1, 0] == 2.5
        assert (np.diff(line[:, 0]) > 0).all()
    points = drawn.reshape(-1, dimension)
    np.testing.assert_allclose(points[:, -1], under(terrain, points[:, :-1]), rtol=0, atol=1e-14)
    if dimension == 2:
        x = np.linspace(-0.5, 2.5, 777)
        np.testing.assert_allclose(np.interp(x, *drawn.T), terrain.height(x[:, None]), rtol=0, atol=1e-12)


def test_the_published_ground() -> None:
    """Segments listed by beginning, height, length, slope and shift are corners, to rounding."""
    ground = robots("terrain_200")[0].ground
    assert isinstance(ground, Lines)
    x = np.append(ground.starts, ground.starts[-1] + 5.0)
    y = ground.slopes[np.r_[0 : len(ground.slopes), -1]] * x + ground.shifts[np.r_[0 : len(ground.shifts), -1]]
    terrain = Segments(corners=tuple(np.stack([x, y], axis=1).ravel().tolist()))
    at = np.linspace(-1.0, 9.0, 2001)
    np.testing.assert_allclose(terrain.height(at[:, None]), ground.height(at), rtol=0, atol=1e-14)


@pytest.mark.parametrize("dimension", BODIES)
@pytest.mark.parametrize("made", SAMPLED)
def test_ground_of_functions(made: Any, dimension: int) -> None:
    """It covers 5 m x 5 m around the start wherever that is, and shares the kernels of heightfields."""
    terrain = made(start=1.3)
    low, high = terrain.extent(dimension)
    np.testing.assert_allclose(low, [-1.2, -2.5][: dimension - 1], atol=1e-12)
    np.testing.assert_allclose(high, [3.8, 2.5][: dimension - 1], atol=1e-12)
    where = places(dimension, 200)
    moved = where + np.array([1.3, 0.0])[: dimension - 1]
    np.testing.assert_allclose(terrain.height(moved), made().height(where), rtol=0, atol=1e-12)
    outside = np.clip(moved, low, high)
    np.testing.assert_allclose(terrain.height(moved), terrain.height(outside), rtol=0, atol=1e-12)
    assert kernel_key(terrain) == kernel_key(bumps(dimension))


@pytest.mark.parametrize("dimension", BODIES)
@pytest.mark.parametrize("made", [made for made in SAMPLED if made not in (Rough, Pole)])
def test_the_start_is_level(made: Any, dimension: int) -> None:
    half = LARGEST_BODY / 2.0
    where = np.stack(np.meshgrid(np.linspace(0.0, LARGEST_BODY, 61), np.linspace(-half, half, 61)), -1).reshape(-1, 2)
    heights = made().height(where[:, : dimension - 1])
    # A hill's cells may reach a little under the outermost corners.
    np.testing.assert_allclose(heights, 0.0, rtol=0, atol=1e-3 if made is Hills else 0.0)
    assert np.ptp(made().height(places(dimension))) > 0.03


def test_heights_of_a_slope() -> None:
    x = np.array([[0.7], [1.0], [2.5], [4.0]])
    expected = math.tan(math.radians(10.0)) * np.array([0.0, 0.3, 1.8, 1.8])
    np.testing.assert_allclose(Slope().height(x), expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(Slope(angle=-10.0).height(x), -expected, rtol=0, atol=1e-12)


def test_heights_of_steps() -> None:
    terrain = Steps(rise=0.04, tread=0.25, first=0.75, edge=0.05)
    x = np.array([[0.7], [0.725], [0.75], [0.95], [0.975], [1.0], [1.2], [1.25], [2.5]])
    steps = np.array([0.0, 0.5, 1.0, 1.0, 1.5, 2.0, 2.0, 3.0, 8.0])
    np.testing.assert_allclose(terrain.height(x), 0.04 * steps, rtol=0, atol=1e-12)


def test_heights_of_gaps() -> None:
    terrain = Gaps(width=0.2, depth=0.25, distance=0.6, first=0.75, edge=0.05)
    x = np.array([[0.75], [0.775], [0.8], [0.9], [0.925], [0.95], [1.3], [1.35], [1.45], [1.55], [1.6], [2.0], [2.05]])
    depth = np.array([0.0, 0.5, 1.0, 1.0, 0.5, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0])
    np.testing.assert_allclose(terrain.height(x), -0.25 * depth, rtol=0, atol=1e-12)
    # A trench that does not fit in whole is left out.
    assert Gaps(reach=2.1).height(np.array([[2.0], [2.1], [9.0]])).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("reach", [2.5, 1.03])
@pytest.mark.parametrize("start", [0.0, -0.7])
def test_heights_of_a_pole(start: float, reach: float) -> None:
    """Its middle is a node whatever the ground's length, so that both sides of it are the same."""
    terrain = Pole(rise=0.25, width=0.2, edge=0.05, start=start, reach=reach)
    edge = terrain.grid(2).spacing[0]
    assert edge == pytest.approx(0.05, rel=0.05)
    x = np.array([0.0, 2.0, 2.5, 3.0, 9.0]) * edge
    expected = 0.25 * np.array([1.0, 1.0, 0.5, 0.0, 0.0])
    for side in (x, -x):
        np.testing.assert_allclose(terrain.height(start + side[:, None]), expected, rtol=0, atol=1e-12)
        for other in (x, -x):
            corners = np.stack([start + side, other], axis=1)
            square = np.array([1.0, 1.0, 0.25, 0.0, 0.0])  # of two slopes that meet at a corner: bilinear
            np.testing.assert_allclose(terrain.height(corners), 0.25 * square, rtol=0, atol=1e-12)


@pytest.mark.parametrize("dimension", BODIES)
def test_hills_are_as_high_as_asked_for(dimension: int) -> None:
    for seed in range(5):
        heights = Hills(relief=0.2, seed=seed).grid(dimension).heights
        assert np.ptp(heights) == pytest.approx(0.2)
        assert heights.max() > 0.03
        assert heights.min() < -0.03


@pytest.mark.parametrize("wavelength", [0.5, 1.0])
def test_hills_are_as_long_as_asked_for(wavelength: float) -> None:
    """Waves of length L cross their mean twice per L; those that are added up are up to 1.4 times longer or shorter."""
    crossings = []
    for seed in range(10):
        heights = Hills(wavelength=wavelength, seed=seed, reach=10.0).grid(2).heights
        crossings.append((heights[:-1] * heights[1:] < 0.0).sum())
    assert 20.0 / wavelength / 1.4 * 2.0 < np.mean(crossings) < 20.0 / wavelength * 1.4 * 2.0


def test_rough_ground_is_as_published() -> None:
    terrain = Rough(roughness=0.1)
    assert terrain.grid(3).heights.shape == (8, 8)
    np.testing.assert_allclose(terrain.grid(3).spacing, 5.0 / 7.0)
    many = np.concatenate([Rough(roughness=0.1, seed=seed).grid(3).heights.ravel() for seed in range(50)])
    assert many.std() == pytest.approx(0.1, rel=0.05)
    assert many.mean() == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("made", SAMPLED)
def test_variants(made: Any) -> None:
    """Where there is a seed another one is drawn from the generator; nothing else is drawn or changed."""
    terrain, where = made(), places(3)
    one, again, other = (terrain.variant(np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert one == again
    if "seed" in made.__dataclass_fields__:
        assert one != other
        assert one.seed != terrain.seed
        assert np.abs(one.height(where) - other.height(where)).max() > 0.01
        np.testing.assert_array_equal(terrain.height(where), made(seed=0).height(where))
    else:
        assert one is terrain


def test_heights_from_a_file(tmp_path: Path) -> None:
    heights = np.random.default_rng(0).normal(size=(3, 4)) * 0.1
    np.save(tmp_path / "heights.npy", heights.astype(np.float32))
    np.savetxt(tmp_path / "heights.csv", heights, delimiter=",")
    given = Heightfield(heights=tuple(map(tuple, heights.tolist())))
    where = places(3)
    from_csv, from_npy = (Heightfield(file=str(tmp_path / f"heights.{kind}")) for kind in ("csv", "npy"))
    np.testing.assert_allclose(from_csv.height(where), given.height(where), rtol=0, atol=1e-15)
    np.testing.assert_allclose(from_npy.height(where), given.height(where), rtol=0, atol=1e-7)
    (tmp_path / "marked.csv").write_bytes(b"\xef\xbb\xbf" + (tmp_path / "heights.csv").read_bytes())
    assert Heightfield(file=str(tmp_path / "marked.csv")).heights == from_csv.heights
    np.save(tmp_path / "line.npy", np.array([0, 1, 0]))
    assert Heightfield(file=str(tmp_path / "line.npy")).heights == ((0.0, 1.0, 0.0),)


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("absent.npy", None, "No such file"),
        ("heights.txt", b"0,1\n1,0\n", "heights.txt"),
        ("heights.npy", b"", "heights.npy"),
        ("heights.npy", b"0,1\n1,0\n", "heights.npy"),
        ("heights.csv", b"0,1\n1\n", "columns"),
        ("heights.csv", b"0,high\n1,0\n", "high"),
        ("heights.csv", b"0,nan\n1,0\n", "nan in row 0, column 1"),
        ("heights.csv", b"0,0\n1e30,0\n", "at most 1000 m up or down; got 1e\\+30 in row 1, column 0"),
        ("heights.csv", b"0,-1001\n", "got -1001.0 in row 0, column 1"),
        ("heights.csv", b"0\n1\n", "rows of 1 numbers"),
        ("heights.csv", b"", "rows of no numbers"),
        ("heights.csv", b"\xff\xfe\x00\x01", "heights.csv"),
    ],
)
def test_a_file_that_holds_no_heights(name: str, content: bytes | None, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=complaint) as error:
        Heightfield(file=str(path))
    assert "\n" not in str(error.value)
    assert "terrain." in str(error.value)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((2, 2, 2)),
        np.array([["a", "b"]]),
        np.array([[True, False]]),
        np.array([[1j, 2]]),
        np.array([[None, 1]], dtype=object),
        np.zeros(()),
    ],
    ids=["three axes", "text", "truth", "complex", "pickled", "a number"],
)
def test_an_array_that_holds_no_heights(array: np.ndarray, tmp_path: Path) -> None:
    np.save(tmp_path / "heights.npy", array)
    with pytest.raises(ConfigError, match=r"terrain\.file"):
        Heightfield(file=str(tmp_path / "heights.npy"))


def test_a_stack_of_grounds_is_told_from_one(tmp_path: Path) -> None:
    np.save(tmp_path / "stack.npy", np.zeros((10, 8, 8)))
    with pytest.raises(
        ConfigError, match=r"shape \(10, 8, 8\); save one of its 10 grounds as numbers of shape \(rows,"
    ):
        Heightfield(file=str(tmp_path / "stack.npy"))


def test_lines_are_not_taken_for_heights(tmp_path: Path) -> None:
    """Those of ELDiR come as five rows: begin x, begin y, length, slope and height at x = 0."""
    x, y = np.array([-100.0, 0.0, 0.2, 0.5]), np.array([0.1, 0.1, 0.3, 0.2])
    slope = np.array([0.0, 1.0, -1.0 / 3.0, 0.0])
    lines = np.stack([x, y, np.array([100.0, 0.28, 0.32, 100.0]), slope, y - slope * x])
    np.save(tmp_path / "lines.npy", lines)
    with pytest.raises(ConfigError, match=r"made of segments; choose terrain=segments with this file"):
        Heightfield(file=str(tmp_path / "lines.npy"))
    np.save(tmp_path / "heights.npy", np.abs(lines))  # five rows of heights are nothing special
    assert Heightfield(file=str(tmp_path / "heights.npy")).extent(3)[1].tolist() == [2.5, 2.5]


def test_a_folder_holds_no_heights(tmp_path: Path) -> None:
    (tmp_path / "heights.npy").mkdir()
    with pytest.raises(ConfigError, match=r"heights\.npy"):
        Heightfield(file=str(tmp_path / "heights.npy"))


def test_a_single_row_of_heights_is_the_same_all_along_y() -> None:
    line = bumps(2)
    x = np.linspace(-0.1, 0.6, 50)
    for y in (-0.2, 0.3):
        places = np.stack([x, np.full_like(x, y)], axis=1)
        np.testing.assert_allclose(line.height(places), line.height(x[:, None]), rtol=0, atol=1e-15)


@pytest.mark.parametrize(("made", "dimension"), [(Segments(), 3), (bumps(3), 2)])
def test_ground_of_the_other_dimension(made: Any, dimension: int) -> None:
    with pytest.raises(ConfigError, match="terrain"):
        made.data(dimension)


NAN, INFINITE = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("made", "settings"),
    [
        (Flat, {"ground_height": NAN}),
        (Flat, {"start": INFINITE}),
        (Segments, {"start": NAN}),
        (Segments, {"corners": ()}),
        (Segments, {"corners": (0.0, 0.1)}),
        (Segments, {"corners": (0.0, 0.1, 1.0)}),
        (Segments, {"corners": (0.0, 0.1, 0.0, 0.2)}),
        (Segments, {"corners": (1.0, 0.1, 0.0, 0.2)}),
        (Segments, {"corners": (0.0, 0.1, 1.0, INFINITE)}),
        (Heightfield, {"heights": ()}),
        (Heightfield, {"heights": ((0.1,),)}),
        (Heightfield, {"heights": ((0.1, 0.2), (0.1,))}),
        (Heightfield, {"heights": ((0.1, NAN), (0.1, 0.1))}),
        (Heightfield, {"size": (5.0, 0.0)}),
        (Heightfield, {"low": (NAN, 0.0)}),
        (Heightfield, {"low": (0.0,)}),
        (Heightfield, {"low": (1e6, 0.0)}),
        (Heightfield, {"size": (1.0,)}),
        (Heightfield, {"size": (1.0, 1.0, 1.0)}),
        (Heightfield, {"size": (1e6, 1.0)}),
        (Heightfield, {"bisections": -1}),
        (Pole, {"rise": 0.4}),
        (Pole, {"rise": -0.1}),
        (Pole, {"width": -0.1}),
        (Pole, {"width": 6.0}),
        (Pole, {"edge": 0.001}),
        *((made, {"start": value}) for made in TERRAINS.values() for value in (NAN, -1e6)),
        *((made, {"reach": value}) for made in SAMPLED for value in (NAN, INFINITE, 0.0, -1.0, 0.1, 1e9)),
        (Slope, {"angle": NAN}),
        (Slope, {"angle": 80.0}),
        (Slope, {"first": 0.1}),
        (Slope, {"first": 3.0}),
        (Steps, {"rise": 0.4}),
        (Steps, {"rise": -0.4}),
        (Steps, {"tread": 0.05}),
        (Steps, {"first": 0.6}),
        (Steps, {"edge": 0.0}),
        (Steps, {"edge": -0.1}),
        (Gaps, {"depth": -0.1}),
        (Gaps, {"depth": 0.4}),
        (Gaps, {"width": 0.05}),
        (Gaps, {"width": NAN}),
        (Gaps, {"distance": 0.2}),
        (Gaps, {"first": 2.4}),
        (Hills, {"relief": -0.1}),
        (Hills, {"wavelength": 0.0}),
        (Hills, {"wavelength": 0.1}),
        (Hills, {"fade": 0.0}),
        (Hills, {"seed": -1}),
        (Rough, {"roughness": NAN}),
        (Rough, {"roughness": -0.1}),
        (Rough, {"node_distance": 0.001}),
        (Rough, {"node_distance": 3.0}),
        (Rough, {"seed": -1}),
    ],
)
def test_settings_out_of_range(made: Any, settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=rf"terrain\.{next(iter(settings))}") as error:
        made(**settings)
    assert "\n" not in str(error.value)
