"""`codesign watch`: what is served, to whom, and what is seen of runs that go on, end, die, move and break."""

import gzip
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from codesign.cli import main
from codesign.cli.watch.observation import SILENT, Observer, told_seconds
from codesign.cli.watch.pages import Pages
from codesign.cli.watch.server import PORT, RunServer, is_local, listening
from codesign.errors import ConfigError, DesignError
from codesign.run import RunFolder, evolve, resume
from tests.run.fakes import CONFIG, GENERATIONS, everything, experiment


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def observer_of(folder: RunFolder, clock: Callable[[], float] = time.monotonic) -> Observer:
    return Observer(folder, GENERATIONS, experiment().trial.lattice, clock)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """The folder of a run that is finished."""
    evolve(experiment(), tmp_path / "run", CONFIG)
    return RunFolder(tmp_path / "run")


@pytest.fixture
def served(run: RunFolder) -> Iterator[RunServer]:
    """A server of that run, whose page is made when a test asks for it."""
    clock = Clock()
    observer = observer_of(run, clock)
    pages = Pages(run, lambda: f"<!doctype html><title>{len(run.read_metrics())} generations</title>", observer.look, 0)

    def seen():
        clock.now += 1
        return observer.look()

    server = listening("127.0.0.1", 0, seen, pages, "a <b>run</b>")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def ask(
    server: RunServer, path: str, method: str = "GET", headers: dict[str, str] | None = None, body: bytes | None = None
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def said(server: RunServer) -> dict:
    status, _, data = ask(server, "/status.json")
    assert status == 200
    return json.loads(data)


def raw(server: RunServer, request: bytes) -> bytes:
    """Return all that is answered to these bytes."""
    with socket.create_connection(("127.0.0.1", server.server_address[1]), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/?a=b", "text/html; charset=utf-8"),
        ("/live.js", "text/javascript; charset=utf-8"),
        ("/live.css", "text/css; charset=utf-8"),
        ("/status.json", "application/json"),
        ("/report.html", "text/html; charset=utf-8"),
        ("/report.html?page=1", "text/html; charset=utf-8"),
    ],
)
def test_what_is_served_says_what_it_is_and_is_kept_by_nobody(served: RunServer, path: str, kind: str) -> None:
    served.pages.refresh()
    status, headers, data = ask(served, path)
    assert status == 200
    assert headers["content-type"] == kind
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["content-length"] == str(len(data))
    assert data
    assert "python" not in headers["server"].lower()
    status, alone, nothing = ask(served, path, "HEAD")
    assert (status, nothing) == (200, b"")
    assert {**alone, "date": ""} == {**headers, "date": ""}


@pytest.mark.parametrize(
    "path",
    [
        "/config.yaml",
        "/metrics.jsonl",
        "/designs/",
        "/..",
        "/../run/config.yaml",
        "/%2e%2e/config.yaml",
        "/report.html/../config.yaml",
        "//etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/live.js/",
        "/live.html",
        "/index.html",
        "/observation.py",
        "/report.html%00",
        "http://127.0.0.1/",
    ],
)
def test_nothing_else_is_served(served: RunServer, path: str) -> None:
    served.pages.refresh()
    status, headers, data = ask(served, path)
    assert (status, data) == (404, b"there is nothing of this name\n")
    assert headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"])
def test_a_run_is_looked_at_and_not_touched(served: RunServer, run: RunFolder, method: str) -> None:
    before = everything(run.path)
    status, headers, _ = ask(served, "/status.json", method, body=b"x" * 1000)
    assert (status, headers["allow"]) == (405, "GET, HEAD")
    assert everything(run.path) == before


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("localhost:9999", 200),
        ("LOCALHOST:1", 200),
        ("run.localhost:80", 200),
        ("127.0.0.1:8431", 200),
        ("192.168.1.20:8431", 200),
        ("[::1]:8431", 200),
        ("evil.example", 403),
        ("evil.example:8431", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost.evil.example", 403),
        ("localhost@evil.example", 403),
        ("", 403),
        ("[::1.evil", 403),
    ],
)
def test_only_readers_who_name_this_machine_are_answered(served: RunServer, host: str, status: int) -> None:
    served.pages.refresh()
    for path in ("/", "/status.json", "/report.html"):
        assert ask(served, path, headers={"Host": host})[0] == status


