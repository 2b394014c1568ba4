"""What an analysis asks for."""

from dataclasses import dataclass

from codesign.checks import require_count, require_flag, require_number
from codesign.errors import ConfigError

RANDOM = "random"
SIZED = "sized"
TOP = "top"

BASELINES = {
    RANDOM: "random designs, drawn as a run draws those of its first generation",
    SIZED: "random designs, each with exactly as many masses as one of the evolved",
    TOP: "the best of many random designs, by the start that each had first",
}
"""What evolved designs are compared with, by name."""

LAST = "last"
"""The last finished generation of a run, in place of its number."""


@dataclass(frozen=True)
class AnalysisSettings:
    """What is sampled of runs, and how often each design learns anew.

    Attributes:
        inits: new first weights from which each design learns, others than those that selection has seen.
        designs: designs of each run and generation, and of each baseline; fewer where no more are unrelated.
        baseline: what evolved designs are compared with: random, sized, top, or several of these.
        generations: generations whose populations are sampled: numbers, or last.
        depth: parents within which a shared ancestor makes two designs related; 0 takes related ones too.
        copies: copies of a first start that are moved a little and learn again, which shows how chaotic learning is; 0
            for none.
        move: how far they are moved, as a share of the length of the weights.
        random_designs: random designs of which top takes the best where none of the runs is of a random search; null
            for as many as the first run evaluated.
        landscape: whether losses around first and learned weights are looked at as well.
        draws: resamples behind every interval.
        seed: of what is chosen, drawn and resampled.

    Raises:
        ConfigError: a value of the wrong type or out of range, or a baseline that there is none of.
    """

    inits: int = 16
    designs: int = 20
    baseline: tuple[str, ...] = (RANDOM, SIZED, TOP)
    generations: tuple[int | str, ...] = (LAST,)
    depth: int = 3
    copies: int = 4
    move: float = 1.0e-6
    random_designs: int | None = None
    landscape: bool = False
    draws: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        require_count(self, "inits", at_least=2, example=16)
        require_count(self, "designs", example=20)
        for field in ("depth", "copies", "seed"):
            require_count(self, field, at_least=0)
        require_count(self, "draws", at_least=100, example=1000)
        require_number(self, "move", above=0.0, at_most=0.1, example=1e-6)
        require_flag(self, "landscape")
        if self.random_designs is not None:
            require_count(self, "random_designs", at_least=self.designs, example=1000)
        for name in self.baseline:
            if name not in BASELINES:
                remedy = f"choose any of {', '.join(BASELINES)}, or set {{field}}=[] for none"
                raise ConfigError(f"any of {', '.join(BASELINES)}", repr(name), remedy, "baseline")
        if not self.generations:
            raise ConfigError("at least one generation", "none", "set {field}=[0,last]", "generations")
        for each in self.generations:
            number = isinstance(each, int) and not isinstance(each, bool) and each >= 0
            if not (number or each == LAST):
                remedy = "set {field}=[0,10,last], for example"
                raise ConfigError("numbers of generations, or last", repr(each), remedy, "generations")
