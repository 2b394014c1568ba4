"""Compile the simulator's kernels for NVIDIA GPUs, without a GPU, and print what they use and what bounds them.

    python tools/cuda_report.py
    python tools/cuda_report.py --controller cpg --precision float64 --arch 90 100 --json

For each kernel and architecture: registers of a thread; local memory, which is where registers spill to and arrays with
run-time indices live (stack and local bytes, both should be 0); shared memory of a block, as compiled and as asked for
at launch. Staged kernels keep a world in shared memory; the others are for worlds that do not fit. For sm_90 also how
many blocks and warps a multiprocessor of an H100 holds, and the roofline estimate of `tools/roofline.py`, which says
how it is made, both for an average body of the grid. Nothing is measured.

`cuobjdump` comes with CUDA, or with `pip install 'codesign[cuda-report]'`.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from roofline import COUNTED, GRIDS, Occupancy, Sizes, forward_work, limits, reverse_work

from codesign.control import CONTROLLERS
from codesign.errors import CodesignError
from codesign.sim import CONTACTS, Physics
from codesign.sim.device import GPU_SEGMENT, start_warp
from codesign.sim.kernels.types import PRECISIONS
from codesign.sim.launching.gpu_compilation import compile_module
from codesign.sim.launching.program import GPU_LANES, build_program
from codesign.sim.layout.block_memory import claimable, staged_bytes
from codesign.tasks import TASKS, TERRAINS

PACKAGE = "nvidia-cuda-cuobjdump"
HOPPER = 90
BLOCK_SHARED = {80: 163 * 1024, 90: 227 * 1024, 100: 227 * 1024, 120: 99 * 1024}
"""Largest shared memory of a block by architecture [bytes]."""
WORLDS = (1024, 2048, 4096, 8192, 16384)
USAGE = re.compile(r"Function (\S+):\s+REG:(\d+) STACK:(\d+) SHARED:(\d+) LOCAL:(\d+)")


class ReportError(CodesignError):
    """What the report needs is not there."""


@dataclass(frozen=True)
class Resources:
    """What a compiled kernel uses.

    Attributes:
        registers: of a thread.
        stack, local: local memory of a thread [bytes]: spilled registers, arrays with run-time indices.
        shared: memory of a block, as compiled, the driver's part included [bytes].
        dynamic_shared: memory of a block that is asked for at launch [bytes].
    """

    registers: int
    stack: int
    local: int
    shared: int
    dynamic_shared: int


def find_cuobjdump() -> Path:
    """Return where `cuobjdump` is.

    Raises:
        ReportError: it is neither among the installed packages nor on the path.
    """
    try:
        for file in metadata.files(PACKAGE) or []:
            if file.name == "cuobjdump":
                return Path(str(file.locate()))
    except metadata.PackageNotFoundError:
        pass
    found = shutil.which("cuobjdump")
    if found is None:
        raise ReportError("cuobjdump, which reads compiled kernels", "none", "pip install 'codesign[cuda-report]'")
    return Path(found)


def resources(cubin: Path, cuobjdump: Path) -> dict[str, Resources]:
    """Return what each function of a cubin uses."""
    run = subprocess.run([cuobjdump, "--dump-resource-usage", cubin], capture_output=True, text=True, check=True)
    meta = json.loads(next(cubin.parent.glob("*.meta")).read_text())
    return {
        name: Resources(*map(int, numbers), dynamic_shared=meta.get(f"{name}_smem_bytes", 0))
        for name, *numbers in ((m[1], m[2], m[3], m[5], m[4]) for m in USAGE.finditer(run.stdout))
    }


def report(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield one record for each architecture and kernel."""
    cuobjdump = find_cuobjdump()
    start_warp(quiet=True)
    parts = TERRAINS[options.terrain](), CONTROLLERS[options.controller](), TASKS[options.task]()
    physics = Physics(contact=CONTACTS[options.contact]())
    for architecture in options.arch:
        shared = claimable(BLOCK_SHARED[architecture])
        kernels = build_program(2, options.precision, physics, *parts, row=1, shared=shared).kernels
        with tempfile.TemporaryDirectory() as folder:
            cubin = compile_module(kernels.forward.module, architecture, Path(folder), options.lanes)
            found = resources(cubin, cuobjdump)
        for name in ("forward", "reverse", "staged_forward", "staged_reverse"):
            used = found[f"{getattr(kernels, name).get_mangled_name()}_cuda_kernel_forward"]
            record = {"kernel": name, "architecture": architecture, **asdict(used)}
            counted = architecture == HOPPER and options.controller in COUNTED
            yield record | (estimate(name, used, options) if counted else {})


