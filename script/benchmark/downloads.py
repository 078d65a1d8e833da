"""An issued PDF against a bare static file of the same bytes, from the same server: whole, a part of it, and not changed."""

from pathlib import Path

from script.benchmark.serving import Request, headers, login, manage, server, time_requests

ACCOUNT = "leader"
STATIC = "bench-download.pdf"
PART = "bytes=0-65535"
_COPY = """
from pathlib import Path
from reports.models import BulletinFile
file = BulletinFile.objects.filter(format="pdf", bulletin__status="issued").first()
Path({target!r}).write_bytes(bytes(file.content))
print(file.bulletin.period.plan.code, file.bulletin.period.quarter)
"""


def run(env: dict[str, str], title: str, seconds: float) -> None:
    """The demo year has issued quarters: one's file is copied to where static files are served from."""
    manage(env, "migrate", "-v", "0")
    manage(env, "load_plan")
    manage(env, "demo")
    manage(env, "collectstatic", "--noinput", "-v", "0")
    target = Path(env["VAR_DIR"]) / "static" / STATIC
    plan, quarter = manage(env, "shell", "-v", "0", "-c", _COPY.format(target=str(target))).split()
    with server(env) as port:
        _measure(port, title, f"/{plan}/q{quarter}/bulletin.pdf", seconds)


def _measure(port: int, title: str, path: str, seconds: float) -> None:
    cookie = login(port, ACCOUNT)
    bare = f"/static/{STATIC}"
    etag = headers(port, path, cookie)["ETag"]
    changed = headers(port, bare, "")["Last-Modified"]
    pairs = [
        (Request("静态文件", bare), Request("已印发的 PDF", path, ACCOUNT)),
        (
            Request("静态文件，一段（206）", bare, headers={"Range": PART}, status=206),
            Request("已印发的 PDF，一段（206）", path, ACCOUNT, headers={"Range": PART}, status=206),
        ),
        (
            Request("静态文件，未变（304）", bare, headers={"If-Modified-Since": changed}, status=304),
            Request("已印发的 PDF，未变（304）", path, ACCOUNT, headers={"If-None-Match": etag}, status=304),
        ),
    ]
    # What no answer of the application goes below: a session and a user.
    floor = Request("裸页面", "/bare/", ACCOUNT)
    for connections in (1, 8):
        print(f"\ndownloads, {title}, {connections} connection{'s' if connections > 1 else ''}")
        print(f"{'p50 ms':>10}{'p95 ms':>9}{'req/s':>8}{'of bare':>9}{'KiB':>7}  what")
        for pair in [*pairs, (floor,)]:
            rates: list[float] = []
            for request in pair:
                timing = time_requests(port, request, cookie if request.account else "", connections, seconds)
                rates.append(timing.rate)
                share = f"{rates[-1] / rates[0]:.0%}" if len(rates) > 1 else ""
                print(
                    f"{timing.p50:>10.1f}{timing.p95:>9.1f}{timing.rate:>8.0f}{share:>9}"
                    f"{timing.size / 1024:>7.0f}  {request.name}",
                    flush=True,
                )
