"""`python -m script.benchmark.child FORMAT FIRST.json NEXT.json…`: a line of JSON on stdout for each document rendered.

One process renders one document after the other, as the worker would: {"wall", "cpu": seconds, "peak": MiB, "size": bytes}.
With STAGES=1 also "stages": step → CPU seconds (see stages.py); the first line counts the imports, too.
"""

import gc
import json
import os
import sys
import time
from pathlib import Path

from reports.renderers import registry, worker
from script.benchmark.memory import forget_peak, peak
from script.benchmark.stages import Clock


def main(file_format: str, paths: list[str]) -> None:
    worker.settle()
    clock = Clock() if os.environ.get("STAGES") else None
    # Since the process began.
    imported = time.process_time()
    for path in paths:
        forget_peak()
        wall, cpu = time.perf_counter(), time.process_time()
        document = json.loads(Path(path).read_bytes())
        read = time.process_time() - cpu
        worker.begin(document, [file_format], "")
        content = registry.render(document, file_format)
        line = {
            "wall": time.perf_counter() - wall,
            "cpu": time.process_time() - cpu,
            "peak": peak(),
            "size": len(content),
        }
        if clock:
            line["stages"] = {"imports": imported, "reading JSON": read, **clock.taken()}
            imported = 0.0
        print(json.dumps(line), flush=True)
        # As the worker does between two files.
        del document, content
        gc.collect()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