def estimate(name: str, used: Resources, options: argparse.Namespace) -> dict[str, Any]:
    """Return occupancy and roofline of a kernel on an H100."""
    real_bytes, staged = np.dtype(options.precision).itemsize, used.dynamic_shared > 0
    masses, springs = GRIDS[options.grid]
    segment = options.segment or GPU_SEGMENT
    sizes = Sizes(masses, springs, options.controller, options.lanes, segment, real_bytes, staged)
    task, controller = TASKS[options.task](), CONTROLLERS[options.controller]()
    needed = (
        int(staged_bytes(sizes.layout, controller, segment, task.state_size, options.precision)[0]) if staged else 0
    )
    if needed > used.dynamic_shared:
        return {}
    occupancy = Occupancy.of(used.registers, used.shared + needed, options.lanes)
    work = (forward_work if name.endswith("forward") else reverse_work)(sizes)
    rows = []
    for worlds in options.worlds:
        allowed = limits(work, worlds, occupancy, real_bytes)
        bound = min(allowed, key=lambda resource: allowed[resource])
        rows.append({"worlds": worlds, "robot_steps_per_second": allowed[bound], "bound": bound, "limits": allowed})
    return {
        "needed_shared": needed,
        "blocks_per_multiprocessor": occupancy.blocks,
        "warps_per_multiprocessor": occupancy.warps,
        "occupancy_limit": occupancy.limit,
        "work": asdict(work),
        "estimate": rows,
    }


def table(records: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the lines of the report."""
    heads = ("arch", "registers", "stack", "local", "shared", "at launch", "blocks/SM", "warps/SM", "limit")
    yield f"{'kernel':14} " + " ".join(f"{head:>9}" for head in heads)
    for record in records:
        own = [record[key] for key in ("registers", "stack", "local", "shared")]
        own.append(record.get("needed_shared", record["dynamic_shared"]))
        held = [record.get(f"{key}_per_multiprocessor", "") for key in ("blocks", "warps")]
        fields = [f"sm_{record['architecture']}", *own, *held, record.get("occupancy_limit", "")]
        yield f"{record['kernel']:14} " + " ".join(f"{field!s:>9}" for field in fields)
    for record in (record for record in records if "estimate" in record):
        work = record["work"]
        yield ""
        yield (
            f"{record['kernel']} on an H100, a step of one robot: {work['flops']:,.0f} operations,"
            f" {work['wavefronts']:,.0f} wavefronts, {work['l2_bytes']:,.0f} bytes of L2,"
            f" {work['hbm_bytes']:,.0f} of HBM, {work['cycles']:,.0f} cycles"
        )
        yield f"{'worlds':>9} {'steps/s':>9} {'bound':>10}   million robot-steps/s that each resource allows"
        for row in record["estimate"]:
            allowed = ", ".join(f"{name} {value / 1e6:,.0f}" for name, value in row["limits"].items())
            yield f"{row['worlds']:>9} {row['robot_steps_per_second'] / 1e6:>8,.0f}M {row['bound']:>10}   {allowed}"


def main() -> int:
    """Print the report that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choices: dict[str, tuple[str, Any]] = {
        "controller": ("mlp", CONTROLLERS),
        "task": ("walk", TASKS),
        "terrain": ("flat", TERRAINS),
        "contact": ("no_slip", CONTACTS),
        "precision": ("float32", PRECISIONS),
        "grid": ("triangle_6x10", GRIDS),
    }
    for name, (default, registry) in choices.items():
        parser.add_argument(f"--{name}", default=default, choices=sorted(registry))
    parser.add_argument("--arch", nargs="+", type=int, default=[HOPPER], choices=(80, 90, 100, 120), help="sm_NN")
    parser.add_argument("--lanes", type=int, default=GPU_LANES, help="threads of a block")
    parser.add_argument("--segment", type=int, default=0, help="steps of a segment, 0 for the simulator's choice")
    parser.add_argument("--worlds", nargs="+", type=int, default=WORLDS)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    options = parser.parse_args()
    try:
        if options.json:
            for record in report(options):
                print(json.dumps(record), flush=True)
        else:
            print("\n".join(table(list(report(options)))))
    except CodesignError as error:
        print(f"cuda_report: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
