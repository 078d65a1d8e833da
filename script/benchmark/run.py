"""What `script/bench` does: build a load, serve it as in real use, and time the pages beside a bare one."""

import argparse
import http.client
import os
import platform
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = secrets.token_urlsafe(12)
# At most so many requests a measurement, whatever the seconds.
REQUESTS_MAX = 2000
# How often the bare page's time 总览 and 措施清单 may take.
AIM = 5


@dataclass(frozen=True)
class Page:
    name: str
    path: str
    account: str
    aimed: bool = False


@dataclass(frozen=True)
class Timing:
    """Milliseconds, and requests per second."""

    first: float
    p50: float
    p95: float
    rate: float
    size: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--plans", type=int, action="append")
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement")
    options = parser.parse_args()
    print(f"{platform.python_version()}, {os.cpu_count()} cores, gunicorn gthread 2 × 4")
    for database in options.database or ["sqlite", "postgresql"]:
        for plans in options.plans or [1, 200]:
            with (
                tempfile.TemporaryDirectory(prefix="bench-") as folder,
                environment(database, Path(folder)) as env,
            ):
                build(env, plans)
                with server(env) as port:
                    measure(port, f"{database}, {plans} plans", pages(env), options.seconds)


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


def build(env: dict[str, str], plans: int) -> None:
    """Migrate, generate, and issue the bulletin of the newest plan's first quarter."""
    began = time.perf_counter()
    manage(env, "migrate", "-v", "0")
    manage(env, "collectstatic", "--noinput", "-v", "0")
    manage(env, "generate_load", "--plans", str(plans))
    built = time.perf_counter()
    with tempfile.TemporaryDirectory() as out:
        manage(env, "issue_bulletin", f"load-0001:{newest_year(env)}Q1", "--out", out)
    print(
        f"\nbuilt {plans} plans in {built - began:.0f} s, issued a bulletin in {time.perf_counter() - built:.1f} s"
    )


def newest_year(env: dict[str, str]) -> str:
    code = "from tasks.models import Plan; print(Plan.objects.get(code='load-0001').year)"
    return manage(env, "shell", "-v", "0", "-c", code)


def pages(env: dict[str, str]) -> list[Page]:
    quarter = "/load-0001/q3/"
    return [
        Page("裸页面", "/bare/", "load-leader"),
        Page("总览", quarter + "overview/", "load-leader", aimed=True),
        Page("措施清单（21 行）", quarter + "measures/", "load-leader", aimed=True),
        Page("措施", quarter + "measures/8/", "load-office"),
        Page("工作台", quarter + "workbench/", "load-unit"),
        Page("审核队列", quarter + "review/", "load-office"),
        Page("台账", quarter + "ledger.xlsx", "load-office"),
        Page("下载 PDF", "/load-0001/q1/bulletin.pdf", "load-leader"),
    ]


@contextmanager
def server(env: dict[str, str]) -> Iterator[int]:
    """gunicorn as script/server runs it, on a free port; ends with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "xigang_eco.wsgi", "--bind", f"127.0.0.1:{port}"]
    command += [
        "--no-control-socket",
        "--worker-class",
        "gthread",
        "--workers",
        "2",
        "--threads",
        "4",
        "--log-level",
        "error",
    ]
    process = subprocess.Popen(command, cwd=ROOT, env=env)
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
    """A Cookie header of that account."""
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


def measure(port: int, title: str, wanted: list[Page], seconds: float) -> None:
    """Print a row for each page and number of connections."""
    cookies = {account: login(port, account) for account in {page.account for page in wanted}}
    for connections in (1, 8):
        print(f"\n{title}, {connections} connection{'s' if connections > 1 else ''}")
        print(f"{'first ms':>10}{'p50 ms':>9}{'p95 ms':>9}{'req/s':>8}{'× bare':>8}{'KiB':>7}  page")
        bare = 0.0
        for page in wanted:
            timing = time_page(port, page, cookies[page.account], connections, seconds)
            bare = bare or timing.p50
            times = timing.p50 / bare
            verdict = "" if not page.aimed else "  ✓" if times <= AIM else f"  ✗ aim {AIM} ×"
            print(
                f"{timing.first:>10.1f}{timing.p50:>9.1f}{timing.p95:>9.1f}{timing.rate:>8.0f}"
                f"{times:>8.1f}{timing.size / 1024:>7.0f}  {page.name}{verdict}",
                flush=True,
            )


def time_page(port: int, page: Page, cookie: str, connections: int, seconds: float) -> Timing:
    """Ask for the page over `connections` kept-open connections for `seconds`, after a few unmeasured ones."""
    first, size = 0.0, 0
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for number in range(8):
        took, size = ask(connection, page, cookie)
        first = first or took
        if number >= 3 and took > 1000:
            break
    end = time.perf_counter() + seconds

    def client(_: int) -> list[float]:
        own = http.client.HTTPConnection("127.0.0.1", port)
        times: list[float] = []
        while time.perf_counter() < end and len(times) < REQUESTS_MAX // connections:
            times.append(ask(own, page, cookie)[0])
        return times

    began = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        times = sorted(took for own in pool.map(client, range(connections)) for took in own)
    wall = time.perf_counter() - began
    return Timing(first, times[len(times) // 2], times[int(len(times) * 0.95)], len(times) / wall, size)


def ask(connection: http.client.HTTPConnection, page: Page, cookie: str) -> tuple[float, int]:
    """(milliseconds, bytes) of one request; a status other than 200 stops the run."""
    began = time.perf_counter()
    connection.request("GET", page.path, headers={"Cookie": cookie})
    response = connection.getresponse()
    size = len(response.read())
    if response.status != 200:
        sys.exit(f"{page.path}: {response.status}")
    return (time.perf_counter() - began) * 1000, size


if __name__ == "__main__":
    main()
