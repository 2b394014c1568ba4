"""Settings of films."""

from dataclasses import dataclass

from codesign.checks import require_choice, require_count, require_number
from codesign.errors import ConfigError
from codesign.export.theme import THEMES

LAYOUTS = ("auto", "beside", "race", "strip")

SMALLEST = 160, 120
"""Pixels that a film has at least."""


@dataclass(frozen=True)
class FilmSettings:
    """Films of designs, as mp4 and gif.

    Attributes:
        layout: beside (motion before learning beside that after it, a row for each design), race (all designs on one
            ground from one line), strip (a small picture of each from the oldest to the youngest, as for a lineage) or
            auto: beside for one design, strip for designs each of which is a parent of the next, race for others.
        width: of the picture [pixels], an even number.
        height: of the picture [pixels], an even number.
        frame_rate: pictures per second of film.
        speed: seconds of motion per second of film; less than 1 for slow motion.
        hold: seconds that the last picture stays, with the ranking of a race.
        title: what stands above; by default the run's title.
        theme: light or dark.
        colours: that a gif has at most, from 8 to 256.
        max_bytes: size of a gif at most [bytes]; a larger one is drawn again with fewer or smaller pictures.
    """

    layout: str = "auto"
    width: int = 960
    height: int = 540
    frame_rate: float = 25.0
    speed: float = 1.0
    hold: float = 1.5
    title: str = ""
    theme: str = "light"
    colours: int = 128
    max_bytes: int = 3_000_000

    def __post_init__(self) -> None:
        require_choice(self, "layout", LAYOUTS)
        require_choice(self, "theme", tuple(THEMES))
        for field, least in zip(("width", "height"), SMALLEST, strict=True):
            require_count(self, field, at_least=least, at_most=4096, example=getattr(type(self), field))
            size = getattr(self, field)
            if size % 2:
                raise ConfigError("an even number, as films have", f"{size}", f"set {{field}}={size + 1}", field)
        require_number(self, "frame_rate", at_least=1, at_most=120, unit="per second", example=25)
        require_number(self, "speed", at_least=0.01, at_most=100, example=0.5)
        require_number(self, "hold", at_least=0, at_most=60, unit="s", example=1.5)
        require_count(self, "colours", at_least=8, at_most=256, example=128)
        require_count(self, "max_bytes", at_least=20_000, example=3_000_000)

    @property
    def dpi(self) -> float:
        """Dots per inch: letters of small pictures are larger in proportion, so that they can be read."""
        return 100 * min(self.width / 960, self.height / 540) ** 0.6

    @property
    def header(self) -> float:
        """Part of a picture's height that title, time and legend take."""
        return 0.6 * self.dpi / self.height
