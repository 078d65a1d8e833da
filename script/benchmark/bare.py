"""`python -m script.benchmark.bare JOB ARGUMENT…`: what openpyxl takes for the same cells, and nothing of the application.

write CELLS TARGET: the rows in CELLS (see ours.dump), as they come, into sheets of its write-only mode
read FILE, read_all FILE: every cell of a workbook, in its streaming mode, and as it reads a workbook otherwise
"""

import pickle
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

from script.benchmark.measuring import measured


class _Rows:
    """The rows in a file, one in memory at a time. `wall`, `cpu`: what bringing them up has taken, which is not counted."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.wall = self.cpu = 0.0

    def __iter__(self) -> Iterator[Any]:
        with Path(self.path).open("rb") as file:
            while True:
                wall, cpu = time.perf_counter(), time.process_time()
                try:
                    # Our own rows: the benchmark has written them a moment ago.
                    row = pickle.load(file)  # noqa: S301
                except EOFError:
                    return
                self.wall += time.perf_counter() - wall
                self.cpu += time.process_time() - cpu
                yield row


def write(cells: str, target: str) -> None:
    rows = _Rows(cells)
    said: dict[str, float] = {}

    def work() -> None:
        book = Workbook(write_only=True)
        sheet: Any = None
        for row in rows:
            if isinstance(row, str):
                sheet = book.create_sheet(row)
            else:
                sheet.append(row)
        book.save(target)
        said.update(wall=rows.wall, cpu=rows.cpu)

    measured(work, brought=said)


def read(path: str, *, read_only: bool = True) -> None:
    def work() -> int:
        book = load_workbook(path, read_only=read_only)
        return sum(1 for sheet in book for row in sheet.iter_rows(values_only=True) for _ in row)

    measured(work)


def read_all(path: str) -> None:
    read(path, read_only=False)


if __name__ == "__main__":
    jobs: dict[str, Callable[..., None]] = {"write": write, "read": read, "read_all": read_all}
    jobs[sys.argv[1]](*sys.argv[2:])
