"""Evolution on hills beside evolution on level ground, small, at equal robot-steps."""

import sys
from pathlib import Path

from experiments.pairs import Pair

SMALL = ("body=triangle", "mutation=flips", "sim.steps=500", "search.population_size=50", "search.generations=30")
PAIR = Pair({"flat": SMALL, "hills": (*SMALL, "terrain=hills")}, seeds=(0, 1, 2))
STUDY = PAIR.study(Path(__file__).parent)

if __name__ == "__main__":
    sys.exit(STUDY.main())
