"""Try the best three designs of each run of `compare.py` in MuJoCo, and say how much of their displacement they keep.

    python experiments/robust_walkers/transfer.py runs/robust_walkers

It runs `codesign transfer` with each of them, as recorded and changed at random (stiffness, friction, masses and motors
by up to a fifth, latency up to 20 ms, eight times), with the recorded actuation and with the controller itself, and
writes the numbers to `transfer.json` beside this file. Needs `pip install "codesign[mujoco]"`.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

KINDS, SEEDS, DESIGNS = ("robust", "staged", "plain"), (0, 1, 2), 3
T_OF_TWO_DEGREES = 4.303


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


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the runs are")
    folder = parser.parse_args().folder
    found = {kind: [transferred(folder, kind, seed) for seed in SEEDS] for kind in KINDS}
    (Path(__file__).parent / "transfer.json").write_text(json.dumps(found, indent=1) + "\n")
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
                half = T_OF_TWO_DEGREES * less.std(ddof=1) / np.sqrt(len(less))
                cells.append(f"{less.mean():+.3f} ({less.mean() - half:+.3f} to {less.mean() + half:+.3f})")
            lines.append(f"| {name}{', kept' if share else ' [m]'} | {' | '.join(cells)} |")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
