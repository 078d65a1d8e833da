"""`python -m reports.renderers.worker FORMAT…`: a frozen document as JSON on stdin, its files on stdout, one after the other.

A process of its own, so that it can be killed, and so that V8 never lives in a process that forks. It has no database, no
settings and no network. On stdout, for each format, a line of JSON when it is begun, {"begun": format}, and one when it
is made, {"made": format, "size": bytes}, followed by the bytes themselves; or, the last one, {"refused": reason in Chinese}
where the document itself is at fault. What libraries and charts have to say goes to stderr.
"""

import ctypes
import ctypes.util
import gc
import json
import os
import resource
import signal
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

# Before WeasyPrint is loaded: fontconfig reads it once.
os.environ["FONTCONFIG_FILE"] = str(Path(__file__).resolve().parent / "fonts.conf")
warnings.filterwarnings("ignore", message="No fonts configured")

from django.conf import settings  # noqa: E402

from reports.renderers.fonts import FontError, hash_ahead  # noqa: E402
from reports.renderers.lines import RefusedError  # noqa: E402
from reports.renderers.registry import render  # noqa: E402
from reports.renderers.svg import draw_ahead  # noqa: E402

_PR_SET_PDEATHSIG = 1


def main(formats: list[str]) -> None:
    _keep_bounds()
    answer = _own_stdout()
    settle()
    document = json.loads(sys.stdin.buffer.read())
    font_dir = os.environ.get("FONT_DIR", "")
    begin(document, formats, font_dir)
    for place, file_format in enumerate(formats):
        if place:
            gc.collect()
        _say(answer, {"begun": file_format})
        try:
            content = render(document, file_format, font_dir=font_dir)
        except (FontError, RefusedError) as error:
            _say(answer, {"refused": str(error)})
            return
        _say(answer, {"made": file_format, "size": len(content)})
        answer.write(content)
        answer.flush()


def settle() -> None:
    """Before the first document."""
    # What is loaded lives as long as the process, and of a document's objects most until it is made: rubbish is cleared
    # between two files, not while one is made.
    gc.disable()
    # Templates print text and numbers that are text already; no language, no time zone.
    settings.configure(USE_I18N=False, USE_TZ=False)
    if sys.platform == "linux":
        # WeasyPrint tries several names for each of its libraries, the right one last, and for each wrong one this would
        # ask ldconfig, gcc and ld, processes that take 0.15 s together. Linux finds the right ones without.
        ctypes.util.find_library = lambda name: None  # noqa: ARG005 - called by name


def begin(document: dict[str, Any], formats: list[str], font_dir: str) -> None:
    """What needs no Python, while Python loads WeasyPrint: the fonts' hashes, V8 and the charts."""
    hash_ahead(document["fonts"], font_dir)
    charts = document.get("charts", {}).get("parts", []) if {"pdf", "docx"} & {*formats} else []
    brief = document.get("brief", {}).get("charts", []) if "brief" in formats else []
    draw_ahead(
        [(chart["option"], chart["width"], chart["height"]) for chart in [*charts, *brief] if chart["option"]]
    )


def _keep_bounds() -> None:
    """Whoever asked may be gone: an orphan does not run for ever, and ends with its parent where the system can tell."""
    seconds = int(os.environ.get("RENDER_SECONDS", "60"))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    # What is really written to: of addresses V8 reserves more than a terabyte, so that RLIMIT_AS would kill it at once.
    memory = int(os.environ.get("RENDER_MEMORY", str(3 << 30)))
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        # The parent may have ended before this was asked for.
        if os.getppid() != int(os.environ.get("RENDER_PARENT", os.getppid())):
            os._exit(1)


def _own_stdout() -> BinaryIO:
    """The way to the parent, for the protocol alone: what a library prints goes to stderr."""
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answer


def _say(answer: BinaryIO, line: dict[str, Any]) -> None:
    answer.write(json.dumps(line).encode() + b"\n")
    answer.flush()


def _leave(status: int) -> NoReturn:
    """End at once: V8, taken apart by the interpreter while it still draws, would wait for itself till it is killed."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Exception:
        traceback.print_exc()
        _leave(1)
    _leave(0)
