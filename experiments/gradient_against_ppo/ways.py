"""Three ways to learn to walk with one evolved body; the study of this folder compares them."""

import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecNormalize

import codesign
import codesign.gym
import codesign.torch

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "examples" / "reinforcement_learning"))

STEPS = 1000
PPO_STEPS = 1_000_000
GRADIENT_EPISODES, LEARNER_ITERATIONS = 49, 999
RATE, MOST_GRADIENT, WINDOW = 0.005, 1.0, 20
"""Of learning by gradient: rate, largest norm of a gradient, and control steps that a derivative goes back."""


Curve = list[tuple[int, int, float, float]]
"""Robot-steps forwards, robot-steps in reverse, seconds of a processor, and displacement without noise [m]."""


def environment() -> Any:
    """Return the walker's environment, which knows its problem and its body."""
    return codesign.gym.Environment("walker")


def by_ppo(seed: int) -> Curve:
    """Return how PPO learns; every fourth time that it asks its policy anew, that walks once without noise."""
    from ppo_walker import ENVIRONMENTS, SETTINGS  # noqa: PLC0415  # pyright: ignore[reportMissingImports] - found once the examples are on the path
    from vec_env import Together  # noqa: PLC0415  # pyright: ignore[reportMissingImports]

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
            observation, over, info = single.reset()[0], False, {}
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
