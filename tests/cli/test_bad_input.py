"""Whatever a user gets wrong is one line and exit status 2, and nothing on the disk has changed."""

from pathlib import Path

import pytest

from codesign.cli import main

LARGE = "body.lattice.rows=20 body.lattice.columns=30"

CONFIGURATION = [
    ("evolve controler=mlp", "did you mean 'controller'?"),
    ("evolve controller=mpl", "did you mean 'mlp'?"),
    ("evolve experiment=dmo", "did you mean 'demo'?"),
    ("evolve debug=tinny", "did you mean 'tiny'?"),
    ("evolve learner.iteratons=3", "did you mean 'learner.iterations'?"),
    ("evolve +learner.iteratons=3", "did you mean 'learner.iterations'?"),
    ("evolve mutation.weights.flp=2", "did you mean 'mutation.weights.flip'?"),
    ("evolve mutation=flips mutation.weights.rotate=1", "write +mutation.weights.rotate=VALUE"),
    ("evolve controller=cpg controller.hidden=3", "it belongs to another choice than this controller"),
    ("evolve controller=cpg controller.sensors=[light]", "it belongs to another choice than this controller"),
    (
        "evolve controller.sensors=[smell]",
        "expected controller.sensors to be any of position, velocity, light, contact, height, speed, each once; got",
    ),
    ("evolve controller=shared controller.sensors=[light,light]", "each once; got [light, light]"),
    ("evolve controller.sensors=light", "controller.sensors to be a list"),
    ("evolve hydra.run.dri=x", "did you mean 'hydra.run.dir'?"),
    ("evolve +foo=1", "'foo'"),
    ("evolve foo", "key=value"),
    ("evolve learner.iterations=abc", "learner.iterations to be a whole number; got 'abc'"),
    ("evolve learner.iterations=3.5", "a whole number; got 3.5"),
    ("evolve learner.iterations=null", "learner.iterations to be a whole number; got null"),
    ("evolve learner.iterations=-1", "learner.iterations"),
    ("evolve learner.racing=-1", "expected learner.racing to be a whole number of at least 0; got -1"),
    ("evolve learner=adam learner.racing=true", "expected learner.racing to be a whole number"),
    ("evolve learner.racing=[4,9]", "expected learner.racing to be a whole number; got [4, 9]"),
    ("evolve learner.racing=2 learner.racing_chance=1.5", "expected learner.racing_chance to be a number"),
    (
        "evolve learner.samples=4",
        "expected learner.samples to be its default 8, since it has no effect here; got 4; "
        "leave learner.samples out, or let the learner have estimator=smoothed",
    ),
    ("evolve learner.patience=5 learner.estimator=smoothed", "let the learner have estimator=blended"),
    ("train learner.radius=0.1", "expected learner.radius to be its default 0.5, since it has no effect here; got 0.1"),
    ("evolve learner.racing_chance=0.5", "leave learner.racing_chance out, or let the learner have racing=2"),
    ("evolve learner.restart_iterations=2", "let the learner have restarts=3"),
    ("evolve search.inheritance_probability=0.3", "let the search have inheritance=mixed"),
    (
        "evolve search=random search.inheritance=lamarckian",
        "expected search.inheritance to be its default none, since it has no effect here; got lamarckian;"
        " set search.inheritance=none, or choose a search whose designs have parents",
    ),
    ("evolve experiment=demo search=random", "set search.inheritance=none"),
    ("evolve learner.body.inherit=true", "set learner.body.inherit=false, or let bodies learn"),
    ("evolve learner.body.masses=0.2 learner.body.inherit=true search=random", "set learner.body.inherit=false"),
    ("evolve search.polish_iterations=9", "let the search have polish_designs=10"),
    ("evolve search.migrants=2", "let the search have islands=2"),
    ("evolve search.reevaluate_by=quantile", "let the search have several starts"),
    ("evolve search.starts=2 search.reevaluate_quantile=0.5", "let the search have reevaluate_by=quantile"),
    ("evolve mutation.adapt_rate=0.5", "leave mutation.adapt_rate out, or set adapt=true"),
    (
        "evolve learner.later_iterations=-1",
        "expected learner.later_iterations to be a whole number of at least 0, or null",
    ),
    (
        "evolve learner.later_step_length=0",
        "expected learner.later_step_length to be a number above 0, or null; got 0.0",
    ),
    ("evolve learner=adam learner.later_rate=fast", "learner.later_rate to be a number"),
    ("evolve learner.unsound=maybe", "expected learner.unsound to be one of keep_best, invalid; got 'maybe'"),
    (
        "evolve learner.body.rest_lengths=1",
        "learner.body.rest_lengths to be a number of at least 0 and below 1; got 1.0",
    ),
    ("evolve learner.body.tie=side", "learner.body.tie to be one of none, material, symmetry; got 'side'"),
    ("evolve learner.body=0.2", "settings in learner.body; got 0.2; set for example learner.body."),
    ("evolve learner.body.rest_length=0.1", "did you mean 'learner.body.rest_lengths'?"),
    ("train together=true controller=wave learner.body.swings=0.1", "bodies as drawn for one controller of all; got"),
    ("evolve learner.jump_limit=-1", "expected learner.jump_limit to be a number above 0, or null; got -1.0"),
    ("evolve seed=1.5", "seed to be a whole number; got 1.5"),
    ("evolve seed=1,2", "one value for each key; got 'seed=1,2'; add -m"),
    ("evolve seed=-1", "expected seed to be a whole number of at least 0; got -1; set seed, for example to 0"),
    ("evolve seed=null", "seed to be a whole number; got null"),
    ("evolve search.population_size=0", "expected search.population_size to be a whole number of at least 1; got 0"),
    ("evolve search.generations=0", "search.generations"),
    (
        "evolve body.lattice.rows=0",
        "expected body.lattice.rows to be a whole number of at least 1; got 0; set body.lattice.rows",
    ),
    ("evolve body.lattice.columns=-3", "body.lattice.columns"),
    ("evolve body.lattice.fill=1.5", "body.lattice.fill"),
    ("evolve body.lattice.layers=2", "layers"),
    ("evolve body=voxel body.lattice.layers=0", "body.lattice.layers"),
    (
        "evolve body=voxel body.lattice.actuated=all",
        "body.lattice.actuated to be one of cells, springs; got 'all'; set body.lattice.actuated=cells",
    ),
    (
        "evolve body=voxel body.lattice.columns=1000 body.lattice.rows=1000",
        "body.lattice: at most 1,000,000 cells; got columns x rows",
    ),
    ("evolve body.tissue.swing=2", "body.tissue.swing"),
    ("evolve body=3", "choices by name"),
    ("evolve body.lattice=3", "body.lattice"),
    ("evolve sim.steps=0", "sim.steps"),
    ("evolve sim.dt=nan", "sim.dt"),
    ("evolve sim.contact=sticky", "as one of coulomb, no_slip, smooth; got 'sticky'; choose sim=NAME"),
    ("evolve sim.contact=smooth", "expected sim.contact to be chosen by sim"),
    ("evolve sim.contact=smooth", "got 'smooth'; choose sim=smooth"),
    ("evolve sim.friction=0.1", "got 'sim.friction'; did you mean 'sim.contact.friction'?"),
    ("evolve sim.grip=[1]", "got 'sim.grip'; did you mean 'sim.contact.grip'?"),
    ("evolve lattice.rows=3", "got 'lattice.rows'; did you mean 'body.lattice.rows'?"),
    ("evolve sim=coulomb sim.contact.grip=[1]", "sim.contact.grip to be a number, or null; got [1]"),
    ("evolve sim.contact.friction=0.1", "it belongs to another choice than this sim"),
    ("evolve sim=coulomb sim.contact.grip=2", "expected sim.contact.grip to be a number from 0 to 1"),
    ("evolve forces.water.density=3", "got 'forces.water.density'; add it with forces=[water]"),
    ("evolve forces=[wind] forces.wind.perod=1", "did you mean 'forces.wind.period'?"),
    ("evolve forces=[wind] forces.wind.period=0", "expected forces.wind.period to be a number above 0"),
    ("evolve forces=[wind] forces.wind.period=abc", "forces.wind.period to be a number; got 'abc'"),
    ("train forces=[wind] forces.wind.period=0", "expected forces.wind.period to be a number above 0"),
    ("evolve forces=[wind,wind]", "expected forces with each entry once; got [wind,wind]; set forces=[wind]"),
    ("evolve forces=[wnd]", "expected forces to be one of dashpot, water, wind; got 'wnd'; did you mean 'wind'?"),
    ("evolve forces=null", "choices by name"),
    ("evolve forces=wind forces.wind.period=0", "expected forces.wind.period"),
    ("evolve sim=no_slip conditions=varied", "expected conditions.friction_spread to be 0; got 0.3 with the contact"),
    ("evolve conditions.mass_spread=2", "expected conditions.mass_spread to be a number from 0 to 0.9; got 2"),
    (
        "evolve conditions.latency=20",
        "expected conditions.latency to be a latency shorter than an episode; got up to 20",
    ),
    ("evolve conditions.mass_spread=0.2", "got 0.2 with conditions.count=1; set conditions.mass_spread to 0, or"),
    (
        "evolve conditions.count=2 conditions.latency_spread=4",
        "an episode of 4 s; lower conditions.latency_spread, or raise sim.steps",
    ),
    ("evolve conditions.latency=-1", "expected conditions.latency to be a number of at least 0 s; got -1"),
    ("evolve conditions.nominal_first=maybe", "expected conditions.nominal_first to be true or false; got 'maybe'"),
    ("evolve conditions.friction_spread=0.2", "no_slip, which has no friction; set conditions.friction_spread to 0"),
    ("evolve conditions.beacon=[1,2]", "expected conditions.beacon to be one number for each level axis; got 2"),
    ("evolve body=voxel conditions.beacon=[1]", "got 1 of them for a body in 3D; set conditions.beacon, for example"),
    ("evolve conditions.beacon=1", "conditions.beacon to be a list [a,b,...], or null; got 1"),
    ("evolve conditions.beacon=[a]", "conditions.beacon[0] to be a number; got 'a'"),
    ("evolve conditions.gradient=worst", "expected conditions.gradient to be one of mean, fitness; got 'worst'"),
    ("evolve task=turn", "expected a body in 3D for task=turn; got one in 2D"),
    ("evolve execution.precision=float16", "expected execution.precision to be one of float32, float64"),
    ("evolve execution.threads=-1", "expected execution.threads to be a whole number of at least 0; got -1"),
    ("evolve execution.device=gpu", "expected execution.device to be auto, cpu or cuda:0 and so on; got 'gpu'"),
    ("evolve checkpoints.every=0", "checkpoints.every"),
    ("evolve logger.display=loud", "logger.display"),
    ("evolve logger.page_designs=0", "logger.page_designs"),
    ("evolve logger.page_seconds=-1", "logger.page_seconds"),
    ("evolve evaluator.workers=-1", "evaluator.workers"),
    ("evolve mutation.weights.flip=-1", "expected mutation.weights.flip to be a number of at least 0"),
    ("evolve mutation=flips mutation.weights.flip=0 +mutation.weights.rotate=1", "the triangle lattice; got rotate"),
    ("evolve search.symmetric=perhaps", "search.symmetric"),
    ("evolve task=null", "choices by name"),
    ("evolve ~terrain", "'terrain'"),
    ("evolve title=${nope}", "'nope'"),
    ("evolve learner.iterations=[1", "key=value"),
    ("evolve --foo", "--foo"),
    ("evolve --config-dir=nowhere", "nowhere"),
    ("evolve --experimental-rerun=x.pickle", "no pickle is read"),
    (f"evolve {LARGE} execution.memory_mib=1 evaluator=local", "20 x 30 triangle lattice; got 1 MiB; raise"),
    (f"evolve {LARGE} execution.memory_mib=3 evaluator.workers=3", "1 MiB for each of 3 workers"),
    (f"train {LARGE} execution.memory_mib=1 evaluator=local", "execution.memory_mib"),
    ("evolve -m seed=1,x", "seed to be a whole number; got 'x'"),
    (
        "evolve -m search.population_size=4,0",
        "expected search.population_size to be a whole number of at least 1; got 0",
    ),
    ("train search.population_size=0", "search.population_size"),
    ("train designs=nothing.json", "nothing.json"),
    ("train designs=3", "designs as a word"),
    ("train designs=", "designs as a word or a list of words; got ''; set designs=A"),
    ("train designs=['']", "designs as a word or a list of words; got ['']; set designs=A"),
    ("train run=somewhere", "designs=FILE.json"),
    ("evolve evaluator=local execution.device=cuda:77", "execution.device"),
    ("bench cubes.lattice.rows=0", "expected cubes.lattice.rows to be a whole number of at least 1; got 0"),
    ("bench cubes.tissue.swing=1", "expected cubes.tissue.swing to be a number of at least 0 and below 1; got 1.0"),
    ("bench cubes_sim.dt=5", "expected cubes_sim.dt to be a number above 0"),
    ("bench cubes_sim.contact.friction=-1", "expected cubes_sim.contact.friction to be a number of at least 0"),
    ("bench grids=[0x5]", "ROWSxCOLUMNS; got '0x5'"),
    ("bench worlds=[0]", "worlds of 1 or more"),
    ("bench worlds=[many]", "worlds[0] to be a whole number; got 'many'"),
    ("bench worlds=many", "worlds to be a list [a,b,...]; got 'many'"),
    ("evolve logger.page=perhaps", "logger.page to be true or false; got 'perhaps'"),
    ("evolve hydra.run=3", "hydra.run to be of another type; got 3"),
    ("bench worlds=[]", "worlds as a list"),
    ("bench precisions=[float16]", "float16"),
    ("bench previous=nothing.json", "nothing.json"),
    ("bench grids=[6x6x4]", "grids as a list of ROWSxCOLUMNS; got '6x6x4'; set for example grids=[13x22]"),
    ("bench body=voxel grids=[13x22]", "COLUMNSxROWSxLAYERS; got '13x22'; set for example grids=[6x6x4]"),
    ("bench seed=-1", "expected seed to be a whole number of at least 0; got -1"),
    ("bench debug=tiny", "'debug'; see its --help"),
    ("bench wrlds=[1]", "did you mean 'worlds'?"),
    ("export", "run=FOLDER"),
    ("export run=nowhere", "nowhere"),
    ("export run=nowhere formt=png", "did you mean 'format'?"),
    ("evolve run=nowhere", "no folder nowhere"),
    ("evlove", "did you mean 'evolve'?"),
]


