"""What is tested of JAX runs in one process of its own, because others of the same process would meet JAX's threads."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_rollouts() -> None:
    if importlib.util.find_spec("jax") is None:
        pytest.skip("JAX is not installed: pip install 'codesign[jax]'")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "tests/jax/rollouts.py",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout
