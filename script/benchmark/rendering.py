"""Bulletins as files: time, memory, whether they grow with the pages, where the time goes, and what else prints so many pages.

Cold is a new process, from its start to the finished bytes; warm the next document in the same process. Seconds are wall
time with CPU seconds beside them: on a busy machine believe the latter.
"""

import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2

from reports.renderers.registry import formats_of
from script.benchmark import rivals
from script.benchmark.documents import Document, of_pages, sample_bulletin
from script.benchmark.serving import ROOT

# Pages of the documents: that of 2024, and up to a long one.
SHEETS = (12, 50, 100, 200)
COLD_AIM = 1.2
# A page of the longest document may cost so much more than one of the second shortest.
LINEAR = 1.15


@dataclass(frozen=True)
class Cost:
    """Seconds, MiB at the peak, bytes."""

    wall: float
    cpu: float
    peak: float
    size: int


@dataclass(frozen=True)
class Paper:
    """A document on disk as the worker reads it; `made`: its PDF."""

    path: Path
    pages: int
    made: bytes


def run(env: dict[str, str], sheets: list[int], repeat: int) -> None:
    sample = sample_bulletin(env)
    papers = [_paper(env, sample, pages) for pages in sorted(sheets)]
    warm = _files(env, papers, repeat)
    _growth(env, papers, repeat)
    _stages(env, papers[0])
    first = papers[0]
    with tempfile.TemporaryDirectory() as scratch:
        word = Path(scratch) / "bulletin.docx"
        word.write_bytes(_worker(env, "docx", first.path)[1])
        rivals.run(first.made, first.pages, word, Path(scratch), repeat, ours=warm)


def _paper(env: dict[str, str], sample: Document, pages: int) -> Paper:
    path = Path(env["VAR_DIR"]) / f"{pages}.json"

    def write(document: Document) -> bytes:
        path.write_text(json.dumps(document, ensure_ascii=False, sort_keys=True), encoding="utf-8")
        return _worker(env, "pdf", path)[1]

    document, count = of_pages(sample, pages, lambda document: _count(write(document)))
    return Paper(path, count, write(document))


def _count(pdf: bytes) -> int:
    with pypdfium2.PdfDocument(pdf) as document:
        return len(document)


def _files(env: dict[str, str], papers: list[Paper], repeat: int) -> float:
    """Print a row for each format of the shortest and the longest document. The shortest one's warm seconds as PDF."""
    print("\nrendering, median of", repeat)
    print(f"{'cold s':>10}{'CPU s':>8}{'MiB':>6}{'warm s':>9}{'CPU s':>8}{'MiB':>6}{'KiB':>8}  file")
    ours = 0.0
    for paper in dict.fromkeys((papers[0], papers[-1])):
        for file_format in formats_of("bulletin"):
            cold = _median([_worker(env, file_format, paper.path)[0] for _ in range(repeat)])
            warm = _warm(env, file_format, paper, repeat)
            aimed = file_format == "pdf" and paper is papers[0]
            ours = warm.wall if aimed else ours
            verdict = "" if not aimed else "  ✓" if cold.wall <= COLD_AIM else f"  ✗ aim {COLD_AIM} s cold"
            print(
                f"{cold.wall:>10.2f}{cold.cpu:>8.2f}{cold.peak:>6.0f}{warm.wall:>9.2f}{warm.cpu:>8.2f}"
                f"{warm.peak:>6.0f}{cold.size / 1024:>8.0f}  {file_format}, {paper.pages} pages{verdict}",
                flush=True,
            )
    return ours


def _growth(env: dict[str, str], papers: list[Paper], repeat: int) -> None:
    print(f"\n{'pages':>10}{'warm s':>9}{'CPU s':>8}{'ms/page':>9}{'CPU ms':>8}{'MiB':>6}{'KiB/page':>10}")
    rates: list[float] = []
    memory: list[tuple[int, float]] = []
    for paper in papers:
        cost = _warm(env, "pdf", paper, max(repeat // 2, 1))
        rates.append(cost.cpu / paper.pages)
        memory.append((paper.pages, cost.peak))
        print(
            f"{paper.pages:>10}{cost.wall:>9.2f}{cost.cpu:>8.2f}{cost.wall / paper.pages * 1000:>9.1f}"
            f"{rates[-1] * 1000:>8.1f}{cost.peak:>6.0f}{cost.size / 1024 / paper.pages:>10.1f}",
            flush=True,
        )
    if len(papers) > 2:
        times = rates[-1] / rates[1]
        verdict = "✓ linear" if times <= LINEAR else f"✗ aim {LINEAR} ×"
        each = [
            (later[1] - former[1]) / (later[0] - former[0]) if later[0] > former[0] else 0.0
            for former, later in itertools.pairwise(memory)
        ]
        print(f"a page of the longest: {times:.2f} × one of {papers[1].pages} pages  {verdict}")
        print("MiB for each further page:", ", ".join(f"{part:.2f}" for part in each))


def _stages(env: dict[str, str], paper: Paper) -> None:
    """Where the CPU seconds go, in the first document of a process and in the next."""
    lines = _child({**env, "STAGES": "1"}, "pdf", [paper, paper])
    first, then = (line["stages"] for line in lines)
    print(f"\n{'first ms':>10}{'then ms':>9}  CPU time of {paper.pages} pages")
    for step in first:
        print(f"{first[step] * 1000:>10.0f}{then.get(step, 0) * 1000:>9.0f}  {step}")
    print(f"{sum(first.values()) * 1000:>10.0f}{sum(then.values()) * 1000:>9.0f}  all", flush=True)


def _warm(env: dict[str, str], file_format: str, paper: Paper, repeat: int) -> Cost:
    """The document after one like it, in a process of its own each time."""
    return _median(
        [
            Cost(line["wall"], line["cpu"], line["peak"], line["size"])
            for _ in range(repeat)
            for line in _child(env, file_format, [paper, paper])[1:]
        ]
    )


def _child(env: dict[str, str], file_format: str, papers: list[Paper]) -> list[dict[str, Any]]:
    command = [
        sys.executable,
        "-m",
        "script.benchmark.child",
        file_format,
        *(str(paper.path) for paper in papers),
    ]
    done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def _worker(env: dict[str, str], file_format: str, path: Path) -> tuple[Cost, bytes]:
    """A worker as the application starts it, and the file that it made."""
    own = {**env, "RENDER_PARENT": str(os.getpid()), "RENDER_SECONDS": "600"}
    command = [sys.executable, "-m", "reports.renderers.worker", file_format]
    began = time.perf_counter()
    with path.open("rb") as given:
        process = subprocess.Popen(command, cwd=ROOT, env=own, stdin=given, stdout=subprocess.PIPE)
        assert process.stdout is not None
        answer = process.stdout.read()
    wall = time.perf_counter() - began
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} < {path}: {process.returncode}")
    # Behind the line that says what is made (see the worker) stands the file.
    made = json.loads(answer.split(b"\n", 2)[1])
    content = answer.split(b"\n", 2)[2]
    assert len(content) == made["size"]
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, len(content)), content


def _median(costs: list[Cost]) -> Cost:
    return Cost(
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
        max(cost.peak for cost in costs),
        costs[0].size,
    )
