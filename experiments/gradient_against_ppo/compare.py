"""Teach an evolved body to walk by analytic gradients and by proximal policy optimisation, at equal robot-steps.

    pip install 'codesign[gym,rl,torch]'
    python experiments/gradient_against_ppo/compare.py                         # about ten minutes on two cores
    python experiments/gradient_against_ppo/compare.py "gradient, same policy" # this way alone
    python experiments/gradient_against_ppo/compare.py drawn                   # tables and figure of results.json

Three ways, three seeds each, all with the body and physics of `codesign/Walker-v0` (28 masses, 38 muscles, 1000 steps):

- PPO of stable-baselines3, with the settings of `examples/reinforcement_learning/ppo_walker.py`;
- the same class of policy, a network of 64 and 64 tanh units that sees what PPO's sees and acts every ten steps, taught
  by gradients of the episode's rewards that go back through the simulator for 20 control steps (`codesign.torch`);
- our own learner and controller: the network of Strgar et al. 2024, which also sees sines of time and acts every step.

Robot-steps are counted as the project counts them: steps that are simulated forwards. What is simulated in reverse and
again for that is in a column of its own.
"""

import argparse
import json
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecNormalize

import codesign
import codesign.gym
import codesign.torch

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "examples" / "reinforcement_learning"))

HERE = Path(__file__).parent
SEEDS = (0, 1, 2)
STEPS = 1000
PPO_STEPS = 1_000_000
GRADIENT_EPISODES, LEARNER_ITERATIONS = 49, 999
RATE, MOST_GRADIENT, WINDOW = 0.005, 1.0, 20
"""Of learning by gradient: rate, largest norm of a gradient, and control steps that a derivative goes back."""

MARKS = (20_000, 50_000, 300_000, 500_000, 1_000_000)
"""Robot-steps at which the table tells how far the bodies come."""

T_OF_TWO_DEGREES = 4.303
"""Half the width of a 95 % interval of the mean of three numbers, in standard errors."""

OURS = "gradient, our learner"
WAYS = {"PPO": "#b4530a", "gradient, same policy": "#2166ac", OURS: "#1a7f4b"}

Curve = list[tuple[int, int, float, float]]
"""Robot-steps forwards, robot-steps in reverse, seconds of a processor, and displacement without noise [m]."""


def environment() -> Any:
    """Return the walker's environment, which knows its problem and its body."""
    return codesign.gym.Environment("walker")


