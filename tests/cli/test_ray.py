"""Runs on Ray from the command line: machines on which Ray cannot start, and Ray that ends in the middle of a run."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from codesign.cli.exit_codes import MISTAKE
from codesign.run.metrics import CLOCK_FIELDS
from codesign.signals import exit_status
from tests.evaluate.clusters import descendants, parents

CODESIGN = (sys.executable, "-m", "codesign.cli")
TINY = ("debug=tiny", "evaluator.workers=1", "logger.page=false", "hydra.run.dir=out")
MANY = "search.generations=100000"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("RAY_ADDRESS", "RAY_TMPDIR"):
        monkeypatch.delenv(name, raising=False)


def evolve(*words: str, under: tuple[str, ...] = (), **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*under, *CODESIGN, "evolve", *words],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )


def assert_refused(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    """Check that a command ended with one line that has all `parts`, and left no run behind."""
    assert done.returncode == MISTAKE, done.stderr
    (line,) = done.stderr.splitlines()
    assert all(part in line for part in parts), line
    assert not Path("out").exists()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port where nothing listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("folder", "parts"),
    [
        (f"/tmp/{'x' * 90}", ("path of at most", "RAY_TMPDIR", "evaluator=local")),
        ("/proc/nope", ("can be written to", "/proc/nope/ray", "RAY_TMPDIR", "evaluator=local")),
    ],
)
def test_a_folder_in_which_ray_cannot_work_is_named(folder: str, parts: tuple[str, ...]) -> None:
    assert_refused(evolve(*TINY, RAY_TMPDIR=folder), *parts)


@pytest.mark.slow
def test_an_address_with_a_scheme_is_named() -> None:
    done = evolve(*TINY, "evaluator.address=auto", RAY_ADDRESS="http://127.0.0.1:8265")
    assert_refused(done, "RAY_ADDRESS=http://127.0.0.1:8265", "HOST:6379")


@pytest.mark.slow
@pytest.mark.parametrize("given", ["setting", "variable", "file", "nothing"])
def test_a_cluster_that_is_gone_is_told_at_once(given: str, silent_port: int, tmp_path: Path) -> None:
    address = f"127.0.0.1:{silent_port}"
    variables: dict[str, str] = {"RAY_TMPDIR": str(tmp_path)}
    told = address
    if given == "variable":
        variables["RAY_ADDRESS"] = address
        told = f"RAY_ADDRESS={address}"
    elif given != "setting":
        file = tmp_path / "ray" / "ray_current_cluster"
        told = str(file)
        if given == "file":
            file.parent.mkdir()
            file.write_text(f"{address}\n")
    begin = time.monotonic()
    done = evolve(*TINY, f"evaluator.address={address if given == 'setting' else 'auto'}", under=(), **variables)
    assert_refused(done, told, "evaluator.address=local")
    assert time.monotonic() - begin < 60.0


@pytest.mark.slow
def test_something_else_at_the_address_is_told_after_a_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = evolve(*TINY, f"evaluator.address=127.0.0.1:{server.getsockname()[1]}")
    assert_refused(done, "no Ray within 30 s", "evaluator.address=local")


def unshared(*words: str) -> tuple[str, ...]:
    """Return the beginning of a command line that runs the rest without what `unshare` takes away."""
    beginning = ("unshare", *words)
    if shutil.which("unshare") is None or subprocess.run([*beginning, "true"], check=False).returncode:
        pytest.skip("needs namespaces of its own")
    return beginning


@pytest.mark.slow
def test_a_machine_without_any_network_interface_is_told_at_once() -> None:
    begin = time.monotonic()
    assert_refused(evolve(*TINY, under=unshared("-r", "-n")), "127.0.0.1", "ip link set lo up", "evaluator=local")
    assert time.monotonic() - begin < 60.0


@pytest.mark.slow
@pytest.mark.parametrize("oddity", ["proxies", "little shared memory", "a long TMPDIR"])
def test_odd_machines_on_which_ray_works(oddity: str) -> None:
    under: tuple[str, ...] = ()
    variables: dict[str, str] = {}
    if oddity == "proxies":
        names = ("http_proxy", "https_proxy", "grpc_proxy", "all_proxy")
        variables = {each: "http://127.0.0.1:9" for name in names for each in (name, name.upper())}
    elif oddity == "a long TMPDIR":
        variables = {"TMPDIR": str(Path("t" * 100).absolute())}
    else:
        mounting = "mount -t tmpfs -o size=1m none /dev/shm && exec "
        under = (*unshared("-r", "-m"), "sh", "-c", f'{mounting} "$0" "$@"')
    done = evolve(*TINY, under=under, **variables)
    assert (done.returncode, done.stderr) == (0, "")


@contextmanager
def running(*words: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([*CODESIGN, "evolve", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(*, generations: int = 0, process: int = 0, name: str = "") -> int:
    """Wait until so many generations are recorded, or a process has a child whose command has a name in it."""
    deadline = time.monotonic() + 120
    metrics = Path("out/metrics.jsonl")
    while time.monotonic() < deadline:
        if name:
            for child in descendants(process):
                if child != process and name in command(child):
                    return child
        elif metrics.exists() and metrics.read_text().count("\n") >= generations:
            return generations
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


def command(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def results(folder: str) -> list[Mapping[str, object]]:
    rows = [json.loads(line) for line in Path(folder, "metrics.jsonl").read_text().splitlines()]
    return [{name: row[name] for name in row if name not in CLOCK_FIELDS} for row in rows]


@pytest.mark.slow
@pytest.mark.parametrize("part", ["raylet/raylet", "gcs_server", "ray_driver"])
def test_ray_ends_in_the_middle_of_a_run(part: str) -> None:
    with running(*TINY, MANY) as process:
        wait_for(generations=3)
        os.kill(wait_for(process=process.pid, name=part), signal.SIGKILL)
        _, said = process.communicate(timeout=120)
    assert process.returncode == MISTAKE, said
    (line,) = said.splitlines()
    assert "the end of Ray" in line
    assert line.endswith("generations are safe, go on with: codesign evolve run=out")
    finished = len(results("out"))
    assert evolve("run=out", f"search.generations={finished + 2}", "evaluator=local").returncode == 0
    undisturbed = [word.replace("=out", "=reference") for word in TINY if "evaluator" not in word]
    assert evolve(*undisturbed, f"search.generations={finished + 2}", "evaluator=local").returncode == 0
    assert results("out") == results("reference")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "number"), [("ray_driver", signal.SIGINT), ("ray_driver", signal.SIGTERM), ("gcs_server", signal.SIGTERM)]
)
def test_a_signal_while_ray_starts(part: str, number: signal.Signals) -> None:
    with running(*TINY) as process:
        wait_for(process=process.pid, name=part)
        process.send_signal(number)
        out, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (exit_status(number), "")
    assert "Stopped: 0 of" in out
    assert "Go on with: codesign evolve run=out" in out
    assert evolve("run=out", "evaluator=local").returncode == 0


@pytest.mark.slow
def test_a_run_that_is_killed_leaves_no_process_behind() -> None:
    with running(*TINY, MANY) as process:
        wait_for(generations=1)
        family = descendants(process.pid) - {process.pid}
        assert len(family) > 3
        process.kill()
        process.wait()
    assert_gone(family)


@pytest.mark.slow
def test_a_run_that_is_killed_while_a_cluster_does_not_answer_leaves_no_process_behind() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        with running(*TINY, f"evaluator.address=127.0.0.1:{server.getsockname()[1]}") as process:
            child = wait_for(process=process.pid, name="ray_driver")
            server.accept()
            process.kill()
            process.wait()
        assert_gone({child})


def assert_gone(processes: set[int]) -> None:
    """Check that processes end before long."""
    deadline = time.monotonic() + 30
    while processes & set(parents()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not processes & set(parents())
