"""One run of `experiment=voxel_walk`; the study's README says what it came to."""

import sys
from pathlib import Path

from experiments.single_run import single_run

STUDY = single_run(
    Path(__file__).parent,
    (
        "generation",
        "best_fitness",
        "mean_fitness",
        "offspring_mean",
        "offspring_before_learning",
        "mean_masses",
        "diversity",
    ),
    shown=(0, 4, 8, 24),
    words=(
        "search.inheritance=none",
        "search.generations=25",
        "learner.iterations=20",
        "learner.step_length=0.2",
        "learner.later_iterations=null",
    ),
)

if __name__ == "__main__":
    sys.exit(STUDY.main())
