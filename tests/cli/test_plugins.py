"""Plug-ins on the command line: chosen like what the package has, recorded with a run, and never imported unasked."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from codesign import plugins, testing
from codesign.cli import main
from codesign.formats import read_plans
from tests.cli.test_evolve import numbers
from tests.registrations import undone

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "plugins"
TINY = ("debug=tiny", "evaluator=local", "logger=quiet")

STROLL = """
from dataclasses import dataclass
from codesign.plugins import register
from codesign.tasks import Walk

@dataclass(frozen=True)
class Stroll(Walk):
    '''Walk, slowly.

    Attributes:
        pace: how slowly [m/s].
    '''

    name: str = "stroll"
    pace: float = 1.0

register("task", Stroll)
"""
"""A task that has the kernels of another one, so that nothing is compiled for it."""


@pytest.fixture(autouse=True)
def registrations() -> Iterator[None]:
    with undone():
        yield


@pytest.fixture
def stroll(here: Path) -> Path:
    """Return a plug-in in the working folder."""
    (here / "strolling.py").write_text(STROLL)
    return here / "strolling.py"


def told(line: str, capsys: pytest.CaptureFixture[str], status: int = 2) -> str:
    """Return the one line that a command says of a mistake."""
    with undone():
        assert main(line.split()) == status, line
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    return line


def command(*words: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Return what a command does whose program is not where the plug-ins are, so that these are on no search path."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    program = (
        "import sys; sys.path.remove(''); sys.argv[0] = 'codesign'; from codesign.cli import main; sys.exit(main())"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )


@pytest.mark.usefixtures("stroll")
@pytest.mark.parametrize("named", ["plugins=strolling", "plugins=[strolling]", "+plugins=[strolling]"])
def test_a_class_is_schema_enough(named: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if not named.startswith("+"):
        assert main(["evolve", named, "task=stroll", "task.pace=0.5", *TINY, "hydra.run.dir=run"]) == 0
        stored = yaml.safe_load((here / "run" / "config.yaml").read_text())
        assert stored["plugins"] == ["strolling"]
        assert stored["task"] == {"name": "stroll", "pace": 0.5}
        assert "packages" not in stored
        assert main(["evolve", "run=run", "search.generations=4", named, "logger=quiet"]) == 0
        assert main(["export", "run=run", named, "format=json"]) == 0
        assert len(numbers(here / "run")) == 4
        capsys.readouterr()
    assert main(["evolve", "task=stroll", named, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "  stroll                    Walk, slowly." in shown
    assert "task.pace=1.0                           how slowly [m/s]." in shown


@pytest.mark.usefixtures("stroll")
def test_suggestions_know_what_a_plugin_adds(capsys: pytest.CaptureFixture[str]) -> None:
    assert told("evolve plugins=[strolling] task=strol", capsys).endswith("did you mean 'stroll'?")
    assert told("evolve plugins=[strolling] task=stroll task.pac=1", capsys).endswith("did you mean 'task.pace'?")
    assert "task.pace to be a number; got 'x'" in told("evolve plugins=[strolling] task=stroll task.pace=x", capsys)
    said = told("evolve task=stroll", capsys)
    assert "or name the plug-in that has it by plugins=[MODULE]" in said


BAD = {
    "plugins=3": "expected plugins as a word or a list of words; got 3",
    "plugins=null": "expected plugins as a word or a list of words; got None",
    "plugins=[strol]": "got 'strol', which is neither in",
    "plugins=[strolin]": "did you mean 'strolling'?",
    "plugins=[broken]": "RuntimeError: no luck today, line 2 of broken.py; mend it",
    "plugins=[unfinished]": "SyntaxError: invalid syntax, line 1 of unfinished.py",
    "plugins=[nothing]": "a plug-in that registers something; got nothing registered by",
    "plugins=[lacking]": "the class Lacking without functions, state (plug-in lacking in",
    "plugins=[nameless]": "a name of letters and digits for the task Nameless; got ''",
    "plugins=[thief]": "a task with a name of its own; got 'walk', which the package has (plug-in thief in",
    "plugins=[odd]": "settings of numbers, texts, flags, tuples of these or null for the task odd; got odd.Odd",
    "plugins=[dir/strolling.py]": "a plug-in by the name of its module; got 'dir/strolling.py'",
    "-m plugins=strolling,nothing": "the same plugins for all jobs",
}

FILES = {
    "broken": "\nraise RuntimeError('no luck\\ntoday')\n",
    "unfinished": "def f(:\n",
    "nothing": "x = 1\n",
    "lacking": """
        from codesign.plugins import register
        from codesign.sim import Task
        class Lacking(Task):
            name: str = "lacking"
        register("task", Lacking)
        """,
    "nameless": STROLL.replace("Stroll", "Nameless").replace('"stroll"', '""'),
    "thief": STROLL.replace("Stroll", "Thief").replace('"stroll"', '"walk"'),
    "odd": STROLL.replace("Stroll", "Odd")
    .replace('"stroll"', '"odd"')
    .replace("pace: float = 1.0", "pace: complex = 1j"),
    "strolling": STROLL,
}


@pytest.mark.parametrize("words", BAD)
def test_a_bad_plugin_is_one_line(words: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in FILES.items():
        (here / f"{name}.py").write_text(textwrap.dedent(text))
    for name in ("evolve", "train", "export", "bench"):
        if name == "export" and "odd" in words:
            continue  # which chooses no task
        assert BAD[words] in told(f"{name} {words}", capsys)
    assert {path.name for path in here.iterdir()} - {"__pycache__"} == {f"{name}.py" for name in FILES}


def test_a_run_says_which_plugins_it_needs(stroll: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with undone():
        assert main(["evolve", "plugins=[strolling]", "task=stroll", *TINY, "hydra.run.dir=run"]) == 0
        capsys.readouterr()
    for line in ("evolve run=run search.generations=4", "export run=run", "evolve run=auto hydra.run.dir=run"):
        said = told(line, capsys)
        assert "expected the plug-in strolling, which the run in run needs; got none" in said
        assert "name it by plugins=[strolling], if you trust what is of this name here" in said
    again = ["evolve", "run=auto", "plugins=[strolling]", "task=stroll", *TINY, "hydra.run.dir=run"]
    with undone():
        assert main(again) == 0
    with undone():
        assert main(["evolve", "plugins=[strolling]", "run=run", "logger=quiet", "search.generations=4"]) == 0
    assert len(numbers(here / "run")) == 4


def test_a_plugin_that_changed_since_the_run_began_is_told(
    stroll: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with undone():
        assert main(["evolve", "plugins=[strolling]", "task=stroll", *TINY, "hydra.run.dir=run"]) == 0
    again = ["evolve", "run=run", "plugins=[strolling]", "logger=default"]
    with undone():
        assert main([*again, "search.generations=4"]) == 0
    assert "has changed" not in capsys.readouterr().out
    stroll.write_text(f"{STROLL}\nlater = 1\n")
    with undone():
        assert main([*again, "search.generations=5"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "The source of the plug-in strolling has changed since this run began: so what comes now may differ" in told
    assert len(numbers(here / "run")) == 5


def test_nothing_of_a_strangers_folder_is_imported(
    stroll: Path, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with undone():
        assert main(["evolve", "plugins=[strolling]", "task=stroll", *TINY, "hydra.run.dir=run"]) == 0
        capsys.readouterr()
    trap = f"open({str(here / 'trapped')!r}, 'w').close()\n"
    for name in ("strolling.py", "conf.py", "numpy.py", "codesign.py", "sitecustomize.py"):
        (here / "run" / name).write_text(trap)
    monkeypatch.chdir(here / "run")
    for line in ("export run=.", "evolve run=.", "evolve run=auto hydra.run.dir=."):
        assert "plug-in strolling" in told(line, capsys)
    done = command("export", "run=.", folder=here / "run")
    assert done.returncode == 2
    assert not (here / "trapped").exists()
    stored = yaml.safe_load((here / "run" / "config.yaml").read_text())
    for odd in ("os", ["strolling", 3], {"a": 1}, [[]], ["__import__('os')"]):
        (here / "run" / "config.yaml").write_text(yaml.safe_dump({**stored, "plugins": odd}))
        told("export run=.", capsys)
    for odd in ("x", {"nowhere": "1"}, {"a; rm -rf /": ["x"]}):
        (here / "run" / "config.yaml").write_text(yaml.safe_dump({**stored, "plugins": [], "packages": odd}))
        told("export run=.", capsys)
    for odd in ("x", {"strolling": ["x"]}, {3: 4}):
        (here / "run" / "config.yaml").write_text(yaml.safe_dump({**stored, "plugins": [], "plugin_checksums": odd}))
        told("export run=.", capsys)


@pytest.mark.usefixtures("stroll")
def test_a_file_may_say_what_it_needs_and_only_the_command_line_names_it(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = here / "mine" / "experiment"
    folder.mkdir(parents=True)
    (folder / "stroller.yaml").write_text("# @package _global_\nplugins: [strolling]\nseed: 3\n")
    said = told("evolve --config-dir=mine experiment=stroller", capsys)
    assert "expected plugins that the command line names; got 'strolling' in a configuration file alone" in said
    assert "add plugins=[strolling] if you trust it" in said
    words = ["evolve", "--config-dir=mine", "experiment=stroller", "plugins=[strolling]", *TINY, "hydra.run.dir=run"]
    assert main(words) == 0
    assert yaml.safe_load((here / "run" / "config.yaml").read_text())["seed"] == 3


@pytest.mark.filterwarnings("error::UserWarning")
def test_yaml_files_beside_a_plugin_are_found(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = here / "walks"
    for name, text in {
        "__init__.py": STROLL,
        "conf/task/stroll.yaml": "# At half pace.\ndefaults: [/hydra/schema/task/stroll@_here_, _self_]\npace: 0.5\n",
        "conf/task/walk.yaml": "# In place of the package's own.\nname: jump\n",
        "conf/experiment/strollers.yaml": "# @package _global_\ndefaults: [override /task: stroll]\nseed: 4\n",
    }.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    assert main(["evolve", "plugins=[walks]", "experiment=strollers", *TINY, "hydra.run.dir=run"]) == 0
    stored = yaml.safe_load((here / "run" / "config.yaml").read_text())
    assert (stored["task"], stored["seed"]) == ({"name": "stroll", "pace": 0.5}, 4)
    capsys.readouterr()
    assert main(["evolve", "plugins=[walks]", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "  stroll                    At half pace." in shown
    assert "In place of" not in shown


def test_a_run_of_before_there_were_plugins_goes_on(finished: Path, here: Path) -> None:
    shutil.copytree(finished, here / "run")
    text = (here / "run" / "config.yaml").read_text()
    assert "plugins: []\n" in text
    (here / "run" / "config.yaml").write_text(text.replace("plugins: []\n", ""))
    assert main(["evolve", "run=run", "search.generations=4", "evaluator=local", "logger=quiet"]) == 0
    assert len(numbers(here / "run")) == 4


def test_an_operator_is_added_to_the_others(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(EXAMPLES / "fill_hole.py", here)
    said = told("evolve plugins=[fill_hole] mutation.weights.fill_hole=1", capsys)
    assert said.endswith("write +mutation.weights.fill_hole=VALUE to add it to mutation.weights")
    assert "got 'mutation.weights.fill_hole'" in told("evolve mutation.weights.fill_hole=1", capsys)


def test_a_file_format_is_read(here: Path) -> None:
    shutil.copy(EXAMPLES / "pgm.py", here)
    (here / "robot.pgm").write_text("P2\n# two muscles on a foot\n2 2\n4\n3 4\n1 0\n")
    plugins.load(["pgm"])
    (plan,) = read_plans(here / "robot.pgm")
    assert plan.cells.tolist() == [[1, 0], [3, 4]]


WIDE = """
from dataclasses import dataclass
from codesign.export import Exporter
from codesign.files import write_text
from codesign.plugins import register