def test_a_server_elsewhere_answers_to_its_own_name_too(run: RunFolder) -> None:
    observer = observer_of(run)
    pages = Pages(run, lambda: "", observer.look, 0)
    with listening("0.0.0.0", 0, observer.look, pages, "run") as server:
        assert server.answers_to(f"{socket.gethostname()}:80")
        assert not server.answers_to("evil.example")
    assert is_local("localhost")
    assert is_local("127.0.0.1")
    assert not is_local("0.0.0.0")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /status.json HTTP/1.1\r\n\r\n", b"403"),
        (b"GET /status.json HTTP/1.0\r\n\r\n", b"403"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nbroken\r\n\r\n", b"200"),
        (b"SPY / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"501"),
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", b"505"),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n", b"431"),
    ],
)
def test_odd_requests_get_an_answer_in_plain_text(served: RunServer, request_: bytes, status: bytes, capsys) -> None:
    answer = raw(served, request_)
    assert status in answer.split(b"\r\n")[0]
    if status != b"200":
        assert b"text/plain" in answer
        assert b"nosniff" in answer
    assert said(served)["state"] == "finished"
    assert capsys.readouterr().err == ""


def test_a_body_is_not_taken_for_another_request(served: RunServer) -> None:
    inner = b"GET /status.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = raw(served, b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (len(inner), inner))
    assert answer.count(b"HTTP/1.1 ") == 1


def test_readers_who_leave_are_not_told_of(served: RunServer, capfd: pytest.CaptureFixture) -> None:
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", served.server_address[1])) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert said(served)["finished"] == GENERATIONS
    assert capfd.readouterr().err == ""


def test_the_numbers_of_the_run_are_told(served: RunServer, run: RunFolder) -> None:
    told, rows = said(served), run.read_metrics()
    assert told["title"] == "a <b>run</b>"
    assert (told["state"], told["finished"], told["generations"]) == ("finished", GENERATIONS, GENERATIONS)
    assert told["best_fitness"] == pytest.approx(rows[-1]["best_fitness"], rel=1e-5)
    assert told["best"] == json.loads(run.best.read_text())["design"]
    assert [len(line) for line in told["lines"]] == [GENERATIONS, GENERATIONS]
    assert told["lines"][1][0] == pytest.approx(rows[0]["mean_fitness"], rel=1e-5)
    assert (told["page"], told["fault"]) == (None, "")


def test_a_page_comes_packed_where_that_is_understood(served: RunServer) -> None:
    assert ask(served, "/report.html")[0] == 404
    served.pages.refresh()
    _, plain, data = ask(served, "/report.html")
    _, packed, less = ask(served, "/report.html", headers={"Accept-Encoding": "br, gzip"})
    assert "content-encoding" not in plain
    assert packed["content-encoding"] == "gzip"
    assert gzip.decompress(less) == data
    assert "'unsafe-inline'" in plain["content-security-policy"]
    assert "connect-src" not in plain["content-security-policy"]  # so that nothing can be fetched


def test_a_run_that_grows_is_served_as_it_is_then(tmp_path: Path) -> None:
    short = replace(experiment(), search=replace(experiment().search, generations=2))
    evolve(short, tmp_path / "run", CONFIG)
    folder, clock = RunFolder(tmp_path / "run"), Clock()
    observer = observer_of(folder, clock)
    pages = Pages(folder, lambda: f"{len(folder.read_metrics())} generations", observer.look, 0)
    with listening("127.0.0.1", 0, observer.look, pages, "run") as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        pages.refresh()
        assert said(server)["finished"] == 2
        assert ask(server, "/report.html")[2] == b"2 generations"
        resume(experiment(), folder.path)
        clock.now += 2
        os.utime(folder.metrics, (time.time() + 100, time.time() + 100))
        pages._rest_until = 0.0
        pages.refresh()
        told = said(server)
        assert (told["finished"], told["state"], told["page"]) == (GENERATIONS, "finished", 2)
        assert ask(server, "/report.html")[2] == b"%d generations" % GENERATIONS
        server.shutdown()


