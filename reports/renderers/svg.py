"""Charts as SVG: the ECharts of the pages, run without a browser.

V8 must not be started in a process that forks later, so only the worker imports this; one engine serves all its charts. It
works in a thread of its own, since loading it takes as long as loading WeasyPrint, and needs no Python.
"""

import json
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from py_mini_racer import MiniRacer

ECHARTS = Path(__file__).resolve().parent.parent.parent / "static" / "vendor" / "echarts" / "echarts.min.js"
LOAD_SECONDS = 20
CHART_SECONDS = 5

_DRAW = """
function ecoChart(text, width, height) {
  var chart = echarts.init(null, null, {renderer: "svg", ssr: true, width: width, height: height});
  chart.setOption(JSON.parse(text));
  var svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
"""

Chart = tuple[dict[str, Any], int, int]

_worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="charts")
# What was asked for ahead, by the text of the call; each is given out once.
_ahead: dict[str, Future[str]] = {}


def draw_ahead(charts: Iterable[Chart]) -> None:
    """Begin to draw what `render_svg` will be asked for: (option, width, height)."""
    for chart in charts:
        call = _call(*chart)
        if call not in _ahead:
            _ahead[call] = _worker.submit(_draw, call)


def render_svg(option: dict[str, Any], width: int, height: int) -> str:
    """The chart of an ECharts option dictionary as an SVG document, `width` × `height` in CSS pixels.

    Raises whatever the engine raises: too slow, out of memory, an option that ECharts does not take.
    """
    call = _call(option, width, height)
    return (_ahead.pop(call, None) or _worker.submit(_draw, call)).result()


def _call(option: dict[str, Any], width: int, height: int) -> str:
    text = json.dumps(json.dumps(option, ensure_ascii=False, sort_keys=True))
    return f"ecoChart({text}, {width:d}, {height:d})"


def _draw(call: str) -> str:
    return str(_engine().eval(call, timeout_sec=CHART_SECONDS))


@cache
def _engine() -> MiniRacer:
    engine = MiniRacer()
    engine.eval(ECHARTS.read_text(encoding="utf-8"), timeout_sec=LOAD_SECONDS)
    engine.eval(_DRAW)
    return engine
