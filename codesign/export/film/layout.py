"""Which panels a film has: one design before beside after learning, designs in a race, ancestors in a strip."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from codesign.export.camera import Camera, following, lanes, racing
from codesign.export.film.settings import FilmSettings
from codesign.export.moment import Actor
from codesign.export.recording import Gallery, Recording, RecordingError

_MOST = {"beside": 4, "race": 12}
"""Designs that a film of a layout shows at most."""

_ANCESTORS = 12
"""Designs of a lineage that a film shows at most; of a longer one these, the first and the last among them."""


@dataclass(frozen=True, eq=False)
class Panel:
    """One picture of a film.

    Attributes:
        actors: the bodies in it, at least one.
        camera: what is in the picture at a time.
        label: what it shows.
        note: more about that.
    """

    actors: tuple[Actor, ...]
    camera: Camera
    label: str
    note: str = ""


@dataclass(frozen=True, eq=False)
class Layout:
    """All that a film shows.

    Attributes:
        title: what stands above.
        subtitle: what stands beside that.
        panels: its pictures, in rows.
        columns: panels in a row.
    """

    title: str
    subtitle: str
    panels: tuple[Panel, ...]
    columns: int

    @property
    def rows(self) -> int:
        """Rows of panels."""
        return -(-len(self.panels) // self.columns)

    @property
    def duration(self) -> float:
        """Seconds until the last motion ends."""
        return max(float(actor.trajectory.times[-1]) for panel in self.panels for actor in panel.actors)


def arrange(gallery: Gallery, settings: FilmSettings) -> Layout:
    """Return the panels of a film.

    Raises:
        RecordingError: designs that have neither two nor three dimensions, designs of both in a race, or more designs
            than a layout shows.
    """
    recordings = gallery.recordings
    for recording in recordings:
        if recording.dim not in (2, 3):
            got = f"{recording.dim} ({recording.design})"
            raise RecordingError("designs in two or three dimensions", got, "use format=json")
    layout = _chosen(recordings) if settings.layout == "auto" else settings.layout
    in_part = layout == "race" and _is_lineage(recordings)
    if len(recordings) > _MOST.get(layout, len(recordings)) and not in_part:
        remedy = f"choose fewer, as in design=top{_MOST[layout]}, or film.layout=strip"
        raise RecordingError(
            f"at most {_MOST[layout]} designs in a film of layout {layout}", f"{len(recordings)}", remedy
        )
    title = " ".join((settings.title or gallery.title).replace("\0", " ").split())
    return {"beside": _beside, "race": _race, "strip": _strip}[layout](gallery, title, settings)


def _chosen(recordings: Sequence[Recording]) -> str:
    """Return the layout that shows designs best."""
    if len(recordings) == 1:
        return "beside"
    return "strip" if _is_lineage(recordings) else "race"


def _is_lineage(recordings: Sequence[Recording]) -> bool:
    """Return whether each design is a parent of the next younger one."""
    ages = sorted(recordings, key=lambda each: each.generation)
    return all(elder.design in child.parents for elder, child in pairwise(ages))


def _share(chosen: Sequence[Recording], recordings: Sequence[Recording]) -> str:
    """Return how many of the designs are shown, as text: 12 of 40."""
    return f"{len(chosen)} of {len(recordings)}" if len(chosen) < len(recordings) else f"{len(recordings)}"


def _some_of(recordings: Sequence[Recording]) -> tuple[Recording, ...]:
    """Return at most `_ANCESTORS` designs of a lineage, evenly spread, from the oldest to the youngest."""
    ages = sorted(recordings, key=lambda each: each.generation)
    places = np.unique(np.linspace(0, len(ages) - 1, min(len(ages), _ANCESTORS)).round().astype(int))
    return tuple(ages[place] for place in places.tolist())


def _beside(gallery: Gallery, title: str, settings: FilmSettings) -> Layout:
    recordings = gallery.recordings
    shown = [
        (recording, motion, label)
        for recording in recordings
        for motion, label in ((recording.before, "before learning"), (recording.after, "after learning"))
        if motion is not None
    ]
    columns = 2 if len(shown) > len(recordings) else 1
    actors = [Actor.alone(recording, motion) for recording, motion, _ in shown]
    # Where motion before learning is all that is shown, it stands in the place of that after it: none is told apart.
    labels = [label for _, _, label in shown] if columns == 2 else [recording.design for recording in recordings]
    first, *others = recordings
    several = bool(others)
    aspect = _aspect(settings, columns, -(-len(shown) // columns))
    if several and columns == 2:
        labels = [f"{label} · {recording.design}" for recording, _, label in shown]
    panels = [
        Panel((actor,), following(actor, actors, aspect), label) for actor, label in zip(actors, labels, strict=True)
    ]
    subtitle = f"{len(recordings)} designs" if several else _facts(first, gallery)
    return Layout(title, subtitle, tuple(panels), columns)


def _race(gallery: Gallery, title: str, settings: FilmSettings) -> Layout:
    recordings = gallery.recordings
    for recording in recordings:
        if recording.dim != recordings[0].dim:
            expected = f"designs in {recordings[0].dim} dimensions like the first"
            raise RecordingError(expected, f"{recording.dim} ({recording.design})", "part them")
    chosen = _some_of(recordings) if len(recordings) > _MOST["race"] else recordings
    started = [Actor(each, each.after, np.zeros(each.dim), each.design) for each in chosen]
    aspect = _aspect(settings, 1, 1)
    actors = tuple(lanes(started, aspect))
    panel = Panel(actors, racing(actors, aspect), "")
    return Layout(title, f"{_share(chosen, recordings)} designs after learning", (panel,), 1)


def _strip(gallery: Gallery, title: str, settings: FilmSettings) -> Layout:
    chosen = _some_of(gallery.recordings)
    columns = _columns(len(chosen), settings)
    actors = [Actor.alone(recording) for recording in chosen]
    aspect = _aspect(settings, columns, -(-len(chosen) // columns))
    words = [f"fitness {gallery.fitness_of(each)} · {_made(each)}" for each in chosen]
    panels = [
        Panel((actor,), following(actor, actors, aspect), each.design, said)
        for each, actor, said in zip(chosen, actors, words, strict=True)
    ]
    first, last = chosen[0].generation, chosen[-1].generation
    return Layout(
        title,
        f"{_share(chosen, gallery.recordings)} designs from generation {first} to {last}",
        tuple(panels),
        columns,
    )


def _columns(panels: int, settings: FilmSettings) -> int:
    """Return the panels in a row for which a panel is a little wider than high."""
    wanted = np.log(1.35)
    fits = [abs(np.log(_aspect(settings, columns, -(-panels // columns))) - wanted) for columns in range(1, panels + 1)]
    return int(np.argmin(fits)) + 1


def _aspect(settings: FilmSettings, columns: int, rows: int) -> float:
    """Return the width of a panel by its height."""
    return settings.width / columns / (settings.height * (1 - settings.header) / rows)


def _facts(recording: Recording, gallery: Gallery) -> str:
    return f"{recording.design} · generation {recording.generation} · fitness {gallery.fitness_of(recording)}"


def _made(recording: Recording) -> str:
    return recording.operator.replace("_", " ") or "random"
