"""Whether evolved bodies are easier to differentiate through: grids, contacts, lengths of evolution, inheritance."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import codesign
from codesign.trainability import TABLES
from experiments.figures import COLOURS, panels
from experiments.runs import evolved
from experiments.strgar2024_small.__main__ import KINDS as LARGE_KINDS
from experiments.study import Figures, Study
from experiments.tables import Rows, Tables, markdown
from experiments.trainability.__main__ import SETTINGS as LARGE_SETTINGS
from experiments.trainability.__main__ import STUDY as TRAINABILITY
from experiments.trainability.claims import CLAIMS, MARKS, compared, counted, signs, told

WALKER = (
    "body=triangle",
    "task=walk",
    "controller=mlp",
    "mutation=flips",
    "sim.steps=500",
    "search.population_size=50",
)
INHERITING = ("search.inheritance=lamarckian", "learner.iterations=8", "learner.step_length=0.8")
KINDS = {
    "no_slip": (*WALKER, "sim=no_slip"),
    "inheriting": (*WALKER, "sim=no_slip", *INHERITING),
    "smooth": (*WALKER, "sim=smooth"),
}
SEEDS = (0, 1, 2, 3, 4)
FEWER_SEEDS = (0, 1, 2)
EARLY = 29
LENGTH = "search.generations="
SETTINGS: dict[str, Any] = {
    "inits": 16,
    "designs": 10,
    "copies": 0,
    "baseline": ("random", "sized"),
    "landscape": True,
    "draws": 100,  # of the analysis' own intervals, which are not used here
}
"""Of analyses on the 6 x 10 grid."""

EFFECTS = "effects.csv"
AGAINST = ("random", "sized")
LATER = "6 x 10, 150 generations against 30"


@dataclass(frozen=True)
class Variant:
    """Evolved bodies of some runs.

    Attributes:
        name: what tables call it.
        kind: of its runs.
        seeds: of its runs.
        generations: that its runs have at least.
        large: whether its runs are those of the 13 x 22 grid.
        first: kind of the run whose learner teaches all of its bodies anew, where that is another one.
        generation: number of the generation whose population is looked at, or last.
    """

    name: str
    kind: str
    seeds: tuple[int, ...]
    generations: int
    large: bool = False
    first: str = ""
    generation: int | str = "last"

    def folders(self, runs: Path) -> list[Path]:
        """Return the folders of its runs, made where they are not there, after that of the learner's run."""
        kinds, where = (LARGE_KINDS, runs.parent / "strgar2024_small") if self.large else (KINDS, runs)
        wanted = [(self.first, self.seeds[0], None)] if self.first else []
        wanted += [(self.kind, seed, self.generations) for seed in self.seeds]
        for kind, seed, generations in wanted:
            words = kinds[kind]
            if generations is not None:
                words = (*(word for word in words if not word.startswith(LENGTH)), f"{LENGTH}{generations}")
            evolved(where / f"{kind}_{seed}", *words, f"seed={seed}")
        return [where / f"{kind}_{seed}" for kind, seed, _ in wanted]

    def kept(self, runs: Path) -> Path:
        """Return the folder that keeps what its bodies learned: one for all with the same grid and contact."""
        if self.large:
            return runs.parent / TRAINABILITY.name / "analysis"
        return runs / f"analysis_{'smooth' if self.kind == 'smooth' else 'no_slip'}"

    @property
    def settings(self) -> dict[str, Any]:
        """What is asked of an analysis of its runs."""
        own = {**LARGE_SETTINGS, "baseline": AGAINST} if self.large else SETTINGS
        return {**own, "generations": (self.generation,)}

    def rows(self, runs: Path) -> Rows:
        """Return its designs and their numbers, and those of the random bodies beside them."""
        found = codesign.analyze(self.folders(runs), self.kept(runs), **self.settings)
        rows = [
            {**row, "group": row["group"].partition(" (")[0], "run": Path(row["run"]).name}
            for row in TABLES["designs"](found)
        ]
        # Beside those of its own runs there are bodies of the learner's run.
        return [row for row in rows if row["run"].startswith(self.kind)]

    @property
    def group(self) -> str:
        """What an analysis calls its bodies."""
        return "last" if self.generation == "last" else f"generation {self.generation}"


PUBLISHED = "13 x 22, 60 generations"
VARIANTS = (
    Variant("13 x 22, inheriting", "inheriting", FEWER_SEEDS, 30, large=True, first="published", generation=EARLY),
    Variant("6 x 10, 150 generations", "no_slip", FEWER_SEEDS, 150),
    Variant("6 x 10, 30 generations", "no_slip", SEEDS, 30, generation=EARLY),
    Variant("6 x 10, inheriting", "inheriting", SEEDS, 104, first="no_slip"),
    Variant("6 x 10, smooth contact", "smooth", SEEDS, 30),
)
NAMES = (PUBLISHED, *(variant.name for variant in VARIANTS))

E6 = ("first_random_relative_variation", "first_downhill_unexplained", "starts_norm_spread", "share_90_fitness")
"""Numbers of the pass mark: losses along random lines and along the gradient, how gradients differ between first
weights, and the share of first weights that come near the best."""

