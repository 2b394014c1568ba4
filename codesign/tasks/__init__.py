"""Tasks and terrains: what bodies are to do, and the ground that they do it on."""

from codesign.tasks.flat import Flat
from codesign.tasks.heightfield import Heightfield
from codesign.tasks.jump import Jump
from codesign.tasks.segments import Segments
from codesign.tasks.walk import Walk
from codesign.tasks.walk_efficiently import WalkEfficiently

TASKS = {"walk": Walk, "jump": Jump, "walk_efficiently": WalkEfficiently}
TERRAINS = {"flat": Flat, "segments": Segments, "heightfield": Heightfield}

__all__ = ["TASKS", "TERRAINS", "Flat", "Heightfield", "Jump", "Segments", "Walk", "WalkEfficiently"]
