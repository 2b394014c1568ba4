"""The server of a run: a live page, its numbers and the page about the run, to be read and nothing else."""

import ipaddress
import json
import logging
import math
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Any

from codesign.cli.character_charts import shared_out
from codesign.cli.watch.observation import Observation
from codesign.cli.watch.pages import Pages
from codesign.errors import ConfigError

PORT = 8431
"""The port where none is asked for; if it is taken, one of those after it."""

_TRIED = 50
"""Ports after it that are tried."""

_POINTS = 240
"""Generations that the line of fitness above the page consists of; of more, neighbours are put together."""

_LIVE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_PAGE_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""Of the page about the run, which says by hashes what may run in it. It may be a stranger's: it gets no network."""

_log = logging.getLogger(__name__)


class RunServer(ThreadingHTTPServer):
    """Serves one run.

    Args:
        address: where to listen, host and port; port 0 for any free one.
        observe: returns what is seen of the run now.
        pages: the page about it.
        title: what the run calls itself.

    Raises:
        OSError: the address cannot be had.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], observe: Callable[[], Observation], pages: Pages, title: str) -> None:
        self.observe, self.pages, self.title = observe, pages, title
        self.names = _names_of(address[0])
        (self.address_family, _, _, _, found), *_ = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)
        super().__init__((str(found[0]), int(found[1])), _Answer)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Note what went wrong with a request, such as a reader who left; the others are answered all the same."""
        del request
        _log.debug("a request of %s failed", client_address, exc_info=True)

    def answers_to(self, host: str) -> bool:
        """Return whether a request may name this server so: an address, or a name of its own.

        Any other name may be one of a page elsewhere that has its name resolve to this machine (DNS rebinding).
        """
        name = host.strip().lower()
        if name.startswith("["):
            name = name[1:].partition("]")[0]
        elif name.count(":") == 1:
            name = name.partition(":")[0]
        with suppress(ValueError):
            ipaddress.ip_address(name)
            return True
        return name in self.names or name.endswith(".localhost")