def test_a_run_whose_folder_goes_and_comes_back_is_served_all_the_while(served: RunServer, run: RunFolder) -> None:
    served.pages.refresh()
    page = ask(served, "/report.html")[2]
    run.path.rename(run.path.with_name("elsewhere"))
    served.pages.refresh()
    told = said(served)
    assert told["state"] == "gone"
    assert str(run.path) in told["told"]
    assert told["finished"] == GENERATIONS
    assert ask(served, "/report.html")[2] == page
    run.path.with_name("elsewhere").rename(run.path)
    assert said(served)["state"] == "finished"
    shutil.rmtree(run.path)
    assert said(served)["state"] == "gone"


def test_a_broken_line_of_metrics_is_told_and_what_was_known_stays(served: RunServer, run: RunFolder) -> None:
    said(served)
    with run.metrics.open("a") as stream:
        stream.write("broken\nmore\n")
    told = said(served)
    assert told["finished"] == GENERATIONS
    assert "metrics.jsonl, line 7" in told["fault"]


def test_a_best_body_of_another_lattice_is_left_out(run: RunFolder) -> None:
    assert observer_of(run).look().best is not None
    for text in ("", "[]", '{"design": "x", "cells": [1], "muscles": []}', '{"design": "x", "cells": [[999]]}'):
        run.best.write_text(text)
        assert observer_of(run).look().best is None


# What the state of a run looks like from outside.


def told_by(folder: RunFolder, **changes) -> None:
    """Let a run say that something is so."""
    told = json.loads(folder.status.read_text())
    folder.status.write_text(json.dumps({**told, **changes}))


def test_a_run_that_says_nothing_any_more_seems_dead_until_it_goes_on(run: RunFolder) -> None:
    clock = Clock()
    observer = observer_of(run, clock)
    told_by(run, state="running", workers="8 workers", seconds_left=500.0, designs_done=3, designs_asked=9)
    first = observer.look()
    assert (first.state, first.workers, first.progress) == ("running", "8 workers", "3 of 9 designs")
    clock.now += SILENT / 2
    later = observer.look()
    assert (later.state, later.over) == ("running", False)
    assert later.seconds_left == pytest.approx(500 - SILENT / 2, abs=1)
    clock.now += SILENT
    dead = observer.look()
    assert (dead.state, dead.word, dead.over) == ("silent", "seems dead", False)
    assert "for 1 min 3" in dead.told
    assert (dead.workers, dead.progress, dead.seconds_left) == ("", "", None)
    told_by(run, state="running", host="another", pid=4)
    clock.now += 1
    again = observer.look()
    assert (again.state, again.told) == ("running", "on another (process 4)")


def test_a_run_that_died_long_ago_seems_dead_at_once(run: RunFolder) -> None:
    told_by(run, state="running")
    for path in (run.status, run.metrics, run.best):
        os.utime(path, (time.time() - 5000, time.time() - 5000))
    seen = observer_of(run).look()
    assert seen.state == "silent"
    assert seen.quiet == pytest.approx(5000, abs=60)


@pytest.mark.parametrize(
    ("state", "word"), [("interrupted", "stopped"), ("failed", "failed"), ("finished", "finished")]
)
def test_a_run_that_ended_says_how(run: RunFolder, state: str, word: str) -> None:
    told_by(run, state=state, message="no room" if state == "failed" else "")
    seen = observer_of(run).look()
    assert (seen.state, seen.word, seen.over) == (state, word, True)
    assert {"interrupted": "go on with: codesign evolve", "failed": "no room", "finished": ""}[state] in seen.told


