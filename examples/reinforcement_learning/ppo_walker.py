"""Proximal policy optimisation (Schulman et al. 2017) learns to walk with an evolved body.

    pip install 'codesign[gym,rl]'
    python examples/reinforcement_learning/ppo_walker.py

64 copies of the body learn in one simulation. What it came to is printed, and a picture of its last moment is written
to the folder that `output` names.
"""

# The library is no dependency: types are checked where it is installed.
# pyright: reportMissingImports=false
import argparse
import time
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
from PIL import Image
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecNormalize
from vec_env import Together

WALKER = "codesign.gym:codesign/Walker-v0"
ENVIRONMENTS = 64
SETTINGS: dict[str, Any] = {
    **{"n_steps": 25, "batch_size": 400, "n_epochs": 5, "learning_rate": 1e-3, "gamma": 0.99, "gae_lambda": 0.95},
    **{"clip_range": 0.2, "ent_coef": 0.0, "policy_kwargs": {"net_arch": [64, 64], "log_std_init": -0.5}},
}


class Told(BaseCallback):
    """Prints how far the bodies came in the episodes that ended since the last time."""

    def __init__(self) -> None:
        super().__init__()
        self._came: list[float] = []

    def _on_step(self) -> bool:
        ended = [info["measures"]["displacement"] for info in self.locals["infos"] if "measures" in info]
        if ended:
            print(f"{self.num_timesteps:9,} control steps: {np.mean(ended):6.3f} m on average")
        return True


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--control-steps", type=int, default=300_000, help="of all copies together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path("ppo_walker.png"), help="where the picture is written")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # networks this small are faster so, many times where other programs use the cores
    environments = gymnasium.make_vec(WALKER, num_envs=ENVIRONMENTS, velocity_noise=0.02, autoreset_mode="SameStep")
    learning = VecNormalize(Together(environments), gamma=SETTINGS["gamma"])
    model = PPO("MlpPolicy", learning, seed=arguments.seed, device="cpu", **SETTINGS)
    began = time.perf_counter()
    model.learn(arguments.control_steps, callback=Told())
    print(f"{time.perf_counter() - began:.0f} s")
    walk(model, learning, arguments.output)


def walk(model: PPO, learned: VecNormalize, output: Path) -> None:
    """Let the body walk once without noise, tell how far it came, and write a picture of the end."""
    environment = gymnasium.make(WALKER, render_mode="rgb_array")
    observation, info = environment.reset()
    over = False
    while not over:
        action, _ = model.predict(learned.normalize_obs(observation), deterministic=True)
        observation, _, terminated, truncated, info = environment.step(action)
        over = terminated or truncated
    picture = environment.render()
    assert isinstance(picture, np.ndarray)
    Image.fromarray(picture).save(output)
    print(f"without noise: loss {info['loss']:.3f}, {info.get('measures', 'diverged')}; see {output}")


if __name__ == "__main__":
    main()
