"""A server as in real use on a database of its own, and what it takes to ask it for something and time the answer."""

import http.client
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = secrets.token_urlsafe(12)
# At most so many requests a measurement, whatever the seconds.
REQUESTS_MAX = 2000


@dataclass(frozen=True)
class Request:
    """What is asked for, as whom (no account: nobody), and the status that is the right answer."""

    name: str
    path: str
    account: str = ""
    aimed: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True)
class Timing:
    """Milliseconds, requests per second, bytes of a body."""

    first: float
    p50: float
    p95: float
    rate: float
    size: int


@contextmanager
def environment(database: str, folder: Path) -> Iterator[dict[str, str]]:
    """The variables of a production-like run with a database of its own."""
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "script.benchmark.settings",
        "DEBUG": "0",
        "HTTPS": "0",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "127.0.0.1",
        "VAR_DIR": str(folder),
        "LOAD_PASSWORD": PASSWORD,
        "DEMO_PASSWORD": PASSWORD,
        "FONT_DIR": "",
    }
    # A database of the caller's is never touched: with_postgresql, too, would take it.
    env.pop("DATABASE_URL", None)
    if database == "sqlite":
        yield env
        return
    command = [sys.executable, "script/with_postgresql", "sh", "-c", 'echo "$DATABASE_URL"; exec cat']
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as postgres:
        assert postgres.stdin is not None
        assert postgres.stdout is not None
        env["DATABASE_URL"] = postgres.stdout.readline().strip()
        try:
            yield env
        finally:
            postgres.stdin.close()


def manage(env: dict[str, str], *arguments: str) -> str:
    result = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        sys.exit(f"manage.py {' '.join(arguments)}:\n{result.stdout}{result.stderr}")
    return result.stdout.strip()


@contextmanager
def server(env: dict[str, str]) -> Iterator[int]:
    """gunicorn as script/server runs it, on a free port; ends with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "xigang_eco.wsgi", "--bind", f"127.0.0.1:{port}"]
    command += ["--no-control-socket", "--worker-class", "gthread", "--workers", "2", "--threads", "4"]
    process = subprocess.Popen([*command, "--log-level", "error"], cwd=ROOT, env=env)
    try:
        for _ in range(100):
            time.sleep(0.1)
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def login(port: int, account: str) -> str:
    """A Cookie header of that account; empty for nobody."""
    if not account:
        return ""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/login/")
    response = connection.getresponse()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', response.read().decode())
    assert token, "no login form"
    cookies = SimpleCookie(response.headers["Set-Cookie"])
    body = urlencode({"username": account, "password": PASSWORD, "csrfmiddlewaretoken": token.group(1)})
    connection.request(
        "POST",
        "/login/",
        body,
        {"Content-Type": "application/x-www-form-urlencoded", "Cookie": _header(cookies)},
    )
    response = connection.getresponse()
    response.read()
    assert response.status == 302, f"login of {account}: {response.status}"
    for value in response.headers.get_all("Set-Cookie") or []:
        cookies.load(value)
    return _header(cookies)


def _header(cookies: SimpleCookie) -> str:
    return "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())


def time_requests(port: int, request: Request, cookie: str, connections: int, seconds: float) -> Timing:
    """Ask over `connections` kept-open connections for `seconds`, after a few unmeasured times."""
    first, size = 0.0, 0
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for number in range(8):
        took, size = ask(connection, request, cookie)
        first = first or took
        if number >= 3 and took > 1000:
            break
    end = time.perf_counter() + seconds

    def client(_: int) -> list[float]:
        own = http.client.HTTPConnection("127.0.0.1", port)
        times: list[float] = []
        while time.perf_counter() < end and len(times) < REQUESTS_MAX // connections:
            times.append(ask(own, request, cookie)[0])
        return times

    began = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        times = sorted(took for own in pool.map(client, range(connections)) for took in own)
    wall = time.perf_counter() - began
    return Timing(first, times[len(times) // 2], times[int(len(times) * 0.95)], len(times) / wall, size)


def ask(connection: http.client.HTTPConnection, request: Request, cookie: str) -> tuple[float, int]:
    """(milliseconds, bytes) of one request; another status than the right one stops the run."""
    began = time.perf_counter()
    connection.request("GET", request.path, headers={"Cookie": cookie, **request.headers})
    response = connection.getresponse()
    size = len(response.read())
    if response.status != request.status:
        sys.exit(f"{request.path}: {response.status}")
    return (time.perf_counter() - began) * 1000, size


def headers(port: int, path: str, cookie: str) -> http.client.HTTPMessage:
    """The headers of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", path, headers={"Cookie": cookie})
    response = connection.getresponse()
    response.read()
    if response.status != 200:
        sys.exit(f"{path}: {response.status}")
    return response.headers