def test_runs_of_older_versions_are_known_by_their_generations(run: RunFolder) -> None:
    run.status.unlink()
    assert observer_of(run).look().state == "finished"
    lines = run.metrics.read_bytes().splitlines(keepends=True)
    run.metrics.write_bytes(b"".join(lines[:3]))
    assert observer_of(run).look().state == "running"
    os.utime(run.metrics, (time.time() - 90_000, time.time() - 90_000))
    os.utime(run.best, (time.time() - 90_000, time.time() - 90_000))
    seen = observer_of(run).look()
    assert (seen.state, seen.told) == ("silent", "nothing from it for 1 d 1 h")


def test_a_run_that_has_not_begun_is_waited_for(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.create(CONFIG)
    seen = observer_of(folder).look()
    assert (seen.state, seen.rows, seen.best, seen.fault) == ("waiting", (), None, "")


def test_looks_are_shared_by_all_who_ask(run: RunFolder) -> None:
    clock = Clock()
    observer = observer_of(run, clock)
    seen = observer.look()
    assert observer.look() is seen
    clock.now += 1
    assert observer.look() is not seen


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "0 s"), (59.4, "59 s"), (61, "1 min 1 s"), (3700, "1 h 1 min"), (90_000, "1 d 1 h")]
)
def test_times_in_words(seconds: float, told: str) -> None:
    assert told_seconds(seconds) == told


# Which page is shown.


class Made:
    """Counts the pages that were made here."""

    def __init__(self, error: Exception | None = None) -> None:
        self.count, self.error = 0, error

    def __call__(self) -> str:
        self.count += 1
        if self.error is not None:
            raise self.error
        return f"made here {self.count}"


def aged(path: Path, seconds: float) -> None:
    os.utime(path, (time.time() - seconds, time.time() - seconds))


def shown(pages: Pages) -> bytes | None:
    pages.refresh()
    return None if pages.current is None else pages.current.data


def test_the_runs_own_page_is_shown_while_it_is_current(run: RunFolder) -> None:
    told_by(run, state="running")
    run.report.write_text("the run's")
    aged(run.metrics, 10)
    made = Made()
    pages = Pages(run, made, observer_of(run).look, 60)
    assert shown(pages) == b"the run's"
    aged(run.report, 40)
    assert shown(pages) == b"the run's"
    run.report.write_text("the run's next")
    assert shown(pages) == b"the run's next"
    assert pages.current is not None
    assert (pages.current.version, made.count) == (2, 0)


def test_a_page_is_made_where_the_runs_own_is_missing_or_old_and_no_oftener_than_that(run: RunFolder) -> None:
    told_by(run, state="running")
    made = Made()
    pages = Pages(run, made, observer_of(run).look, 60)
    run.report.write_text("the run's")
    aged(run.report, 100)
    aged(run.metrics, 10)
    assert shown(pages) == b"made here 1"
    assert shown(pages) == b"made here 1"
    aged(run.metrics, 0)
    assert shown(pages) == b"made here 1"
    run.report.write_text("the run's again")
    aged(run.report, -5)
    assert shown(pages) == b"the run's again"


def test_making_pages_takes_a_small_part_of_the_time(run: RunFolder) -> None:
    told_by(run, state="running")

    def slow() -> str:
        time.sleep(0.1)
        return made()

    made = Made()
    pages = Pages(run, slow, observer_of(run).look, 0)
    for number in range(20):
        aged(run.metrics, -number)
        pages.refresh()
    assert made.count == 1


def test_of_a_run_that_is_over_the_last_page_has_all_there_is(run: RunFolder) -> None:
    run.report.write_text("the run's")
    aged(run.report, 30)
    assert shown(Pages(run, Made(), observer_of(run).look, 60)) == b"made here 1"


@pytest.mark.parametrize("error", [DesignError("a valid design", "none", "wait"), ValueError("a bug")])
def test_a_page_that_cannot_be_made_is_tried_again_when_there_is_more(run: RunFolder, error: Exception) -> None:
    made = Made(error)
    pages = Pages(run, made, observer_of(run).look, 0)
    assert shown(pages) is None
    assert shown(pages) is None
    assert made.count == 1
    assert pages.fault == ("" if isinstance(error, DesignError) else "no page: ValueError: a bug")
    made.error, pages._rest_until = None, 0.0
    aged(run.metrics, -5)
    assert shown(pages) == b"made here 2"
    assert pages.fault == ""