@dataclass(frozen=True)
class Wide:
    '''How wide it is.

    Attributes:
        width: columns.
    '''

    width: int = 3

def write(gallery, path, settings=None):
    write_text(path, str((settings or Wide()).width))
    return [path]

register("exporter", Exporter("wide", ".wide", write, settings=Wide, section="wide"))
"""


def test_an_exporter_has_settings(finished: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "widening.py").write_text(WIDE)
    export = ["export", f"run={finished}", "plugins=[widening]", "format=wide"]
    for words, width in ((["output=a"], "3"), (["output=b", "wide.width=7"], "7")):
        with undone():
            assert main([*export, *words]) == 0
        (path,) = (here / words[0].removeprefix("output=")).iterdir()
        assert path.read_text() == width
    capsys.readouterr()
    assert "did you mean 'wide.width'?" in told(" ".join([*export, "output=c", "wide.wdth=1"]), capsys)
    with undone():
        assert main(["export", "--help", "plugins=[widening]"]) == 0
    assert "wide.width=3                            columns." in capsys.readouterr().out


def test_show_converts_files_of_a_format_from_outside(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(EXAMPLES / "pgm.py", here)
    (here / "robot.pgm").write_text("P2\n2 2\n4\n3 4\n1 0\n")
    assert "expected a file of bodies" in told("show robot.pgm", capsys)
    assert main(["show", "robot.pgm", "plugins=[pgm]", "format=pgm", "output=copies"]) == 0
    assert "HV\nR." in capsys.readouterr().out
    assert (here / "copies" / "robot.pgm").read_text() == "P2\n2 2\n4\n3 4\n1 0\n"
    assert "did you mean 'pgm'?" in told("show robot.pgm plugins=[pgn]", capsys)


LINES = {
    "braced": "body=braced",
    "csv_motion": "task=walk",
    "fall": "controller.sensors=[position,fall]",
    "fill_hole": "+mutation.weights.fill_hole=5",
    "hill_climbers": "search=hill_climbers",
    "legs_and_trunk": "+mutation.weights.legs_and_trunk=5",
    "pgm": "task=walk",
    "ramps": "terrain=ramps terrain.rise=0.02",
    "sign_descent": "learner=sign_descent",
    "spreadsheet": "loggers=[spreadsheet] loggers.spreadsheet.separator=';'",
    "springy": "sim=springy sim.contact.brake=500",
    "steady": "task=steady task.shake_weight=2",
    "timed": "evaluator=timed",
    "updraft": "forces=[updraft] forces.updraft.lift=5",
    "wobble": "controller=wobble controller.frequency=9",
}
"""What chooses each of the examples."""


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.py")))
def test_every_example_works_on_a_command_line(name: str, here: Path) -> None:
    shutil.copy(EXAMPLES / f"{name}.py", here)
    words = [*TINY, f"plugins=[{name}]", "hydra.run.dir=run", *LINES[name].split()]
    assert main(["evolve", *words]) == 0
    assert len(numbers(here / "run")) == 3
    export = "csv_motion" if name == "csv_motion" else "json"
    assert main(["export", f"plugins=[{name}]", "run=run", f"format={export}"]) == 0
    if name == "spreadsheet":
        rows = (here / "run" / "loggers" / "spreadsheet" / "metrics.csv").read_text().splitlines()
        assert rows[0] == "generation;best_fitness;mean_fitness"
        assert len(rows) == 4


@pytest.mark.slow
def test_bench_and_train_know_plugins(here: Path) -> None:
    shutil.copy(EXAMPLES / "wobble.py", here)
    words = ["plugins=[wobble]", "controller=wobble"]
    assert main(["train", *TINY, *words, "hydra.run.dir=trained"]) == 0
    assert (here / "trained" / "learning.jsonl").exists()
    few = ["measure=[speed]", "worlds=[2]", "seconds=0.01", "sim.steps=20", "sizes=[mixed]", "precisions=[float32]"]
    assert main(["bench", *words, *few, "segments=[8]", "hydra.run.dir=measured"]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("launcher", [[], ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]])
def test_jobs_of_a_sweep_have_the_plugins_of_their_command(launcher: list[str], stroll: Path, here: Path) -> None:
    words = ["evolve", "-m", *TINY, *launcher, "plugins=[strolling]", "task=stroll", "task.pace=1,2"]
    done = command(*words, "hydra.sweep.dir=all", folder=here)
    assert done.returncode == 0, done.stderr
    for number in (0, 1):
        assert yaml.safe_load((here / "all" / str(number) / "config.yaml").read_text())["plugins"] == ["strolling"]
        assert len(numbers(here / "all" / str(number))) == 3


def test_the_guide_begins_with_a_file_that_works(here: Path) -> None:
    guide = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
    (here / "steady_walk.py").write_text(guide.split("```python\n")[1].split("```")[0])
    words = re.findall(r"^    codesign evolve (plugins=\S+ .*[^p])$", guide, re.MULTILINE)[0].split()
    assert main(["evolve", *words, *TINY, "hydra.run.dir=run"]) == 0
    stored = yaml.safe_load((here / "run" / "config.yaml").read_text())
    assert stored["task"] == {"name": "steady_walk", "patience": 2.0}
    assert {word for word in re.findall(r"^\| `(\w+)` \|", guide, re.MULTILINE)} == plugins.KINDS.keys()
    assert set(re.findall(r"`(check_\w+)`", guide)) == {name for name in testing.__all__ if name.startswith("check_")}


def announced(folder: Path, module: str, version: str = "0.3") -> None:
    """Put what pip leaves behind of a package `stroll-kit` into a folder."""
    found = folder / f"stroll_kit-{version}.dist-info"
    found.mkdir(parents=True)
    (found / "METADATA").write_text(f"Metadata-Version: 2.1\nName: stroll-kit\nVersion: {version}\n")
    (found / "entry_points.txt").write_text(f"[codesign.plugins]\nany = {module}\n")


def test_an_installed_package_announces_itself(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = here / "site"
    announced(site, "stroll_kit")
    (site / "stroll_kit" / "conf" / "experiment").mkdir(parents=True)
    (site / "stroll_kit" / "__init__.py").write_text("import stroll_kit.tasks\n")
    (site / "stroll_kit" / "tasks.py").write_text(STROLL)
    experiment = "# @package _global_\ndefaults: [override /task: stroll]\ntask: {pace: 3}\n"
    (site / "stroll_kit" / "conf" / "experiment" / "strollers.yaml").write_text(experiment)
    with monkeypatch.context() as installed, undone():
        installed.syspath_prepend(str(site))
        assert main(["evolve", "experiment=strollers", *TINY, "hydra.run.dir=run"]) == 0
        stored = yaml.safe_load((here / "run" / "config.yaml").read_text())
        assert stored["plugins"] == []
        assert stored["packages"] == {"stroll-kit": "0.3"}
        assert stored["task"]["pace"] == 3.0
        assert main(["evolve", *TINY, "hydra.run.dir=other"]) == 0
        assert "packages" not in yaml.safe_load((here / "other" / "config.yaml").read_text())
        assert main(["export", "run=run", "format=json"]) == 0
        capsys.readouterr()
    shutil.copytree(site / "stroll_kit", here / "newer" / "stroll_kit")
    announced(here / "newer", "stroll_kit", "0.4")
    with monkeypatch.context() as installed, undone():
        installed.syspath_prepend(str(here / "newer"))
        assert main(["evolve", "run=run", "search.generations=4", "logger=default"]) == 0
        said = " ".join(capsys.readouterr().out.split())
        assert "This run began with stroll-kit 0.3, and 0.4 is installed: so what comes now may differ" in said
    said = told("export run=run", capsys)
    assert "the installed package stroll-kit, whose plug-ins the run in run uses; got none" in said
    assert "pip install 'stroll-kit==0.3', if you trust it" in said


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("import nowhere_at_all\n", ("No module named 'nowhere_at_all', line 1 of", "install nowhere_at_all")),
        ("1 / 0\n", ("plug-in broken_kit of stroll-kit 0.3", "ZeroDivisionError", "pip uninstall stroll-kit")),
        ("x = 1\n", ("a plug-in that registers something; got nothing registered by",)),
        (None, ("'broken_kit', which is neither in",)),
    ],
)
def test_a_broken_package_is_one_line(
    text: str | None,
    parts: tuple[str, ...],
    here: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    announced(here / "site", "broken_kit")
    if text is not None:
        (here / "site" / "broken_kit.py").write_text(text)
    monkeypatch.syspath_prepend(str(here / "site"))
    said = told("evolve debug=tiny", capsys)
    assert all(part in said for part in parts), said


@pytest.mark.slow
def test_the_example_of_a_package_is_built_installed_and_used(here: Path) -> None:
    source = shutil.copytree(ROOT / "examples" / "codesign-swimmers", here / "source")
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(here / "dist"), str(source)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = (here / "dist").glob("*.whl")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", "site"]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    site = f"{ROOT}{os.pathsep}{here / 'site'}"
    words = ("evolve", "experiment=gliders", *TINY)
    done = command(*words, "hydra.run.dir=run", folder=here, PYTHONPATH=site)
    assert (done.returncode, done.stderr) == (0, "")
    stored = yaml.safe_load((here / "run" / "config.yaml").read_text())
    assert stored["packages"] == {"codesign-swimmers": "0.1.0"}
    assert (stored["task"]["name"], list(stored["forces"])) == ("glide", ["water", "current"])
    on_ray = command(*words, "evaluator=ray", "evaluator.workers=1", "hydra.run.dir=ray", folder=here, PYTHONPATH=site)
    assert (on_ray.returncode, on_ray.stderr) == (0, "")
    assert numbers(here / "run") == numbers(here / "ray")
    test = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(source / "tests"), "-k", "registered"]
    subprocess.run(test, check=True, env={**os.environ, "PYTHONPATH": site}, cwd=here)
