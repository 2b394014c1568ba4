"""The scheme that was published beside ours, small, at equal robot-steps."""

import sys
from pathlib import Path

from experiments.pairs import Pair

SMALL = ("body=triangle", "task=walk", "controller=mlp", "mutation=flips", "sim=no_slip", "sim.steps=500")
WALK = (*SMALL, "search.population_size=50")
OURS = ("search.inheritance=lamarckian", "learner.iterations=8", "learner.step_length=0.8", "search.generations=52")
PAIR = Pair(
    {"published": (*WALK, "search.generations=15"), "ours": (*WALK, *OURS)},
    seeds=(0, 1, 2, 3, 4),
    shares=(0.1, 0.3, 0.5, 1.0),
)
STUDY = PAIR.study(Path(__file__).parent)

if __name__ == "__main__":
    sys.exit(STUDY.main())
