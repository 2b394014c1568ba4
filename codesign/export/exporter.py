"""What every exporter is: a name, a file suffix and a function that writes."""

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from codesign.errors import ConfigError
from codesign.export.recording import Gallery, Recording


@dataclass(frozen=True)
class Exporter:
    """One way to write designs.

    Attributes:
        name: what the user types.
        suffix: how its files end, from the dot: ".html", ".parts.csv".
        write: (gallery, path) or, with `settings`, (gallery, path, settings) -> the files written, `path` first. An
            exporter of one file for all designs writes `path`; one of a file per design (`each`) writes `path` for a
            single design and `<stem>-<design><suffix>` beside it for several. Settings may be left out, which means the
            defaults. Raises OutputError where `path` cannot be written to and RecordingError for designs that it cannot
            show.
        each: whether it writes a file per design. It is then given one design at a time, so that any number of designs
            needs the memory of a few.
        motions: "both" where a file shows motion before and after learning, as far as it is given both; "one" where it
            shows `Recording.after` alone, and a second file is written for motion before learning if that is asked for;
            "none" where it shows no motion.
        settings: frozen dataclass of settings with a default each; None for none.
        section: key that a configuration has the settings under; several exporters may share one.
        needs: takes a recording to what of it is shown, where that is little; it is applied as soon as one was made,
            so that one file can show many designs.
        beside: suffixes of further files that it writes beside each of its files.
        extra: optional dependency of the package that brings what it needs, as in pip install 'codesign[usd]'.
        modules: what is imported of that.
        shows_map: whether it shows what a run's search keeps (`Gallery.map`), without which there is nothing to write.
        repeatable: whether the same designs give the same bytes; not where a library puts ids of its own into a file.
    """

    name: str
    suffix: str
    write: Callable[..., list[Path]]
    each: bool = False
    motions: Literal["both", "one", "none"] = "both"
    settings: type | None = None
    section: str = ""
    needs: Callable[[Recording], Recording] | None = None
    beside: tuple[str, ...] = ()
    extra: str = ""
    modules: tuple[str, ...] = ()
    shows_map: bool = False
    repeatable: bool = True

    def require_installed(self) -> None:
        """Check that what it needs is there, without loading it.

        Raises:
            ConfigError: it is not.
        """
        missing = [module for module in self.modules if importlib.util.find_spec(module) is None]
        if missing:
            remedy = f"pip install 'codesign[{self.extra}]', or leave {self.name} out of format"
            raise ConfigError(f"the package {missing[0]} for format={self.name}", "none", remedy)

    def paths(self, path: Path, designs: Sequence[str]) -> list[Path]:
        """Return all files that it writes of designs by their ids for a path."""
        mains = self.mains(path, designs)
        return [each for main in mains for each in (main, *(self._at(main, suffix) for suffix in self.beside))]

    def mains(self, path: Path, designs: Sequence[str]) -> list[Path]:
        """Return the main file of each design, or the one of all."""
        return named_after_designs(path, designs, self.suffix) if self.each else [path]

    def _at(self, main: Path, suffix: str) -> Path:
        return main.with_name(f"{main.name.removesuffix(self.suffix)}{suffix}")


def named_after_designs(path: Path, designs: Sequence[str], suffix: str) -> list[Path]:
    """Return the file of each design: `path` itself for one, `<stem>-<design><suffix>` beside it for several."""
    if len(designs) == 1:
        return [path]
    stem = path.name.removesuffix(suffix)
    return [path.with_name(f"{stem}-{design}{suffix}") for design in designs]


def each_design(
    write_one: Callable[[Recording, Path], None], gallery: Gallery, path: Path, suffix: str = ""
) -> list[Path]:
    """Write a file for each design, named as `Exporter.write` says, and return the files.

    Args:
        write_one: writes one.
        gallery: the designs.
        path: where.
        suffix: the exporter's, if it has more than one dot.
    """
    designs = [recording.design for recording in gallery.recordings]
    paths = named_after_designs(path, designs, suffix or path.suffix)
    for recording, each in zip(gallery.recordings, paths, strict=True):
        write_one(recording, each)
    return paths
