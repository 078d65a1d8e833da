"""The pages of the application beside a bare one, on a synthetic load."""

import tempfile
import time

from script.benchmark.serving import Request, login, manage, server, time_requests

# How often the bare page's time 总览 and 措施清单 may take.
AIM = 5


def run(env: dict[str, str], title: str, plans: int, seconds: float) -> None:
    _build(env, plans)
    with server(env) as port:
        _measure(port, title, seconds)


def _build(env: dict[str, str], plans: int) -> None:
    """Migrate, generate, and issue the bulletin of the newest plan's first quarter."""
    began = time.perf_counter()
    manage(env, "migrate", "-v", "0")
    manage(env, "collectstatic", "--noinput", "-v", "0")
    manage(env, "generate_load", "--plans", str(plans))
    built = time.perf_counter()
    code = "from tasks.models import Plan; print(Plan.objects.get(code='load-0001').year)"
    year = manage(env, "shell", "-v", "0", "-c", code)
    with tempfile.TemporaryDirectory() as out:
        manage(env, "issue_bulletin", f"load-0001:{year}Q1", "--out", out)
    print(
        f"\nbuilt {plans} plans in {built - began:.0f} s, issued a bulletin in {time.perf_counter() - built:.1f} s"
    )


def _pages() -> list[Request]:
    quarter = "/load-0001/q3/"
    return [
        Request("裸页面", "/bare/", "load-leader"),
        Request("总览", quarter + "overview/", "load-leader", aimed=True),
        Request("措施清单（21 行）", quarter + "measures/", "load-leader", aimed=True),
        Request("措施", quarter + "measures/8/", "load-office"),
        Request("工作台", quarter + "workbench/", "load-unit"),
        Request("审核队列", quarter + "review/", "load-office"),
        Request("台账", quarter + "ledger.xlsx", "load-office"),
        Request("下载 PDF", "/load-0001/q1/bulletin.pdf", "load-leader"),
    ]


def _measure(port: int, title: str, seconds: float) -> None:
    """Print a row for each page and number of connections."""
    wanted = _pages()
    cookies = {account: login(port, account) for account in {page.account for page in wanted}}
    for connections in (1, 8):
        print(f"\n{title}, {connections} connection{'s' if connections > 1 else ''}")
        print(f"{'first ms':>10}{'p50 ms':>9}{'p95 ms':>9}{'req/s':>8}{'× bare':>8}{'KiB':>7}  page")
        bare = 0.0
        for page in wanted:
            timing = time_requests(port, page, cookies[page.account], connections, seconds)
            bare = bare or timing.p50
            times = timing.p50 / bare
            verdict = "" if not page.aimed else "  ✓" if times <= AIM else f"  ✗ aim {AIM} ×"
            print(
                f"{timing.first:>10.1f}{timing.p50:>9.1f}{timing.p95:>9.1f}{timing.rate:>8.0f}"
                f"{times:>8.1f}{timing.size / 1024:>7.0f}  {page.name}{verdict}",
                flush=True,
            )
