"""Try the best three designs of each run in MuJoCo, and say how much of their displacement they keep.

It runs `codesign transfer` with each of them, as recorded and changed at random (stiffness, friction, masses and motors
by up to a fifth, latency up to 20 ms, eight times), with the recorded actuation and with the controller itself. Needs
`pip install "codesign[mujoco]"`.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from experiments.intervals import t_interval

KINDS, SEEDS, DESIGNS = ("robust", "staged", "plain"), (0, 1, 2), 3


def transferred(folder: Path, kind: str, seed: int) -> dict[str, list[float]]:
    """Return displacements of a run's best designs in MuJoCo [m], by loop and as recorded or changed."""
    output = folder / "transfer" / f"{kind}_{seed}"
    if not (output / "transfer.json").exists():
        words = [f"run={folder / f'{kind}_{seed}'}", f"design=top{DESIGNS}", f"output={output}", "substeps=[1]"]
        subprocess.run([sys.executable, "-m", "codesign", "transfer", *words], check=True)
    designs = json.loads((output / "transfer.json").read_text())["designs"]
    found: dict[str, list[float]] = {"recorded": [design["recorded"] for design in designs]}
    for loop in ("open", "closed"):
        for name, wanted in (("as recorded", "as recorded"), ("changed", "combined")):
            found[f"{loop} loop, {name}"] = [
                float(
                    np.mean(
                        [
                            np.nan if each["there"] is None else each["there"]
                            for each in design["outcomes"]
                            if each["loop"] == loop and each["change"]["name"].startswith(wanted)
                        ]
                    )
                )
                for design in designs
            ]
    return found


def table(found: dict[str, list[dict[str, list[float]]]]) -> str:
    """Return what was found as a table in Markdown."""
    lines = ["| in MuJoCo | robust | staged | plain | robust less plain | staged less plain |", "| --- " * 6 + "|"]
    for name in found["plain"][0]:
        for share in (False, True)[: 1 + (name != "recorded")]:
            values = {
                kind: np.array(
                    [np.mean(np.array(each[name]) / (np.array(each["recorded"]) if share else 1.0)) for each in runs]
                )
                for kind, runs in found.items()
            }
            cells = [", ".join(f"{value:.3f}" for value in own) for own in values.values()]
            for kind in ("robust", "staged"):
                less = values[kind] - values["plain"]
                cells.append(t_interval(less).told(signed=True))
            lines.append(f"| {name}{', kept' if share else ' [m]'} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