def test_a_report_that_is_no_file_of_the_runs_is_not_waited_for(run: RunFolder) -> None:
    os.mkfifo(run.report)
    assert shown(Pages(run, Made(), observer_of(run).look, 0)) == b"made here 1"


# The command.


def test_a_port_that_is_taken_is_told_with_a_free_one(run: RunFolder) -> None:
    observer = observer_of(run)
    pages = Pages(run, Made(), observer.look, 0)
    with listening("127.0.0.1", 0, observer.look, pages, "run") as server:
        port = server.server_address[1]
        with pytest.raises(ConfigError, match=f"port to be a port that is free; got {port} .*; set port=") as caught:
            listening("127.0.0.1", port, observer.look, pages, "run")
        free = int(str(caught.value).rpartition("set port=")[2].partition(",")[0])
        listening("127.0.0.1", free, observer.look, pages, "run").server_close()
        by_default = (listening("127.0.0.1", None, observer.look, pages, "run") for _ in range(2))
        with next(by_default) as first, next(by_default) as second:
            assert PORT <= first.server_address[1] < second.server_address[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "expected the folder of a run; got none"),
        (["run=nowhere"], "no folder nowhere"),
        (["port=-1"], "expected port to be from 0 to 65535; got -1"),
        (["port=70000"], "expected port to be from 0 to 65535; got 70000"),
        (["host=''"], "expected host to be a name or an address"),
        (["host=no.such.machine.invalid"], "expected host to be a name or an address of this machine"),
        (["terminal=maybe"], "terminal"),
        (["-m", "port=0,1"], "one run at a time"),
    ],
)
def test_mistakes_are_told_in_a_line_and_leave_nothing(
    words: list[str], told: str, finished: Path, here: Path, capsys: pytest.CaptureFixture
) -> None:
    named = [] if not words or words[0].startswith("run=") else [f"run={finished}"]
    flags = [word for word in words if word.startswith("-")]
    assert main(["watch", *flags, *named, *(word for word in words if word not in flags)]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
    assert list(here.iterdir()) == []


def test_the_command_serves_until_it_is_interrupted_and_leaves_nothing(finished: Path, here: Path) -> None:
    before = everything(finished)
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "codesign", "watch", f"run={finished}", "port=0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        port = int(lines[0].strip().rstrip("/").rpartition(":")[2])
        assert lines[0].endswith(f": http://127.0.0.1:{port}/\n")
        assert f"ssh -L {port}:127.0.0.1:{port} " in lines[1]
        connection, data = http.client.HTTPConnection("127.0.0.1", port, timeout=10), b""
        for _ in range(200):
            connection.request("GET", "/report.html")
            answer = connection.getresponse()
            data = answer.read()
            if answer.status == 200:
                break
            time.sleep(0.05)
        assert b"<title>" in data
        process.send_signal(2)
        _, error = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 130
    assert error == "codesign: interrupted\n"
    assert everything(finished) == before
    assert list(here.iterdir()) == []


def test_a_run_in_a_folder_that_cannot_be_written_to_is_shown(
    finished: Path, here: Path, capsys: pytest.CaptureFixture
) -> None:
    shutil.copytree(finished, here / "run")
    (here / "run").chmod(0o555)
    here.chmod(0o555)
    try:
        assert main(["watch", "run=run", "terminal=true"]) == 0
    finally:
        here.chmod(0o755)
        (here / "run").chmod(0o755)
    assert "finished" in capsys.readouterr().out


def test_the_live_page_names_no_machine() -> None:
    folder = Path(__file__).parents[2] / "codesign/cli/watch"
    for name in ("live.html", "live.js", "live.css"):
        text = (folder / name).read_text()
        assert "://" not in text
        assert 'src="/' not in text
        assert 'href="/' not in text
