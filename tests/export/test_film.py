"""Films, read back by ffmpeg and by Pillow."""

import logging
import os
import stat
from dataclasses import replace
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from codesign.errors import ConfigError, OutputError
from codesign.export import EXPORTERS, Gallery, Recording, RecordingError, Trajectory
from codesign.export.eye import Eye
from codesign.export.film import FilmSettings, write_gif, write_mp4
from codesign.export.film.frames import draw_frames, frame_times
from codesign.export.film.layout import arrange
from codesign.export.moment import calm
from codesign.export.scene2d import Window
from codesign.export.theme import LIGHT, rgb
from tests.export import cubes
from tests.export.strips import gallery, recording

SMALL = FilmSettings(width=320, height=180, frame_rate=10.0, hold=0.5)


def shown(*recordings: Recording, title: str = "strips & more") -> Gallery:
    return gallery(title, recordings=recordings)


def frames_of(path: Path) -> tuple[dict, np.ndarray]:
    reader = imageio_ffmpeg.read_frames(path)
    about = next(reader)
    width, height = about["size"]
    return about, np.stack([np.frombuffer(frame, np.uint8).reshape(height, width, 3) for frame in reader])


def pictures_in(image: Image.Image) -> int:
    return getattr(image, "n_frames", 1)


def strong(image: np.ndarray) -> np.ndarray:
    """Where a picture has the colours of muscles at work: far from grey."""
    return np.ptp(image.astype(int), axis=-1) > 90


def panel_pixels(settings: FilmSettings, points: np.ndarray) -> np.ndarray:
    """Pixels of points in a single panel, from 0 to 1 in both axes from its lower left corner."""
    high = (1 - settings.header) * settings.height
    return np.stack([points[:, 0] * settings.width, settings.height - points[:, 1] * high], axis=-1)


