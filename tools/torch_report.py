"""What PyTorch costs: an episode beside `Problem.value_and_gradient`, and a closed loop step by step and as one.

    python tools/torch_report.py [--bodies 16] [--steps 1000] [--control-steps 10] [--repeats 5]

Times are of the processor, the least of the repeats, in milliseconds, in single precision; PyTorch and the simulator
have one thread each, so that what else a machine does hardly matters.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import torch

import codesign
from codesign.torch import Environment, Observation, Rollout, closed_loop


class Policy(torch.nn.Module):
    """A small network at every spring."""

    def __init__(self) -> None:
        super().__init__()
        self.network = torch.nn.Sequential(torch.nn.Linear(10, 32), torch.nn.Tanh(), torch.nn.Linear(32, 1))

    def forward(self, observation: Observation) -> torch.Tensor:
        """Return the actuation of all springs."""
        return torch.tanh(self.network(observation.at_springs()))[:, 0]


def least(repeats: int, work: Callable[[], Any]) -> float:
    """Return the least processor time that some work takes [ms], after it was done once."""
    work()
    times = []
    for _ in range(repeats):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return 1e3 * min(times)


def nodes(loss: torch.Tensor) -> int:
    """Return how many nodes the graph of a loss has."""
    seen, waiting = set(), [loss.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in seen:
            seen.add(node)
            waiting += [each for each, _ in node.next_functions]
    return len(seen)


def whole_episodes(problem: codesign.Problem, bodies: Any, repeats: int) -> None:
    """Print times of whole episodes with the problem's controller, forwards and back."""
    simulate, own = Rollout(problem, bodies), problem.initial_weights(bodies)
    weights = simulate.initial_weights().requires_grad_()
    states = simulate.defaults()["positions"]
    print(
        f"  Problem.value_and_gradient          {least(repeats, lambda: problem.value_and_gradient(bodies, own)):8.1f}"
    )
    print(
        f"  Rollout, loss                       {least(repeats, lambda: simulate(weights).loss.sum().backward()):8.1f}"
    )

    def all_states() -> None:
        (simulate(weights).positions - states).square().mean().backward()

    print(f"  Rollout, a loss of all positions    {least(repeats, all_states):8.1f}")


def closed_loops(problem: codesign.Problem, bodies: Any, control_steps: int, repeats: int) -> None:
    """Print times of closed loops, forwards and back, and how large their graphs are."""
    environment, policy = Environment(problem, bodies, control_steps=control_steps), Policy()

    def by_steps() -> torch.Tensor:
        observation = environment.reset()
        loss = torch.zeros(())
        for _ in range(environment.length):
            observation, _, _, info = environment.step(policy(observation))
            loss = info["loss"].sum()
        return loss

    def as_one() -> torch.Tensor:
        return closed_loop(environment, policy).loss.sum()

    for name, loss in (("Environment.step", by_steps), ("closed_loop", as_one)):
        spent = least(repeats, lambda loss=loss: loss().backward())
        print(f"  {name:35s} {spent:8.1f}   graph of {nodes(loss())} nodes")


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for name, default in (("bodies", 16), ("steps", 1000), ("control-steps", 10), ("repeats", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    torch.set_num_threads(1)
    problem = codesign.Problem(physics={"steps": given.steps}, execution={"threads": 1, "device": "cpu"})
    bodies = problem.develop(problem.random(given.bodies, seed=1))
    print(f"{bodies}, {given.steps} steps, milliseconds")
    whole_episodes(problem, bodies, given.repeats)
    closed_loops(problem, bodies, given.control_steps, given.repeats)


if __name__ == "__main__":
    main()
