"""Films as mp4: H.264 that every browser and slide plays, by the ffmpeg that imageio-ffmpeg brings."""

import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO

from codesign import files, signals
from codesign.errors import ConfigError, OutputError
from codesign.export.film.settings import FilmSettings
from codesign.export.recording import Gallery

_REMEDY = "pip install 'codesign[film]', or use format=gif"


def write_mp4(gallery: Gallery, path: Path, settings: FilmSettings | None = None) -> list[Path]:
    """Write a film of all designs and return its path.

    Raises:
        RecordingError: designs that the layout cannot show.
        ConfigError: there is no ffmpeg.
        OutputError: `path` cannot be written to, or ffmpeg fails.
    """
    from codesign.export.film.frames import draw_frames, frame_times  # noqa: PLC0415 - these load matplotlib
    from codesign.export.film.layout import arrange  # noqa: PLC0415

    settings = settings or FilmSettings()
    layout = arrange(gallery, settings)
    times = frame_times(layout.duration, settings)
    with files.replacing(path) as temporary, tempfile.TemporaryFile() as said:
        command = _command(temporary, layout.title, settings)
        encoder = _started(command, said)
        assert encoder.stdin is not None
        try:
            with suppress(BrokenPipeError):  # it ended early, and says why
                for frame in draw_frames(layout, settings, times):
                    encoder.stdin.write(frame.tobytes())
        except BaseException:
            encoder.kill()
            raise
        finally:
            with suppress(BrokenPipeError):
                encoder.stdin.close()
            status = encoder.wait()
        if status != 0:
            said.seek(0)
            lines = said.read().decode("utf-8", "replace").strip().splitlines()
            reason = lines[-1].strip() if lines else f"exit status {status}"
            raise OutputError(f"ffmpeg to write {path}", reason, "free some space, or use format=gif")
    return [path]


def _started(command: list[str], said: IO[bytes]) -> subprocess.Popen[bytes]:
    """Return ffmpeg, waiting for pictures, which puts down what it has to say.

    Raises:
        ConfigError: it cannot be started.
    """
    try:
        with signals.kept_from_children():
            return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said)
    except OSError as error:
        raise ConfigError("an ffmpeg for format=mp4", f"{command[0]} ({error.strerror})", _REMEDY) from error


def _command(path: Path, title: str, settings: FilmSettings) -> list[str]:
    """Return what starts ffmpeg; the same pictures give the same bytes on every machine with this ffmpeg."""
    size = f"{settings.width}x{settings.height}"
    # Players take high definition for BT.709 unless they are told, and small films for another one.
    colours = [item for name in ("colorspace", "color_primaries", "color_trc") for item in (f"-{name}", "bt709")]
    return [
        *(_ffmpeg(), "-loglevel", "error", "-nostdin", "-y"),
        *("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", f"{settings.frame_rate:g}", "-i", "-"),
        *("-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p", *colours),
        *("-c:v", "libx264", "-preset", "medium", "-crf", "18", "-threads", "1"),
        *("-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1", "-metadata", f"title={title}"),
        *("-movflags", "+faststart", "-f", "mp4", str(path)),
    ]


def _ffmpeg() -> str:
    try:
        import imageio_ffmpeg  # noqa: PLC0415 - an extra

        return imageio_ffmpeg.get_ffmpeg_exe()
    except (ImportError, RuntimeError) as error:
        raise ConfigError("an ffmpeg for format=mp4", str(error).splitlines()[0], _REMEDY) from error
