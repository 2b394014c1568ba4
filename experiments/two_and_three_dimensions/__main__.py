"""Evolution of flat robots beside that of robots of cubes: the same controller, physics and robot-steps."""

import sys
from pathlib import Path

from experiments.pairs import Pair

SMALL = ("controller=cpg", "sim=voxel", "sim.steps=500", "search.population_size=50", "search.generations=20")
PAIR = Pair({"triangles": ("body=triangle", *SMALL), "cubes": ("body=voxel_small", *SMALL)}, seeds=(0, 1, 2))
STUDY = PAIR.study(Path(__file__).parent)

if __name__ == "__main__":
    sys.exit(STUDY.main())
