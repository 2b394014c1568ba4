"""Every command of docs/cluster.md and the templates under tools/, run as far as one machine can."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DOCS = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
SLURM = sorted((ROOT / "tools" / "slurm").glob("*.sh"))
SLOW = ("hydra/launcher", "hydra/sweeper", "sbatch")

SHIMS = {
    # Runs what is asked for, tiny; what needs a cluster is composed only.
    "codesign": """
command=$1; shift
case "$*" in
    *evaluator.address=*) exec "$PYTHON" -m codesign.cli "$command" --cfg job "$@" debug=tiny >/dev/null ;;
    *) exec "$PYTHON" -m codesign.cli "$command" "$@" debug=tiny evaluator=local logger=quiet $FURTHER ;;
esac""",
    "ray": """
case "$*" in
    *--block*) exec sleep 1000 ;;
    "start "*--head*|"start "*--address=*:*|stop|health-check*) exit 0 ;;
esac
exit 1""",
    # As Slurm: options, then a script and its arguments; a task of an array at a time, here one after the other.
    "sbatch": """
export SLURM_JOB_ID=77 SLURM_JOB_NAME=codesign SLURM_JOB_NODELIST='n[1-2]' SLURM_JOB_NUM_NODES=1 SLURM_CPUS_PER_TASK=1
tasks=""
while [ "${1#--}" != "$1" ]; do
    case "$1" in
        --nodes=*) SLURM_JOB_NUM_NODES=${1#--nodes=} ;;
        --array=*) range=${1#--array=}; tasks=$(seq "${range%-*}" "${range#*-}") ;;
        *) exit 1 ;;
    esac
    shift
done
if [ -z "$tasks" ]; then exec bash "$@"; fi
for task in $tasks; do
    SLURM_ARRAY_JOB_ID=77 SLURM_ARRAY_TASK_ID=$task bash "$@" || exit $?
done""",
    "srun": """
while [ "${1#--}" != "$1" ]; do shift; done
echo $$ >>"$STARTED"
exec "$@" """,
    "scontrol": """
case "$1" in
    show) printf 'n1\\nn2\\n' ;;
    requeue) echo "$2" >>"$REQUEUED" ;;
    *) exit 1 ;;
esac""",
    "hostname": "echo ::1 127.0.0.1",
    "kubectl": '[ "$1 $2" = "apply -f" ] && [ -f "$3" ]',
    "docker": """
case "$1" in
    build) [ "$2 $3 $4 $6" = "-t codesign -f ." ] && [ -f "$5" ] ;;
    stop) [ "$2 $3 $4" = "-t 120 mine" ] ;;
    run)
        shift
        while [ "$1" != codesign ]; do
            case "$1" in
                --rm|--init|--cpus=*|--shm-size=*) shift ;;
                -m|-v) shift 2 ;;
                *) exit 1 ;;
            esac
        done
        shift
        exec codesign "$@" ;;
    *) exit 1 ;;