DRAWN = (
    "gain",
    "improving",
    "path_cosine",
    "straight_relative_variation",
    "first_random_near_cosine",
    "first_random_relative_roughness",
    "starts_norm_spread",
    "share_90",
)
"""Numbers that the figure has."""


def measure(runs: Path) -> Tables:
    """Return how the evolved bodies of every variant differ from random ones, and late ones from early ones."""
    effects = [
        {"variant": PUBLISHED, **row} for row in TRAINABILITY.read()["effects.csv"] if row["reference"] in AGAINST
    ]
    grown: Rows = []
    for variant in VARIANTS:
        rows = variant.rows(runs)
        for reference in AGAINST:
            effects += compared(rows, variant.group, reference, variant=variant.name)
        if variant.kind == "no_slip":
            grown += [row for row in rows if row["group"] == variant.group]
    longer = {row["run"] for row in grown if row["group"] == "last"}
    pairs = [row for row in grown if row["run"] in longer]
    return {EFFECTS: [*effects, *compared(pairs, "last", f"generation {EARLY}", variant=LATER)]}


def report(tables: Tables) -> str:
    """Return what came out as tables in Markdown."""
    found = {(row["variant"], row["reference"], row["measure"]): row for row in tables[EFFECTS]}
    lines = []
    for name in NAMES:
        gain, sized = found[name, "random", "gain"], found[name, "sized", "gain"]
        values = (gain["reference_middle"], sized["reference_middle"], sized["group_middle"])
        lines.append([name, *(f"{value:.3g}" for value in values)])
    parts = [markdown(["median gain by learning [m]", "random", "sized", "evolved"], lines)]
    for reference in reversed(AGAINST):
        own = [row for row in tables[EFFECTS] if row["reference"] == reference]
        parts.append(markdown([f"against {reference}", *NAMES], counted(own, "variant", NAMES)))
    heads = ["pass mark, against random", *NAMES]
    said = {claim.name: claim.said for claim in CLAIMS}
    parts.append(markdown(heads, [[said[each], *(told(found[name, "random", each]) for name in NAMES)] for each in E6]))
    later = [
        [claim.aspect, claim.said, f"{row['reference_middle']:.3g}", f"{row['group_middle']:.3g}", told(row)]
        for claim in CLAIMS
        for row in [found[LATER, f"generation {EARLY}", claim.name]]
    ]
    parts.append(markdown(["part of the claim", "number", "30", "150", LATER], later))
    for reference in reversed(AGAINST):
        lines = [
            [claim.aspect, claim.said, "more" if claim.direction > 0 else "less"]
            + [_short(found[name, reference, claim.name]) for name in NAMES]
            for claim in CLAIMS
        ]
        parts.append(markdown([f"against {reference}", "number", "claimed", *NAMES], lines))
    return "\n".join(parts)


def _short(row: Mapping[str, Any]) -> str:
    """Return Cliff's delta, in how many runs it has that sign, and the verdict."""
    return f"{row['delta']:+.2f} {signs(row)} {MARKS[row['verdict']]}".rstrip()


def draw(tables: Tables) -> Figures:
    """Draw Cliff's delta of each variant, with that of each run, number by number: to the right is what is claimed."""
    claims = {claim.name: claim for claim in CLAIMS}
    figure, axes = panels(2, len(DRAWN) // 2, width=4.6, height=2.6)
    found = {(row["variant"], row["reference"], row["measure"]): row for row in tables[EFFECTS]}
    for number, (panel, name) in enumerate(zip(axes, DRAWN, strict=True)):
        claim = claims[name]
        for reference, colour, offset in zip(AGAINST, COLOURS, (-0.15, 0.15), strict=False):
            effects = [found[variant, reference, name] for variant in NAMES]
            _draw_effects(panel, effects, offset, claim.direction, colour, f"against {reference}")
        panel.axvline(0.0, color="#808080", linewidth=0.8)
        panel.set_xlim(-1.08, 1.08)
        panel.set_yticks(range(len(NAMES)), NAMES if number % 2 == 0 else [""] * len(NAMES))
        panel.invert_yaxis()
        panel.set_title(f"{claim.said}: {'more' if claim.direction > 0 else 'less'}")
    for panel in axes[-2:]:
        panel.set_xlabel("Cliff's delta towards what is claimed")
    axes[0].legend(loc="lower left")
    return {"effects.svg": figure}


def _draw_effects(panel: Any, effects: Rows, offset: float, direction: int, colour: str, label: str) -> None:
    """Draw the effect of each variant, its interval and those of its runs, each kind of mark as one element."""
    places = np.arange(len(effects)) + offset
    ends = [(row["delta_low"], row["delta_high"], np.nan) for row in effects]
    runs = [[float(each) for each in str(row["by_run"]).split()] for row in effects]
    counts = [len(own) for own in runs]
    panel.plot(direction * np.ravel(ends), np.repeat(places, 3), color=colour, linewidth=1.4)
    across = direction * np.concatenate(runs)
    panel.plot(across, np.repeat(places, counts), "o", color=colour, alpha=0.35, markersize=3)
    deltas = direction * np.array([row["delta"] for row in effects])
    panel.plot(deltas, places, "D", color=colour, markersize=4.5, label=label)


STUDY = Study(Path(__file__).parent, (EFFECTS,), measure, report, draw)

if __name__ == "__main__":
    sys.exit(STUDY.main())
