"""Tasks and terrains: what bodies are to do, and the ground that they do it on."""

from codesign.tasks.balance import Balance
from codesign.tasks.climb import Climb
from codesign.tasks.cross import Cross
from codesign.tasks.flat import Flat
from codesign.tasks.gaps import Gaps
from codesign.tasks.heightfield import Heightfield
from codesign.tasks.hills import Hills
from codesign.tasks.jump import Jump
from codesign.tasks.light import Light
from codesign.tasks.pole import Pole
from codesign.tasks.reach import Reach
from codesign.tasks.rough import Rough
from codesign.tasks.sampled import Sampled
from codesign.tasks.segments import Segments
from codesign.tasks.slope import Slope
from codesign.tasks.steps import Steps
from codesign.tasks.swim import Swim
from codesign.tasks.turn import Turn
from codesign.tasks.walk import Walk
from codesign.tasks.walk_efficiently import WalkEfficiently
from codesign.tasks.walk_level import WalkLevel

TASKS = {
    "walk": Walk,
    "walk_efficiently": WalkEfficiently,
    "walk_level": WalkLevel,
    "jump": Jump,
    "light": Light,
    "climb": Climb,
    "cross": Cross,
    "balance": Balance,
    "turn": Turn,
    "reach": Reach,
    "swim": Swim,
}
TERRAINS = {
    "flat": Flat,
    "segments": Segments,
    "heightfield": Heightfield,
    "slope": Slope,
    "steps": Steps,
    "hills": Hills,
    "rough": Rough,
    "gaps": Gaps,
    "pole": Pole,
}

__all__ = [
    "TASKS",
    "TERRAINS",
    "Balance",
    "Climb",
    "Cross",
    "Flat",
    "Gaps",
    "Heightfield",
    "Hills",
    "Jump",
    "Light",
    "Pole",
    "Reach",
    "Rough",
    "Sampled",
    "Segments",
    "Slope",
    "Steps",
    "Swim",
    "Turn",
    "Walk",
    "WalkEfficiently",
    "WalkLevel",
]