def by_ppo(seed: int) -> Curve:
    """Return how PPO learns; every fourth time that it asks its policy anew, that walks once without noise."""
    from ppo_walker import ENVIRONMENTS, SETTINGS  # noqa: PLC0415 - found once the examples are on the path
    from vec_env import Together  # noqa: PLC0415 - as above

    single, curve = environment(), []
    made = gymnasium.make_vec("codesign.gym:codesign/Walker-v0", num_envs=ENVIRONMENTS, autoreset_mode="SameStep")
    learning = VecNormalize(Together(made), gamma=SETTINGS["gamma"])

    class Tried(BaseCallback):
        aside = 0.0

        def _on_rollout_start(self) -> None:
            if self.n_calls % (4 * SETTINGS["n_steps"]) == 0:
                self._on_training_end()

        def _on_training_end(self) -> None:
            asked = time.process_time()
            observation, over = single.reset()[0], False
            while not over:
                action, _ = self.model.predict(learning.normalize_obs(observation), deterministic=True)
                observation, _, terminated, truncated, info = single.step(action)
                over = terminated or truncated
            curve.append((10 * self.num_timesteps, 0, asked - began - self.aside, -info["loss"]))
            self.aside += time.process_time() - asked

        def _on_step(self) -> bool:
            return True

    model = PPO("MlpPolicy", learning, seed=seed, device="cpu", **SETTINGS)
    began = time.process_time()
    model.learn(PPO_STEPS // 10, callback=Tried())
    return curve


class Policy(torch.nn.Module):
    """The policy that PPO has, without its noise: what it sees is shifted and scaled, what it answers is clipped."""

    def __init__(self, seen: torch.Tensor, muscles: torch.Tensor, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        sizes = [seen.shape[1], 64, 64, int(muscles.sum())]
        layers = [torch.nn.Linear(*pair) for pair in pairwise(sizes)]
        for layer, gain in zip(layers, (2**0.5, 2**0.5, 1.0), strict=True):
            torch.nn.init.orthogonal_(layer.weight, gain)
            torch.nn.init.zeros_(layer.bias)
        self.network = torch.nn.Sequential(layers[0], torch.nn.Tanh(), layers[1], torch.nn.Tanh(), layers[2])
        self.mean, self.scale, self.muscles = seen.mean(dim=0), seen.std(dim=0) + 1e-2, muscles

    def forward(self, observation: codesign.torch.Observation) -> torch.Tensor:
        """Return the actuation of all springs."""
        seen = (flat(observation) - self.mean) / self.scale
        return torch.zeros(len(self.muscles)).masked_scatter(self.muscles, self.network(seen).clamp(-1.0, 1.0))


def flat(observation: codesign.torch.Observation) -> torch.Tensor:
    """Return an observation of one body as the environments of Gymnasium have it."""
    return torch.cat([torch.tensor([observation.time]), observation.bodies[0], observation.masses.flatten()])


def by_gradient(seed: int) -> Curve:
    """Return how the policy learns by Adam from the gradient of an episode at a time."""
    walker = environment()
    world = codesign.torch.Environment(walker.problem, walker.bodies, truncate=WINDOW)
    began, curve = time.process_time(), []
    # What is seen is scaled by what one episode of random actuation shows; PPO does so as it goes on.
    generator, seen = torch.Generator().manual_seed(seed), [flat(world.reset())]
    for _ in range(world.length):
        seen.append(
            flat(world.step(2.0 * torch.rand(len(walker.bodies.springs), generator=generator) - 1.0).observation)
        )
    policy = Policy(torch.stack(seen), world.layout.muscles, seed)
    adam = torch.optim.Adam(policy.parameters(), RATE)
    for episode in range(GRADIENT_EPISODES):
        tried = codesign.torch.closed_loop(world, policy)
        came = -float(tried.loss.detach())
        curve.append((STEPS * (episode + 2), 2 * STEPS * episode, time.process_time() - began, came))
        adam.zero_grad()
        (-tried.rewards.sum()).backward()
        torch.nn.utils.clip_grad_norm_(policy.parameters(), MOST_GRADIENT)
        adam.step()
    return curve


def by_learner(seed: int) -> Curve:
    """Return how our learner does; its seconds are shared out evenly."""
    walker = environment()
    problem = walker.problem
    weights = problem.initial_weights(walker.bodies, seed=seed)
    problem.learn(walker.bodies, weights, iterations=1)  # compiles, which the others did too
    began = time.process_time()
    found = problem.learn(walker.bodies, weights, iterations=LEARNER_ITERATIONS).curves[0].astype(float)
    each = (time.process_time() - began) / len(found)
    return [
        (STEPS * (number + 1), 2 * STEPS * number, each * (number + 1), came)
        for number, came in enumerate(found.tolist())
        if np.isfinite(came)
    ]


def best_so_far(curve: Curve, steps: float) -> float:
    """Return how far the best policy tried within so many robot-steps comes [m]."""
    return max((came for forward, _, _, came in curve if forward <= steps), default=0.0)


def interval(values: np.ndarray) -> tuple[float, float]:
    """Return the mean of a number per seed, and half of its 95 % interval."""
    return float(values.mean()), float(T_OF_TWO_DEGREES * values.std(ddof=1) / np.sqrt(len(values)))


def tables(found: dict[str, list[Curve]]) -> str:
    """Return what was found as tables in Markdown."""
    lines = [
        f"| robot-steps forwards | {' | '.join(f'{way} [m]' for way in found)} |",
        "| --- " * (len(found) + 1) + "|",
    ]
    for steps in MARKS:
        cells = []
        for way, curves in found.items():
            # Our learner ends by itself, and its best weights stand; the others would go on.
            ends = [steps if way == OURS else curve[-1][0] * 1.1 for curve in curves]
            values = np.array(
                [best_so_far(curve, steps) if steps <= end else np.nan for curve, end in zip(curves, ends, strict=True)]
            )
            mean, half = interval(values)
            each = ", ".join(f"{value:.2f}" for value in values)
            cells.append(f"{mean:.2f} ± {half:.2f} ({each})" if np.isfinite(values).all() else "not run")
        lines.append(f"| {steps:,} | {' | '.join(cells)} |")
    lines += ["", "| until the end | forwards | in reverse | seconds | best [m] | last [m] |", "| --- " * 6 + "|"]
    for way, curves in found.items():
        ends = [curve[-1] for curve in curves]
        best = ", ".join(f"{max(point[3] for point in curve):.2f}" for curve in curves)
        last, seconds = (", ".join(f"{end[place]:.{digits}f}" for end in ends) for place, digits in ((3, 2), (2, 0)))
        forwards, backwards = (max(end[place] for end in ends) for place in (0, 1))
        lines.append(f"| {way} | {forwards:,} | {backwards:,} | {seconds} | {best} | {last} |")
    lines += ["", "| until 0.8 m | robot-steps forwards | seconds |", "| --- | --- | --- |"]
    for way, curves in found.items():
        first = [next((point for point in curve if point[3] >= 0.8), None) for curve in curves]
        steps = ", ".join("never" if point is None else f"{point[0]:,}" for point in first)
        lines.append(
            f"| {way} | {steps} | {', '.join('-' if point is None else f'{point[2]:.0f}' for point in first)} |"
        )
    return "\n".join(lines)


def draw(found: dict[str, list[Curve]], path: Path) -> None:
    """Write the figure: the best policy so far by robot-steps and by seconds, means with 95 % intervals over seeds."""
    figure = Figure(figsize=(9, 3.6), dpi=110, facecolor="white")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, 2, sharey=True)
    for panel, place, label in ((panels[0], 0, "robot-steps forwards"), (panels[1], 2, "seconds of a processor")):
        for way, curves in found.items():
            end = (max if way == OURS else min)(curve[-1][place] for curve in curves)
            first = max(curve[0][place] for curve in curves)
            across = np.geomspace(max(first, 0.1 if place else STEPS), end, 200)
            best = np.array([on_axis(curve, place, across) for curve in curves])
            mean, half = best.mean(axis=0), T_OF_TWO_DEGREES * best.std(axis=0, ddof=1) / np.sqrt(len(best))
            panel.plot(across, mean, color=WAYS[way], label=way, linewidth=1.8)
            panel.fill_between(across, mean - half, mean + half, color=WAYS[way], alpha=0.18, linewidth=0)
        panel.set_xscale("log")
        panel.set_xlabel(label)
        panel.grid(color="#e4e4e4")
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylim(0.0, None)
    panels[0].set_ylabel("displacement of the best so far [m]")
    panels[0].legend(frameon=False, fontsize=9)
    figure.tight_layout()
    figure.savefig(path, metadata={"Software": None})


def on_axis(curve: Curve, place: int, across: np.ndarray) -> np.ndarray:
    """Return how far the best policy comes that was tried until each place of an axis [m]."""
    at, came = np.array([point[place] for point in curve]), np.maximum.accumulate([point[3] for point in curve])
    return came[np.maximum(np.searchsorted(at, across, side="right") - 1, 0)]


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ways", nargs="*", choices=[*WAYS, "drawn"], default=[*WAYS], help="what is done anew")
    results = HERE / "results.json"
    torch.set_num_threads(1)
    learning = dict(zip(WAYS, (by_ppo, by_gradient, by_learner), strict=True))
    for way in parser.parse_args().ways:
        if way in learning:
            curves = [learning[way](seed) for seed in SEEDS]
            rounded = [[(f, r, round(s, 2), round(came, 4)) for f, r, s, came in curve] for curve in curves]
            kept = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
            known = kept | {way: rounded}
            ordered = {each: known[each] for each in WAYS if each in known}
            results.write_text(json.dumps(ordered, separators=(",", ":")) + "\n", encoding="utf-8")
    found = json.loads(results.read_text(encoding="utf-8"))
    draw(found, HERE / "gradient_against_ppo.png")
    sys.stdout.write(f"{tables(found)}\n")


if __name__ == "__main__":
    main()