def test_ffmpeg_reads_a_film_of_the_right_size_and_length(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    assert write_mp4(shown(recording()), path, SMALL) == [path]
    about, frames = frames_of(path)
    assert about["size"] == (320, 180)
    assert about["fps"] == 10
    assert about["codec"] == "h264"
    assert about["pix_fmt"].startswith("yuv420p")
    assert len(frames) == 21 + 5  # two seconds, both ends, and half a second more
    assert about["duration"] == pytest.approx(2.6, abs=0.05)
    assert b"strips & more" in path.read_bytes()
    assert path.read_bytes().index(b"moov") < path.read_bytes().index(b"mdat")  # plays before all of it is there


def test_bodies_are_in_a_film_where_the_recording_has_them(tmp_path: Path) -> None:
    settings = FilmSettings(frame_rate=5.0, layout="race", hold=0)
    fast, slow = recording(speed=0.5), recording("g001-i0000", speed=0.1)
    path = tmp_path / "race.mp4"
    write_mp4(shown(fast, slow), path, settings)
    _, frames = frames_of(path)
    panel = arrange(shown(fast, slow), settings).panels[0]
    for time, frame in ((0.0, frames[0]), (1.0, frames[5]), (1.8, frames[9])):
        window = panel.camera(time)
        assert isinstance(window, Window)
        scale = settings.width / window.width
        for actor in panel.actors:
            positions, actuation = actor.at(time)
            muscles = np.abs(actuation) > 0.5
            middles = positions[actor.recording.springs[muscles]].mean(axis=(0, 1))
            x, y = (middles - (window.left, window.bottom)) * scale
            rows = slice(int(settings.height - y) - 40, int(settings.height - y) + 40)
            seen = strong(frame)
            seen[: int(0.12 * settings.height)] = False
            where = np.argwhere(seen[rows])[:, 1]
            assert len(where) > 20
            assert where.mean() == pytest.approx(x, abs=0.25 * actor.size[0] * scale), (actor.name, time)
    first, last = (np.argwhere(strong(frame)[70:270])[:, 1].mean() for frame in (frames[0], frames[9]))
    window = panel.camera(0.0)
    assert isinstance(window, Window)
    assert last - first == pytest.approx(0.5 * 1.8 * settings.width / window.width, abs=4)


def test_cubes_are_in_a_film_where_the_eye_sees_them() -> None:
    settings = FilmSettings(width=640, height=360)
    body = cubes.recording(before=None, bumpy=False, swings=np.full(220, 0.2))
    body = replace(body, after=Trajectory(body.after.times, body.after.positions, np.ones_like(body.after.actuation)))
    layout = arrange(shown(body), settings)
    (frame,) = draw_frames(layout, settings, [1.5])
    (panel,) = layout.panels
    eye = panel.camera(1.5)
    assert isinstance(eye, Eye)
    positions, _ = panel.actors[0].at(1.5)
    aspect = 640 / ((1 - settings.header) * 360)
    projected = eye.project(positions)
    places = panel_pixels(settings, np.stack([projected[:, 0] / aspect, projected[:, 1]], axis=-1) / 2 + 0.5)
    blue = (frame[..., 2].astype(int) - frame[..., 0] > 60) & (np.arange(360)[:, None] > 60)
    seen = np.argwhere(blue)[:, ::-1]
    np.testing.assert_allclose(seen.min(axis=0), places.min(axis=0), atol=3)
    np.testing.assert_allclose(seen.max(axis=0), places.max(axis=0), atol=3)


def test_pillow_reads_a_gif_of_the_right_size_length_and_colours(tmp_path: Path) -> None:
    path = tmp_path / "film.gif"
    assert write_gif(shown(recording()), path, replace(SMALL, colours=32)) == [path]
    with Image.open(path) as image:
        assert image.size == (320, 180)
        assert image.info["loop"] == 0
        durations = []
        for number in range(pictures_in(image)):
            image.seek(number)
            durations.append(image.info["duration"])
        last = np.asarray(image.convert("RGB"))
    assert sum(durations) == 10 * 26 * 10
    assert durations[:-1] == [100] * (pictures_in(image) - 1)
    assert len(np.unique(last.reshape(-1, 3), axis=0)) <= 32
    layout = arrange(shown(recording()), SMALL)
    (drawn,) = draw_frames(layout, SMALL, [layout.duration])
    apart = np.abs(last.astype(int) - drawn).max(axis=-1)
    assert np.quantile(apart, 0.95) < 24
    assert strong(last).sum() > 100


@pytest.mark.parametrize("most", [120_000, 30_000])
def test_a_gif_is_no_larger_than_asked_for_and_says_so(
    most: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "film.gif"
    with caplog.at_level(logging.WARNING):
        write_gif(shown(recording()), path, replace(SMALL, frame_rate=25.0, max_bytes=most))
    assert path.stat().st_size <= most
    assert "pictures a second" in caplog.text
    with Image.open(path) as image:
        total = 0
        for number in range(pictures_in(image)):
            image.seek(number)
            total += image.info["duration"]
    assert total == pytest.approx(2000 + 500, abs=250)  # it lasts as long, however few pictures there are


def test_a_gif_that_cannot_be_so_small_is_refused(tmp_path: Path) -> None:
    long = replace(SMALL, max_bytes=20_000, speed=0.05)
    with pytest.raises(ConfigError, match="max_bytes"):
        write_gif(shown(recording(before=None)), tmp_path / "film.gif", long)
    assert list(tmp_path.iterdir()) == []


def test_the_layout_follows_from_the_designs() -> None:
    child = recording("g003-i0000", parents=("g000-i0000",))
    for recordings, panels, actors in (
        ((recording(),), 2, 1),
        ((recording(before=None),), 1, 1),
        ((child, recording()), 2, 1),
        ((recording("g003-i0000"), recording()), 1, 2),
    ):
        layout = arrange(shown(*recordings), FilmSettings())
        assert (len(layout.panels), len(layout.panels[0].actors)) == (panels, actors)
    oldest_first = [panel.label for panel in arrange(shown(child, recording()), FilmSettings()).panels]
    assert oldest_first == ["g000-i0000", "g003-i0000"]
    assert len(arrange(shown(child, recording()), FilmSettings(layout="race")).panels) == 1
    assert len(arrange(shown(child, recording()), FilmSettings(layout="beside")).panels) == 4


def test_a_long_lineage_is_shown_in_part() -> None:
    line = [recording(f"g{i:03}-i0000", parents=(f"g{i - 1:03}-i0000",), frames=3) for i in range(40)]
    layout = arrange(shown(*reversed(line)), FilmSettings())
    assert len(layout.panels) == 12
    assert [layout.panels[0].label, layout.panels[-1].label] == ["g000-i0000", "g039-i0000"]
    assert layout.subtitle.startswith("12 of 40 designs")
    (race,) = arrange(shown(*reversed(line)), FilmSettings(layout="race")).panels
    assert len(race.actors) == 12
    assert {"g000-i0000", "g039-i0000"} <= {actor.name for actor in race.actors}
    assert arrange(shown(*line[:8]), FilmSettings(layout="race")).subtitle == "8 designs after learning"


@pytest.mark.parametrize(
    ("recordings", "said"),
    [
        ([recording(f"g000-i{i:04}", frames=3) for i in range(13)], "at most 12 designs .* design=top12"),
        ([recording(), cubes.recording("g001-i0000")], "designs in 2 dimensions like the first"),
    ],
    ids=["many", "mixed"],
)
def test_what_no_race_can_show_is_refused(recordings: list[Recording], said: str, tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=said):
        EXPORTERS["mp4"].write(shown(*recordings), tmp_path / "film.mp4")
    assert list(tmp_path.iterdir()) == []


def test_a_race_starts_at_one_line_and_ends_when_the_last_does() -> None:
    short = recording("g001-i0000", speed=2.0)
    short = replace(short, after=Trajectory(*(each[:11] for each in _arrays(short.after)), diverged=True))
    layout = arrange(shown(recording(), short), FilmSettings())
    assert layout.duration == 2
    (panel,) = layout.panels
    for actor in panel.actors:
        assert actor.start[0] == pytest.approx(0, abs=1e-6)
    resting = next(actor for actor in panel.actors if actor.name == "g001-i0000")
    np.testing.assert_array_equal(resting.at(0.5)[0], resting.at(1.9)[0])


def _arrays(trajectory: Trajectory) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return trajectory.times, trajectory.positions, trajectory.actuation


def test_a_motion_that_diverged_says_so_once_it_has_ended() -> None:
    body = recording(before=None, swings=np.zeros(13), parents=())
    body = replace(body, after=Trajectory(*(each[:21] for each in _arrays(body.after)), diverged=True))
    settings = FilmSettings()
    layout = arrange(shown(body), settings)
    before, after = draw_frames(layout, settings, [0.5, 1.0])
    corner = (slice(60, 160), slice(0, 300))

    def warned(frame: np.ndarray) -> int:
        return int((np.abs(frame[corner] / 255 - rgb(LIGHT.contract)).max(axis=-1) < 0.05).sum())

    assert warned(before) == 0
    assert warned(after) > 50


def test_a_body_at_rest_makes_a_short_still_film(tmp_path: Path) -> None:
    still = recording(frames=1, before=None)
    assert len(frame_times(0.0, replace(SMALL, hold=0))) == 1 + 10
    write_mp4(shown(still), tmp_path / "film.mp4", SMALL)
    _, frames = frames_of(tmp_path / "film.mp4")
    assert len(frames) == 11
    # H.264 refines edges from picture to picture; a body that moved by a pixel would change a hundredth of them.
    assert np.quantile(np.ptp(frames.astype(int), axis=0), 0.99) <= 8
    assert strong(frames[-1]).sum() > 50


def test_slow_motion_and_frame_rates_keep_the_time_of_the_motion() -> None:
    settings = FilmSettings(speed=0.5, frame_rate=20, hold=1)
    times = frame_times(2.0, settings)
    assert len(times) == 81 + 20
    assert times[1] == pytest.approx(0.025)
    assert set(times[80:]) == {2.0}


def test_a_camera_goes_along_without_wobbling_and_without_lagging() -> None:
    times = np.linspace(0, 4, 201)
    way = 0.5 * times + 0.05 * np.sin(12 * times)
    path = calm(way, times)
    assert np.abs(path - 0.5 * times)[20:-20].max() < 0.01
    assert (path[0], path[-1]) == (pytest.approx(way[0], abs=0.01), pytest.approx(way[-1], abs=0.05))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"width": 333}, "width to be an even number"),
        ({"height": 10}, "height to be a whole number"),
        ({"layout": "ring"}, "layout to be one of"),
        ({"frame_rate": 0}, "frame_rate to be a number"),
        ({"speed": 0.0}, "speed to be a number"),
        ({"colours": 500}, "colours to be a whole number"),
        ({"theme": "blue"}, "theme to be one of light, dark"),
    ],
    ids=str,
)
def test_settings_out_of_range_are_told(settings: dict, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        FilmSettings(**settings)


def test_what_ffmpeg_says_is_told_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\necho first >&2\necho 'no space left' >&2\nexit 1\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr("codesign.export.film.mp4._ffmpeg", lambda: os.fspath(program))
    with pytest.raises(OutputError, match="got no space left; free some space") as told:
        write_mp4(shown(recording()), tmp_path / "out" / "film.mp4", SMALL)
    assert "\n" not in str(told.value)
    assert list((tmp_path / "out").iterdir()) == []


def test_an_ffmpeg_that_does_not_start_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codesign.export.film.mp4._ffmpeg", lambda: os.fspath(tmp_path / "nowhere"))
    with pytest.raises(ConfigError, match=r"nowhere \(No such file or directory\); pip install"):
        write_mp4(shown(recording()), tmp_path / "film.mp4", SMALL)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("title", ["a\nb\0c", "=" * 300, "$x^2$ <&> 'quoted'", "long " * 90])
def test_any_title_is_shown_and_ends_before_the_clock(title: str, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    write_mp4(shown(recording(frames=1, before=None), title=title), path, replace(SMALL, hold=0))
    _, frames = frames_of(path)
    dark = (frames[0][4:14].max(axis=-1) < 130).any(axis=0)
    assert dark[:200].any()
    assert not dark[255:275].any()


def test_an_interruption_leaves_neither_a_file_nor_ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr("codesign.export.film.frames._Film.draw", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_mp4(shown(recording()), tmp_path / "film.mp4", SMALL)
    assert list(tmp_path.iterdir()) == []


def test_a_machine_without_ffmpeg_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise RuntimeError("No ffmpeg exe could be found.\nInstall it.")

    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", none)
    with pytest.raises(ConfigError, match=r"No ffmpeg exe could be found\.; pip install 'codesign\[film\]'"):
        write_mp4(shown(recording()), tmp_path / "film.mp4", SMALL)
    assert list(tmp_path.iterdir()) == []
