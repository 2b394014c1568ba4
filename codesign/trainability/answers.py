"""What an analysis found, in words: each question with its numbers, and what would refute the answer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from codesign.analysis import Effect, Estimate
from codesign.trainability.findings import Findings
from codesign.trainability.measures import failures
from codesign.trainability.settings import SIZED


@dataclass(frozen=True)
class Answer:
    """An answer to a question.

    Attributes:
        question: asked.
        text: the answer, sentences with numbers.
        refuted: what would refute it, a sentence.
    """

    question: str
    text: str
    refuted: str = ""


def answers(found: Findings) -> list[Answer]:
    """Return what was found in words, for every group of the last generation that was asked for."""
    every: list[Answer] = []
    for target in found.targets:
        of = f" ({target})" if len(found.targets) > 1 else ""
        every += [
            _contrasted(found, target, f"Do evolved bodies learn more?{of}", "gain", "learn more"),
            _contrasted(
                found,
                target,
                f"Does it matter less from which start they learn?{of}",
                "share_90",
                "come more often to 90 % of their best gain",
            ),
            _contrasted(
                found,
                target,
                f"Do more of their learning steps improve?{of}",
                "improving",
                "improve in more of their learning steps",
            ),
            _luck(found, target, of),
            _chaos(found, target, of),
            _falls(found, target, of),
        ]
        every += [
            _contrasted(found, target, f"{question}{of}", name, claim)
            for name, question, claim in LANDSCAPE_QUESTIONS
            if name in found.measures
        ]
    every += [_between(found), _endings(found), _kin(found)]
    return [answer for answer in every if answer.text]


LANDSCAPE_QUESTIONS = (
    (
        "first_random_relative_roughness",
        "Are losses around their first weights rougher, relative to the gain?",
        "have rougher losses (first_random_relative_roughness)",
    ),
    (
        "first_random_near_cosine",
        "Do their gradients turn less nearby?",
        "have gradients that turn less nearby (first_random_near_cosine)",
    ),
    (
        "path_cosine",
        "Are their gradients steadier while they learn?",
        "have gradients that agree more from step to step (path_cosine)",
    ),
)
"""Measures of landscapes that are told in words, where they were asked for: name, question, what is claimed."""


def _contrasted(found: Findings, target: str, question: str, measure: str, claim: str) -> Answer:
    unit = found.unit if measure == "gain" else ""
    own = found.medians.get((target, measure))
    if own is None or not np.isfinite(own.value):
        return Answer(question, "")
    parts, claimed = [f"The median of {target} is {_said(own, unit)}."], list[str]()
    for reference in found.references(target):
        effect, other = found.contrast(measure, reference, target), found.medians[reference, measure]
        if effect is None or not np.isfinite(effect.delta.value):
            continue
        size = ", which has the same sizes" if reference.startswith(SIZED) else ""
        parts.append(f"Against {reference}{size} ({_said(other, unit)}): {told_of(effect)}.")
        if effect.holds and effect.delta.value > 0.0:
            claimed.append(reference)
    if len(parts) == 1:
        return Answer(question, parts[0])
    if claimed:
        parts.insert(0, f"They {claim} than {_listed(claimed)}.")
        refuted = (
            "Refuted by runs in which Cliff's delta is 0 or below, or an interval over more runs that has 0 inside."
        )
    else:
        parts.insert(0, f"That they {claim} does not follow from these runs.")
        refuted = "An effect in all of three runs or more, with an interval above 0, would show the opposite."
    return Answer(question, " ".join(parts), refuted)


def told_of(effect: Effect) -> str:
    """Return an effect in words: delta with its interval, signs by run, p and numbers."""
    delta = effect.delta
    text = f"Cliff's delta {delta.value:+.2f} [{delta.low:+.2f}, {delta.high:+.2f}]"
    if effect.by_run and delta.value != 0.0:
        text += f", in {effect.agreeing} of {len(effect.by_run)} runs of this sign"
    runs = min(effect.runs)
    alone = "; one run says nothing about others" if runs == 1 else ""
    return f"{text}, p = {effect.p:.1g} over {effect.designs[0]} and {effect.designs[1]} designs{alone}"


def _luck(found: Findings, target: str, of: str) -> Answer:
    own, new, luck = (found.medians[target, name] for name in ("own", "mean", "luck"))
    if not np.isfinite(own.value):
        return Answer("", "")
    text = (
        f"Selection saw {_said(own, found.unit)} (median of {target}), and from {found.settings.inits} new starts the"
        f" same designs come to {_said(new, found.unit)} on average: {_said(luck, found.unit)} was the luck of the"
        f" start that was kept. The best of these new starts is {_said(found.medians[target, 'best'], found.unit)}."
    )
    return Answer(
        f"How much of the fitness is luck?{of}",
        text,
        "Refuted where fitness from new starts is that which selection saw.",
    )


def _chaos(found: Findings, target: str, of: str) -> Answer:
    sd, spread = found.medians[target, "chaos"], found.medians[target, "sd"]
    if not np.isfinite(sd.value):
        return Answer("", "")
    text = (
        f"Copies of one start, moved by {found.settings.move:g} of its length, end with a standard deviation of"
        f" {_said(sd, found.unit)} (median of {target}); new starts with one of {_said(spread, found.unit)}. No single"
        " fitness is known better than that, and another kind of machine draws another."
    )
    return Answer(f"How exact is a fitness?{of}", text)


def _falls(found: Findings, target: str, of: str) -> Answer:
    parts = list[str]()
    for group in (target, *found.references(target)):
        share = found.medians[group, "fall"]
        if np.isfinite(share.value):
            falling = found.nested(group, "fall").values
            parts.append(f"{group}: {_said(share)}, more than half in {np.mean(falling > 0.5):.0%} of the designs")
    if not parts:
        return Answer("", "")
    text = f"What designs do without actuation, as a share of the mean fitness over new starts. {'; '.join(parts)}."
    return Answer(f"Do they walk or fall?{of}", text)


def _between(found: Findings) -> Answer:
    parts = list[str]()
    for other in found.targets[1:]:
        for name in ("mean", "gain"):
            effect = found.contrast(name, found.targets[0], other)
            if effect is not None and np.isfinite(effect.delta.value):
                parts.append(f"{name} of {other} against {found.targets[0]}: {told_of(effect)}.")
    return Answer("How do the groups of runs differ, from new starts?", " ".join(parts))


def _endings(found: Findings) -> Answer:
    parts = list[str]()
    for group in found.groups:
        own = [each for each in found.examined if found.group_of(each) == group]
        counts = dict(failures([training for each in own for several in each.starts for training in several]))
        total, fine = sum(counts.values()), counts.pop("ok", 0)
        others = ", ".join(f"{count} {status}" for status, count in counts.items())
        parts.append(f"{group}: {fine} of {total} learned to the end{f' ({others})' if others else ''}")
    return Answer("How does learning end?", f"{'; '.join(parts)}." if parts else "")


def _kin(found: Findings) -> Answer:
    last = [
        each
        for each in found.kinship
        if each.generation == max(k.generation for k in found.kinship if k.run == each.run)
    ]
    if not last:
        return Answer("", "")
    founders = [each.founders for each in last]
    effective = [each.effective_founders for each in last]
    unrelated = [each.unrelated for each in last]
    members = [each.population for each in last]
    text = (
        f"The last population of a run that was sampled descends from {_span(founders)}"
        f" founder{'' if max(founders) == 1 else 's'} (effective number"
        f" {_span(effective)}), and {_span(unrelated)} of its {_span(members)} valid members share no ancestor within"
        f" {found.settings.depth} parents. These are what is looked at; runs, not designs, are the unit of intervals."
    )
    return Answer("How many independent designs are there?", text)


def _span(values: Sequence[float]) -> str:
    low, high = (f"{value:.3g}" for value in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def _said(estimate: Estimate, unit: str = "") -> str:
    said = f"{estimate.value:.3g}{f' {unit}' if unit else ''}"
    return f"{said} [{estimate.low:.3g}, {estimate.high:.3g}]"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
