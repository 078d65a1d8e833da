"""What `script/bench` does: the pages on a load, the rendering of bulletins, their downloads, and workbooks out and in."""

import argparse
import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from script.benchmark import downloads, pages, rendering, workbooks
from script.benchmark.serving import environment

PARTS = ("pages", "rendering", "downloads", "workbooks")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="leave the other parts out")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--plans", type=int, action="append")
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement of pages and downloads")
    parser.add_argument(
        "--repeat", type=int, default=5, help="how often each rendering and workbook is timed"
    )
    parser.add_argument("--sheets", type=int, action="append", help="pages of the documents to render")
    parser.add_argument("--filings", type=int, action="append", help="filings of the year's workbook")
    parser.add_argument("--rows", type=int, default=workbooks.ROWS, help="rows of the plan to import")
    options = parser.parse_args()
    parts = options.only or PARTS
    databases = options.database or ["sqlite", "postgresql"]
    print(
        f"{platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, gunicorn gthread 2 × 4"
    )
    if "pages" in parts:
        for database in databases:
            for plans in options.plans or [1, 200]:
                with fresh(database) as env:
                    pages.run(env, f"{database}, {plans} plans", plans, options.seconds)
    if "rendering" in parts:
        with fresh("sqlite") as env:
            rendering.run(env, options.sheets or list(rendering.SHEETS), options.repeat)
    if "downloads" in parts:
        for database in databases:
            with fresh(database) as env:
                downloads.run(env, database, options.seconds)
    if "workbooks" in parts:
        workbooks.run(fresh, options.filings or list(workbooks.FILINGS), options.rows, options.repeat)


@contextmanager
def fresh(database: str) -> Iterator[dict[str, str]]:
    """The environment of a run with nothing in it, in a folder that ends with the block."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, environment(database, Path(folder)) as env:
        yield env


if __name__ == "__main__":
    main()
