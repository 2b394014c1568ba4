"""Rooms import downwards only, and only from each other's contracts; heavy libraries load only where they are used."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "codesign"
ROOT_MODULES = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
ROOMS = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}

BELOW = {
    "genome": set(),
    "body": {"genome"},
    "sim": {"body"},
    "control": {"sim", "body"},
    "tasks": {"sim", "body"},
    "train": set(),
    "evaluate": {"train", "sim", "body", "genome", "plugins"},
    "search": {"genome"},
    "differentiable": {"evaluate", "control", "sim", "body"},
    "torch": {"api", "differentiable", "body"},
    "sensitivity": {"differentiable", "evaluate", "export", "sim", "body"},
    "landscape": {"sensitivity", "evaluate", "export", "train", "body"},
    "gym": {"api", "differentiable", "run", "export", "sim", "body"},
    "analysis": set(),
    "export": {"analysis"},
    "transfer": {"export"},
    "formats": {"export", "body", "genome"},
    "plugins": set(),
    "run": {"analysis", "search", "evaluate", "export", "formats", "train", "sim", "body", "genome", "plugins"},
    "trainability": {"run", "landscape", "analysis", "search", "evaluate", "export", "train", "body", "genome"},
    "testing": {"run", "formats", "control", "tasks", "search", "evaluate", "export", "train", "sim", "body", "genome"},
    "cli": {
        "analysis",
        "landscape",
        "trainability",
        "sensitivity",
        "plugins",
        "run",
        "formats",
        "transfer",
        "control",
        "tasks",
        "search",
        "evaluate",
        "export",
        "train",
        "sim",
        "body",
        "genome",
    },
    "api": {
        "cli",
        "analysis",
        "landscape",
        "trainability",
        "run",
        "formats",
        "transfer",
        "search",
        "evaluate",
        "export",
        "train",
        "sim",
        "body",
        "genome",
        "plugins",
    },
    "jax": {"api", "differentiable", "body"},
}
"""What each room imports: just the edges of the picture in ARCHITECTURE.md."""

FLOORS = {
    "sim.kernels": {"control", "tasks", "testing", "sensitivity", "cli"},
    "sim.layout": {"evaluate", "differentiable", "cli"},
    "cli.experiments": {"api"},
}
"""Floors of rooms that have contracts of their own, and who may use them."""

SIM_FLOORS = ("kernels", "door", "layout", "launching", "simulator", "window")
"""Floors of the simulator from the lowest up; its other modules stand at the door."""

HOMES = {
    "hydra": {"cli"},
    "omegaconf": {"cli"},
    "rich": {"cli"},
    "ray": {"evaluate"},
    "warp": {"sim", "control", "tasks", "train", "differentiable", "jax", "torch", "sensitivity", "cli"},
    "torch": {"torch"},
    "pyarrow": {"run", "formats", "export", "api", "trainability"},
    "manifold3d": {"export"},
    "ezdxf": {"export"},
    "matplotlib": {"export", "transfer", "sensitivity", "landscape", "trainability", "cli"},
    "PIL": {"export"},
    "imageio_ffmpeg": {"export"},
    "mujoco": {"transfer"},
    "gymnasium": {"gym"},
    "pxr": {"export"},
    "rerun": {"export"},
    "mlflow": {"run"},
    "tensorboardX": {"run"},
    "wandb": {"run"},
    "jax": {"jax"},
}
"""Libraries that only some rooms know."""

HEAVY = {
    *("jax", "ray", "hydra", "omegaconf", "matplotlib", "pyarrow", "playwright", "scipy.optimize", "pandas"),
    *("mlflow", "tensorboardX", "wandb", "mujoco", "manifold3d", "ezdxf", "PIL", "imageio_ffmpeg"),
    *("ray", "hydra", "omegaconf", "matplotlib", "pyarrow", "playwright", "scipy.optimize", "pandas"),
    *("mlflow", "tensorboardX", "wandb", "mujoco", "manifold3d", "ezdxf", "PIL", "imageio_ffmpeg", "torch"),
    *("mlflow", "tensorboardX", "wandb", "mujoco", "manifold3d", "ezdxf", "pxr", "rerun"),
}


def modules() -> list[Path]:
    # The program, and the names that `import codesign` has, stand above all rooms.
    return sorted({*PACKAGE.rglob("*.py")} - {PACKAGE / "__main__.py", PACKAGE / "__init__.py"})


def imports(path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each imported module with the names taken from it, wherever in the file the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, ()
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield str(node.module), tuple(alias.name for alias in node.names)


def room_of(path: Path) -> str | None:
    inside = path.relative_to(PACKAGE)
    return inside.parts[0] if len(inside.parts) > 1 else None


def contract(room: str) -> set[str]:
    folder = PACKAGE.joinpath(*room.removeprefix("codesign.").split("."))
    for node in ast.parse((folder / "__init__.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and any(
            isinstance(name, ast.Name) and name.id == "__all__" for name in node.targets
        ):
            return set(ast.literal_eval(node.value))
    return set()


def violations(path: Path, module: str, names: tuple[str, ...]) -> Iterator[str]:
    """Yield what is wrong with one import of the module at `path`."""
    here = room_of(path)
    top, *inner = module.split(".")
    if top != "codesign":
        if top in HOMES and here not in HOMES[top]:
            yield f"only {sorted(HOMES[top])} may import {top}"
        return
    targets = [inner] if inner else [[name] for name in names]
    for target in targets:
        first = target[0] if target else ""
        if first == here or first in ROOT_MODULES or first not in BELOW:
            continue
        if here is None:
            yield f"a module below all rooms imports the room {first}"
        elif first not in BELOW[here]:
            yield f"{here} may not import {first}"
        elif here in FLOORS.get(".".join(target), ()):
            yield from (f"{name} is not in the contract of {first}" for name in names if name not in contract(module))
        elif len(target) > 1:
            yield f"{'.'.join(target)} is inside {first}; import from codesign.{first}"
        else:
            yield from (f"{name} is not in the contract of {first}" for name in names if name not in contract(first))


def floor_of(inside: tuple[str, ...]) -> int:
    """Return how high a module of the simulator stands, by its path inside of the room."""
    name = inside[0] if inside else "window"  # the room's contract is above all
    return SIM_FLOORS.index(name if name in SIM_FLOORS else "door")


def climbs(path: Path, module: str) -> bool:
    """Return whether an import inside of the simulator goes up."""
    inside = path.relative_to(PACKAGE / "sim").with_suffix("").parts
    target = tuple(module.removeprefix("codesign.").split("."))
    return target[0] == "sim" and floor_of(target[1:]) > floor_of(() if inside == ("__init__",) else inside)


@pytest.mark.parametrize(
    "path", sorted((PACKAGE / "sim").rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_imports_inside_of_the_simulator_go_downwards(path: Path) -> None:
    assert [module for module, _ in imports(path) if climbs(path, module)] == []


@pytest.mark.parametrize(
    ("place", "module", "up"),
    [
        ("kernels/step.py", "codesign.sim.contracts", True),
        ("kernels/step.py", "codesign.sim.layout.packing", True),
        ("contracts.py", "codesign.sim.layout", True),
        ("layout/packing.py", "codesign.sim.launching.program", True),
        ("launching/program.py", "codesign.sim", True),
        ("launching/program.py", "codesign.sim.simulator", True),
        ("launching/program.py", "codesign.sim.layout.block_memory", False),
        ("layout/packing.py", "codesign.sim.contracts", False),
        ("settings.py", "codesign.sim.kernels.contact", False),
        ("kernels/step.py", "codesign.sim.kernels.types", False),
    ],
)
def test_an_import_upwards_is_seen(place: str, module: str, up: bool) -> None:
    assert climbs(PACKAGE / "sim" / place, module) == up


def test_every_room_has_its_place_and_its_contract() -> None:
    assert set(BELOW) == ROOMS
    assert [room for room in sorted(ROOMS) if not contract(room)] == []


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_downwards(path: Path) -> None:
    found = [fault for module, names in imports(path) for fault in violations(path, module, names)]
    assert found == []


@pytest.mark.parametrize(
    ("place", "module", "names"),
    [
        ("genome/lattice.py", "codesign.body", ("Body",)),
        ("search/genetic.py", "codesign.evaluate", ("Evaluations",)),
        ("control/mlp.py", "codesign.tasks", ("TASKS",)),
        ("body/body.py", "codesign.genome.lattice", ("Lattice",)),
        ("body/body.py", "codesign.genome", ("lattice",)),
        ("export/recording.py", "codesign.sim", ("Physics",)),
        ("run/folder.py", "hydra", ()),
        ("files.py", "codesign.genome", ("Genome",)),
        ("control/mlp.py", "codesign.sim.kernels", ("build_step",)),
        ("control/mlp.py", "codesign.sim.kernels.types", ("KernelTypes",)),
        ("control/mlp.py", "codesign.sim.layout", ("pack",)),
        ("run/replay.py", "codesign.sim.kernels", ("KernelTypes",)),
        ("genome/lattice.py", "codesign", ("body",)),
    ],
)
def test_a_forbidden_import_is_seen(place: str, module: str, names: tuple[str, ...]) -> None:
    assert list(violations(PACKAGE / place, module, names))


@pytest.mark.parametrize("module", ["codesign", *(f"codesign.{room}" for room in sorted(ROOMS))])
def test_heavy_libraries_wait_until_they_are_needed(module: str) -> None:
    loaded = _loaded_by(module)
    assert loaded & HEAVY == set()


def test_the_command_line_starts_without_the_simulator() -> None:
    assert _loaded_by("codesign.cli") & {"warp", "numpy", "scipy", "rich"} == set()


def _loaded_by(module: str) -> set[str]:
    code = f"import sys, {module}; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    return set(result.stdout.split())


def test_every_edge_of_the_picture_is_there() -> None:
    found: dict[str, set[str]] = {room: set() for room in ROOMS}
    for path in modules():
        here = room_of(path)
        targets = {module.split(".")[1] for module, _ in imports(path) if module.startswith("codesign.")}
        if here is not None:
            found[here] |= (targets & ROOMS) - {here}
    assert found == BELOW