esac""",
    "pip": '[ "$1" = install ]',
    "tensorboard": '[ "$1 $2" = "--logdir runs" ]',
}


def commands() -> list[str]:
    """Return the commands of the page: every line of an indented block, without what is said about it."""
    lines = [line.strip() for line in DOCS.splitlines() if re.match(r" {4,}\S", line)]
    return [re.sub(r"\s+#.*", "", line) for line in lines]


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a machine with a scheduler, whose commands do just what the templates need."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in SHIMS.items():
        (programs / name).write_text(f"#!/bin/bash\n{text.strip()}\n")
        (programs / name).chmod(0o755)
    (tmp_path / "tools").symlink_to(ROOT / "tools")
    return {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHON": sys.executable,
        "PYTHONPATH": str(ROOT),
        "HEAD": "127.0.0.1",
        "FURTHER": "",
        "STARTED": str(tmp_path / "started"),
        "REQUEUED": str(tmp_path / "requeued"),
    }


def is_slow(command: str) -> bool:
    return any(word in command for word in SLOW)


@pytest.mark.parametrize(
    "command",
    [pytest.param(each, marks=pytest.mark.slow) if is_slow(each) else each for each in commands()],
)
def test_every_command_of_the_page_runs(command: str, machine: dict[str, str], tmp_path: Path) -> None:
    for word, package in {
        "joblib": "hydra_plugins.hydra_joblib_launcher",
        "submitit": "hydra_plugins.hydra_submitit_launcher",
        "optuna": "hydra_plugins.hydra_optuna_sweeper",
        "loggers=": "tensorboardX",
    }.items():
        if word in command:
            pytest.importorskip(package)
    result = subprocess.run(
        ["bash", "-euc", command], cwd=tmp_path, env=machine, capture_output=True, text=True, check=False, timeout=300
    )
    assert result.returncode == 0, result.stderr
    if command.startswith("codesign evolve run=auto hydra.run.dir=runs/mine experiment=strgar2024_small"):
        assert len((tmp_path / "runs" / "mine" / "metrics.jsonl").read_text().splitlines()) == 3


def test_the_page_has_commands_of_every_kind() -> None:
    first = {shlex.split(command)[0] for command in commands()}
    assert first == {"codesign", "export", "ray", "sbatch", "kubectl", "docker", "pip", "tensorboard"}


def test_the_page_names_files_that_are_there() -> None:
    for link in re.findall(r"\]\((\.\./[^)]+)\)", DOCS):
        assert (ROOT / "docs" / link).exists(), link


@pytest.mark.parametrize("script", SLURM, ids=lambda path: path.name)
def test_a_template_asks_slurm_for_what_it_needs(script: Path) -> None:
    subprocess.run(["bash", "-n", str(script)], check=True)
    asked = dict(re.findall(r"^#SBATCH --([a-z-]+)(?:=(\S+))?$", script.read_text(), re.MULTILINE))
    assert len(asked) == script.read_text().count("\n#SBATCH")
    known = {"job-name", "array", "nodes", "ntasks", "ntasks-per-node", "cpus-per-task", "time", "signal", "requeue"}
    assert asked.keys() - known == {"open-mode", "output"}
    assert asked["signal"].endswith("USR1@120")
    # To the steps that srun started, or to the script alone where Ray would get it too.
    assert asked["signal"].startswith("B:") == ("ray start" in script.read_text())
    # The batch script's own header ends with its first command; Slurm reads no options after that.
    header, _, rest = script.read_text().partition("set -u")
    assert "#SBATCH" in header
    assert "#SBATCH" not in rest


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 180
    while not path.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert path.exists(), process.communicate()


@pytest.mark.parametrize(
    ("script", "run", "job"),
    [
        ("one_node.sh", "codesign-77", "77"),
        pytest.param("array.sh", "codesign-77/3", "77_3", marks=pytest.mark.slow),
    ],
)
def test_a_job_whose_time_is_over_goes_back_into_the_queue_and_goes_on(
    script: str, run: str, job: str, machine: dict[str, str], tmp_path: Path
) -> None:
    options = ["--array=3-3"] if script == "array.sh" else []
    words = ["sbatch", *options, f"tools/slurm/{script}", "experiment=strgar2024_small"]
    long = {**machine, "FURTHER": "sim.steps=400 search.generations=1000"}
    process = subprocess.Popen(words, cwd=tmp_path, env=long, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    folder = tmp_path / "runs" / run
    wait_for(folder / "best.json", process)
    os.kill(int((tmp_path / "started").read_text()), signal.SIGUSR1)
    process.communicate(timeout=60)
    assert process.returncode == 138
    assert (tmp_path / "requeued").read_text() == f"{job}\n"
    finished = len((folder / "metrics.jsonl").read_text().splitlines())
    shorter = {**machine, "FURTHER": f"sim.steps=400 search.generations={finished + 1}"}
    subprocess.run(words, cwd=tmp_path, env=shorter, check=True, timeout=120, capture_output=True)
    assert len((folder / "metrics.jsonl").read_text().splitlines()) == finished + 1
    assert (tmp_path / "requeued").read_text() == f"{job}\n", "a finished run is not put into the queue again"


@pytest.mark.slow
def test_several_nodes_with_a_real_cluster(machine: dict[str, str], tmp_path: Path) -> None:
    """A head and another node, here on one machine; then the time is over."""
    programs = tmp_path / "bin"
    (programs / "ray").write_text(f'#!/bin/bash\nexec "{Path(sys.executable).parent / "ray"}" "$@"\n')
    (programs / "codesign").write_text(
        '#!/bin/bash\nexec "$PYTHON" -m codesign.cli "$@" '
        "debug=tiny logger=quiet sim.steps=400 search.generations=1000\n"
    )
    short = Path("/tmp") / f"cs{os.getpid()}"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["sbatch", "--nodes=2", "tools/slurm/several_nodes.sh", "experiment=strgar2024", "evaluator.workers=2"]
    sbatch = (programs / "sbatch").read_text().replace("SLURM_JOB_ID=77", f"SLURM_JOB_ID={port % 10000}")
    (programs / "sbatch").write_text(sbatch)
    short.mkdir()
    try:
        process = subprocess.Popen(
            words,
            cwd=tmp_path,
            env={**machine, "RAY_TMPDIR": str(short)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_for(tmp_path / "runs" / f"codesign-{port % 10000}" / "best.json", process)
        process.send_signal(signal.SIGUSR1)
        process.wait(timeout=120)
        assert process.returncode == 138
        assert (tmp_path / "requeued").read_text() == f"{port % 10000}\n"
    finally:
        left = [path.parent for path in Path("/proc").glob("[0-9]*/cmdline") if str(short).encode() in _bytes_of(path)]
        for path in left:
            os.kill(int(path.name), signal.SIGKILL)
        subprocess.run(["rm", "-rf", str(short)], check=False)


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def manifests() -> dict[str, Any]:
    text = (ROOT / "tools" / "kubernetes" / "rayjob.yaml").read_text(encoding="utf-8")
    return {each["kind"]: each for each in yaml.safe_load_all(text)}


def test_the_manifest_has_the_fields_of_kuberays_interface() -> None:
    job = manifests()["RayJob"]
    assert job["apiVersion"] == "ray.io/v1"
    spec = job["spec"]
    assert spec.keys() == {
        *("entrypoint", "submissionMode", "backoffLimit", "shutdownAfterJobFinishes", "ttlSecondsAfterFinished"),
        "rayClusterSpec",
    }
    cluster = spec["rayClusterSpec"]
    assert cluster.keys() == {"rayVersion", "authOptions", "headGroupSpec", "workerGroupSpecs"}
    assert cluster["authOptions"] == {"mode": "token"}
    assert cluster["headGroupSpec"].keys() == {"rayStartParams", "template"}
    for group in cluster["workerGroupSpecs"]:
        assert group.keys() == {"groupName", "replicas", "minReplicas", "maxReplicas", "rayStartParams", "template"}
    for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        assert all(isinstance(value, str) for value in group["rayStartParams"].values())
        pod = group["template"]["spec"]
        mounted = {mount["name"] for container in pod["containers"] for mount in container["volumeMounts"]}
        assert mounted == {volume["name"] for volume in pod["volumes"]}
        assert all(container["resources"]["limits"].keys() == {"cpu", "memory"} for container in pod["containers"])
    claim = manifests()["PersistentVolumeClaim"]["metadata"]["name"]
    assert json.dumps({"claimName": claim}) in json.dumps(cluster["headGroupSpec"])


def test_the_manifest_starts_what_this_version_runs(machine: dict[str, str], tmp_path: Path) -> None:
    command = manifests()["RayJob"]["spec"]["entrypoint"].replace("/runs/", f"{tmp_path}/runs/")
    subprocess.run(["bash", "-euc", command], cwd=tmp_path, env=machine, check=True, timeout=120)


def test_the_image_is_made_of_what_is_there() -> None:
    lines = (ROOT / "tools" / "container" / "Dockerfile").read_text().splitlines()
    words = [line.split() for line in lines if line and not line.startswith("#")]
    assert words[0][0] == "FROM"
    assert {each[0] for each in words} == {"FROM", "WORKDIR", "COPY", "RUN", "ENV", "ENTRYPOINT"}
    for _, *sources, _ in (each for each in words if each[0] == "COPY"):
        assert all((ROOT / source).exists() for source in sources)
