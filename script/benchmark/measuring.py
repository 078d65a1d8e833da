"""A job in a process of its own, and what it took."""

import json
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from script.benchmark.memory import forget_peak, peak
from script.benchmark.serving import ROOT

Given = TypeVar("Given")


class Cost(NamedTuple):
    """Seconds; MiB at the peak, and how many of these the work added; what else the job says."""

    wall: float
    cpu: float
    peak: float
    added: float
    said: dict[str, Any]


def measured(work: Callable[[], Given], **said: Any) -> Given:
    """Print what `work` takes as a line of JSON, for `cost_of`; what it gives."""
    forget_peak()
    before, wall, cpu = peak(), time.perf_counter(), time.process_time()
    given = work()
    spent = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    print(json.dumps({**spent, "peak": peak(), "added": peak() - before, "said": said}), flush=True)
    return given


def costs_of(env: dict[str, str], command: Sequence[str]) -> list[Cost]:
    """Run `command`, and each line of `measured` as it came."""
    done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, check=True)
    return [Cost(**json.loads(line)) for line in done.stdout.splitlines()]


def median(costs: Sequence[Cost]) -> Cost:
    """Medians of the times, the most memory."""
    return Cost(
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
        max(cost.peak for cost in costs),
        max(cost.added for cost in costs),
        costs[0].said,
    )
