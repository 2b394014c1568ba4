"""Which files exporters write of which designs, and writing them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from codesign.errors import ConfigError, OutputError
from codesign.export.exporter import Exporter
from codesign.export.recording import Gallery, Recording

MOTIONS = ("before", "after")
"""Motions of a recording: before and after learning."""


@dataclass(frozen=True)
class ExportPlan:
    """Files of some designs in some formats.

    Attributes:
        folder: where they go.
        stem: how their names begin.
        designs: ids of the designs, the first one first.
        exporters: what writes them.
        motions: which of `MOTIONS` are wanted; None for what each exporter shows by itself: both where a file can show
            both, that after learning elsewhere.
        settings: of the exporters, by their section; defaults where there are none.
    """

    folder: Path
    stem: str
    designs: tuple[str, ...]
    exporters: tuple[Exporter, ...]
    motions: tuple[str, ...] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    def paths(self) -> list[Path]:
        """Return all files that will be written."""
        return [
            path
            for exporter in self.exporters
            for _, main in self._shown(exporter)
            for path in exporter.paths(main, self.designs)
        ]

    def write(self, parts: Iterable[Gallery]) -> Iterator[Path]:
        """Write the files and yield each.

        Args:
            parts: galleries that together have the recordings of all designs. Only one is held at a time, unless some
                exporter writes one file for all designs.

        Raises:
            OutputError: the folder cannot be written to.
            RecordingError: a design that an exporter cannot show, or a motion that was not recorded.
        """
        together = [exporter for exporter in self.exporters if not exporter.each]
        kept: dict[str, list[Recording]] = {exporter.name: [] for exporter in together}
        whole: Gallery | None = None
        for part in parts:
            for exporter in self.exporters:
                if exporter.each:
                    yield from self._write_each(exporter, part)
            if together:
                whole = part
            for exporter in together:
                kept[exporter.name] += map(exporter.needs, part.recordings) if exporter.needs else part.recordings
        for exporter in together:
            recordings = tuple(kept[exporter.name])
            for motions, path in self._shown(exporter):
                if whole is not None:
                    yield from self._written(exporter, replace(whole, recordings=recordings), motions, path)

    def _write_each(self, exporter: Exporter, part: Gallery) -> Iterator[Path]:
        """Write a file for each design of a gallery."""
        for motions, path in self._shown(exporter):
            mains = dict(zip(self.designs, exporter.mains(path, self.designs), strict=True))
            for recording in part.recordings:
                one = replace(part, recordings=(recording,))
                yield from self._written(exporter, one, motions, mains[recording.design])

    def _written(self, exporter: Exporter, gallery: Gallery, motions: Sequence[str], path: Path) -> list[Path]:
        shown = tuple(_showing(recording, motions, exporter) for recording in gallery.recordings)
        own = () if exporter.settings is None else (self.settings.get(exporter.section, exporter.settings()),)
        return exporter.write(replace(gallery, recordings=shown), path, *own)

    def _shown(self, exporter: Exporter) -> list[tuple[tuple[str, ...], Path]]:
        """Return the motions of each file, or set of files, that an exporter writes, with its path."""
        path = self._path(exporter)
        if exporter.motions != "one":
            return [(self.motions or MOTIONS, path)]
        earlier = path.with_name(f"{path.name.removesuffix(exporter.suffix)}-before{exporter.suffix}")
        return [((motion,), path if motion == "after" else earlier) for motion in self.motions or ("after",)]

    def _path(self, exporter: Exporter) -> Path:
        taken = {other.suffix for other in self.exporters[: self.exporters.index(exporter)]}
        name = f"-{exporter.name}" if exporter.suffix in taken else ""
        return self.folder / f"{self.stem}{name}{exporter.suffix}"


def _showing(recording: Recording, motions: Sequence[str], exporter: Exporter) -> Recording:
    """Return a recording with the motions that a file shows; whole where the file shows none, or all that there is."""
    if exporter.motions == "none" or (exporter.motions == "both" and set(motions) == set(MOTIONS)):
        return recording
    return recording.showing(motions)


def require_motions(words: Sequence[str]) -> tuple[str, ...]:
    """Return words that name motions.

    Raises:
        ConfigError: none, or a word that names none.
    """
    for word in words or ("",):
        if word not in MOTIONS:
            near = get_close_matches(word, MOTIONS, n=1)
            remedy = f"did you mean '{near[0]}'?" if near else "set when=after or when=[before,after]"
            raise ConfigError("when to be before, after or a list of both", f"'{word}'", remedy)
    return tuple(dict.fromkeys(words))


def require_absent(paths: Iterable[Path]) -> None:
    """Check that nothing is there where files will be written.

    Raises:
        OutputError: something is.
    """
    there = [path for path in paths if path.exists()]
    if there:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        remedy = "set overwrite=true to replace them, or output=FOLDER to write elsewhere"
        raise OutputError("files that are not there yet", f"{there[0]}{more}", remedy)
