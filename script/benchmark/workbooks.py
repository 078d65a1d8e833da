"""Workbooks out and in, beside what openpyxl alone takes for the same cells: the year's 台账, a plan's import, a unit's 季度填报表.

Everything runs in a process of its own, ours and openpyxl's by turns. Ratios are of CPU seconds, which other work on the
machine touches less than those on the wall.
"""

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from script.benchmark.measuring import Cost, costs_of, median
from script.benchmark.serving import manage

# How often openpyxl's time for the same cells the year's 台账 and the reading of a plan may take.
BOOK_AIM, IMPORT_AIM = 1.5, 3.0
# MiB that the larger year may take more than the smaller one.
FLAT = 8.0
FILINGS = (8_400, 84_000)
ROWS = 5_000
FILING_ROWS = 21
# Of a measure of the synthetic load: five units, four quarters.
_FILINGS_EACH = 20

Fresh = Callable[[str], AbstractContextManager[dict[str, str]]]


def run(fresh: Fresh, filings: Sequence[int], rows: int, repeat: int) -> None:
    """`fresh`: makes the environment of a run with nothing in it, on a kind of database."""
    print(f"\nworkbooks, median of {repeat}; × bare: CPU seconds beside openpyxl's for the same cells")
    print(f"{'s':>10}{'CPU s':>8}{'× bare':>8}{'MiB':>6}{'added':>7}  what")
    _years(fresh, sorted(filings), repeat)
    _import(fresh, rows, repeat)
    _filing_book(fresh, repeat)


# --- the year's 台账 --------------------------------------------------------------------------------
def _years(fresh: Fresh, filings: Sequence[int], repeat: int) -> None:
    added: list[float] = []
    for count in filings:
        with fresh("sqlite") as env:
            ours = _year(env, count, repeat, aim=BOOK_AIM if count == max(filings) else None)
        added.append(ours.added)
    if len(added) > 1:
        more = added[-1] - added[0]
        verdict = "✓ flat" if more <= FLAT else f"✗ aim {FLAT:g} MiB"
        print(f"{more:>+38.1f} MiB for {filings[-1] / filings[0]:g} times as many filings  {verdict}")


def _year(env: dict[str, str], count: int, repeat: int, *, aim: float | None) -> Cost:
    folder = Path(env["VAR_DIR"])
    book, cells = str(folder / "year.xlsx"), str(folder / "cells")
    manage(env, "migrate", "-v", "0")
    manage(env, "generate_load", "--measures", str(count // _FILINGS_EACH))
    ours: list[Cost] = []
    bare: list[Cost] = []
    for _ in range(repeat):
        ours += _ours(env, f"yearbook({book!r})")
        if not bare:
            _ours(env, f"dump({book!r}, {cells!r})")
        bare += [_less_brought(cost) for cost in _bare(env, "write", cells, str(folder / "bare.xlsx"))]
    rival, own = median(bare), median(ours)
    _row(rival, f"openpyxl write-only, the cells of {count:,} filings")
    _row(own, f"全年台账 of {count:,} filings, from the database", rival, aim=aim)
    return own


def _less_brought(cost: Cost) -> Cost:
    """Without what bringing up the cells took."""
    brought = cost.said["brought"]
    return cost._replace(wall=cost.wall - brought["wall"], cpu=cost.cpu - brought["cpu"])


# --- a plan's import ------------------------------------------------------------------------------
def _import(fresh: Fresh, rows: int, repeat: int) -> None:
    streamed: list[Cost] = []
    whole: list[Cost] = []
    steps: list[list[Cost]] = []
    for _ in range(repeat):
        # What is imported would be there the next time.
        with fresh("sqlite") as env:
            path = str(Path(env["VAR_DIR"]) / "plan.xlsx")
            manage(env, "migrate", "-v", "0")
            manage(env, "loaddata", "-v", "0", "units")
            _ours(env, f"plan_file({path!r}, {rows})")
            streamed += _bare(env, "read", path)
            steps.append(_ours(env, f"import_plan({path!r})"))
            whole += _bare(env, "read_all", path)
    rival = median(streamed)
    _row(rival, f"openpyxl read-only, every cell of {rows:,} rows")
    _row(median(whole), f"openpyxl as it reads otherwise, {rows:,} rows", rival)
    read, resolved, saved = (median(costs) for costs in zip(*steps, strict=True))
    _row(read, f"a plan of {rows:,} rows read: vetted, taken apart, mended", rival, aim=IMPORT_AIM)
    _row(resolved, "its names resolved", rival)
    _row(saved, "saved, with all that belongs to it", rival)
    all_steps = (read, resolved, saved)
    together = saved._replace(
        wall=sum(cost.wall for cost in all_steps),
        cpu=sum(cost.cpu for cost in all_steps),
        added=sum(cost.added for cost in all_steps),
    )
    _row(together, "the whole import", rival)


# --- a unit's 季度填报表 ------------------------------------------------------------------------------
def _filing_book(fresh: Fresh, repeat: int) -> None:
    with fresh("sqlite") as env:
        manage(env, "migrate", "-v", "0")
        manage(env, "generate_load")
        steps = [_ours(env, f"filing_book_of({FILING_ROWS})") for _ in range(repeat)]
    made, read = (median(costs) for costs in zip(*steps, strict=True))
    _row(made, f"季度填报表 of {FILING_ROWS} measures made")
    _row(read, "the same read")


def _ours(env: dict[str, str], call: str) -> list[Cost]:
    return costs_of(
        env,
        [
            sys.executable,
            "manage.py",
            "shell",
            "-v",
            "0",
            "-c",
            f"from script.benchmark import ours; ours.{call}",
        ],
    )


def _bare(env: dict[str, str], *arguments: str) -> list[Cost]:
    return costs_of(env, [sys.executable, "-m", "script.benchmark.bare", *arguments])


def _row(cost: Cost, what: str, rival: Cost | None = None, *, aim: float | None = None) -> None:
    times = cost.cpu / rival.cpu if rival else 0.0
    verdict = "" if aim is None else "  ✓" if times <= aim else f"  ✗ aim {aim:g} ×"
    ratio = f"{times:.2f}" if rival else ""
    print(
        f"{cost.wall:>10.2f}{cost.cpu:>8.2f}{ratio:>8}{cost.peak:>6.0f}{cost.added:>7.1f}  {what}{verdict}",
        flush=True,
    )