class _Answer(BaseHTTPRequestHandler):
    """Answers one reader."""

    protocol_version = default_request_version = "HTTP/1.1"
    timeout = 30
    server: RunServer  # type: ignore[assignment] - it serves no other

    def version_string(self) -> str:
        """Return what the answers call the server."""
        return "codesign"

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def _refuse_method(self) -> None:
        self._plain(HTTPStatus.METHOD_NOT_ALLOWED, "only GET and HEAD: a run is looked at here", {"Allow": "GET, HEAD"})

    def _answer(self) -> None:
        if not self.server.answers_to(self.headers.get("Host", "")):
            told = "this page answers to localhost, to addresses, and to the host that codesign watch was given"
            self._plain(HTTPStatus.FORBIDDEN, told)
            return
        match self.path.partition("?")[0]:
            case "/":
                self._send(_source("live.html"), "text/html; charset=utf-8", {"Content-Security-Policy": _LIVE_POLICY})
            case "/live.js":
                self._send(_source("live.js"), "text/javascript; charset=utf-8")
            case "/live.css":
                self._send(_source("live.css"), "text/css; charset=utf-8")
            case "/status.json":
                told = status_of(self.server.observe(), self.server.pages, self.server.title)
                self._send(json.dumps(told, allow_nan=False).encode("utf-8"), "application/json")
            case "/report.html":
                self._send_report()
            case _:
                self._plain(HTTPStatus.NOT_FOUND, "there is nothing of this name")

    def _send_report(self) -> None:
        page = self.server.pages.current
        if page is None:
            self._plain(HTTPStatus.NOT_FOUND, "there is no page about this run yet")
            return
        headers = {"Content-Security-Policy": _PAGE_POLICY, "Vary": "Accept-Encoding"}
        packed = "gzip" in self.headers.get("Accept-Encoding", "")
        if packed:
            headers["Content-Encoding"] = "gzip"
        self._send(page.packed if packed else page.data, "text/html; charset=utf-8", headers)

    def _plain(self, status: HTTPStatus, text: str, headers: Mapping[str, str] | None = None) -> None:
        # What else the reader may have sent is not waited for.
        self.close_connection = True
        self._send(
            f"{text}\n".encode(), "text/plain; charset=utf-8", {"Connection": "close", **(headers or {})}, status
        )

    def _send(
        self, data: bytes, kind: str, headers: Mapping[str, str] | None = None, status: HTTPStatus = HTTPStatus.OK
    ) -> None:
        always = {
            "Content-Type": kind,
            "Content-Length": str(len(data)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        }
        if "Content-Length" in self.headers or "Transfer-Encoding" in self.headers:
            self.close_connection = True  # with a body that nobody reads
        self.send_response(status)
        for name, value in {**always, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is no request that this server knows, in plain text."""
        del explain
        status = HTTPStatus(code)
        if not hasattr(self, "headers"):
            self.headers = self.MessageClass()
        self._plain(status, message or status.phrase)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base's name
        _log.debug(format, *arguments)


for _method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"):
    setattr(_Answer, f"do_{_method}", _Answer._refuse_method)


def listening(host: str, port: int | None, observe: Callable[[], Observation], pages: Pages, title: str) -> RunServer:
    """Return a server that listens.

    Args:
        host: name or address to listen at.
        port: 0 for any free one; None for `PORT`, or the next free one after it.
        observe: see `RunServer`.
        pages: see `RunServer`.
        title: see `RunServer`.

    Raises:
        ConfigError: the port is taken or not allowed, or the host is not of this machine.
    """
    try:
        free = _free_port(host)
    except OSError as error:
        got = f"'{host}' ({error.strerror or error})"
        raise ConfigError("a name or an address of this machine", got, "leave {field} out", "host") from error
    *others, last = [*range(PORT, PORT + _TRIED), 0] if port is None else [port]
    for candidate in others:
        with suppress(OSError):
            return RunServer((host, candidate), observe, pages, title)
    try:
        return RunServer((host, last), observe, pages, title)
    except OSError as error:
        remedy = f"set {{field}}={free}, which is free, or {{field}}=0 for any free one"
        raise ConfigError("a port that is free", f"{last} ({error.strerror or error})", remedy, "port") from error


def _free_port(host: str) -> int:
    """Return a port that is free on a host.

    Raises:
        OSError: nothing can listen there.
    """
    (family, kind, _, _, address), *_ = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)
    with socket.socket(family, kind) as trial:
        trial.bind(address)
        return int(trial.getsockname()[1])


def _names_of(host: str) -> frozenset[str]:
    """Return the names that a request may give a server that listens at a host."""
    names = {"localhost", host.lower()}
    if not is_local(host):
        names |= {socket.gethostname().lower(), socket.getfqdn().lower()}
    return frozenset(names)


def is_local(host: str) -> bool:
    """Return whether what listens at a host is reached from this machine alone."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return all(ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found)
    except (OSError, ValueError):
        return False


def status_of(seen: Observation, pages: Pages, title: str) -> dict[str, Any]:
    """Return what the live page shows above the page about the run, plain values."""
    page, last = pages.current, (seen.rows[-1] if seen.rows else {})
    return {
        "title": title,
        "state": seen.state,
        "word": seen.word,
        "told": seen.told,
        "finished": len(seen.rows),
        "generations": seen.generations,
        "progress": seen.progress,
        "workers": seen.workers,
        "seconds_left": _number(seen.seconds_left),
        "quiet": round(seen.quiet, 1),
        "best": None if seen.best is None else seen.best.name,
        "best_fitness": _number(last.get("best_fitness")),
        "mean_fitness": _number(last.get("mean_fitness")),
        "lines": [
            [_number(value) for value in shared_out(seen.fitness(name), _POINTS)]
            for name in ("best_fitness", "mean_fitness")
        ],
        "page": None if page is None else page.version,
        "fault": seen.fault or pages.fault,
    }


def _number(value: object) -> float | None:
    plain = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(f"{value:.6g}") if plain else None


def _source(name: str) -> bytes:
    return (resources.files("codesign.cli.watch") / name).read_bytes()