def told(capsys: pytest.CaptureFixture[str]) -> str:
    """Return the only line of the error output."""
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("codesign: expected ")
    return lines[0]


@pytest.mark.parametrize(("line", "part"), CONFIGURATION, ids=[line for line, _ in CONFIGURATION])
def test_a_wrong_configuration(line: str, part: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(line.split(" ")) == 2
    assert part in told(capsys)
    assert list(tmp_path.iterdir()) == []


def test_a_place_inside_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    assert main(["evolve", f"hydra.run.dir={tmp_path}/file/run"]) == 2
    assert f"where {tmp_path}/file is not a folder" in told(capsys)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "mine"


def test_a_place_that_cannot_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "hydra.run.dir=/proc/codesign/run"]) == 2
    assert "/proc/codesign/run" in told(capsys)


def test_a_run_that_cannot_begin_leaves_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = ["debug=tiny", "evaluator=local", "execution.device=cuda:77", "logger.display=none", "hydra.run.dir=run"]
    assert main(["evolve", *words]) == 2
    assert "cuda:77" in told(capsys)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_a_run_already(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "metrics.jsonl").write_text("{}\n")
    assert main(["evolve", "hydra.run.dir=run"]) == 2
    assert "run=run" in told(capsys)
    assert (tmp_path / "run" / "metrics.jsonl").read_text() == "{}\n"
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["metrics.jsonl"]


def test_a_folder_that_is_not_a_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("seed: 1\n")
    for command in ("evolve", "export"):
        assert main([command, f"run={tmp_path}"]) == 2
        assert "the folder of a run" in told(capsys)
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]
