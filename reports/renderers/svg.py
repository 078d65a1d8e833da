"""Charts as SVG: the ECharts of the pages, run without a browser.

V8 must not be started in a process that forks later, so only the worker imports this; one engine serves all its charts.
"""

import json
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


@cache
def _engine() -> MiniRacer:
    engine = MiniRacer()
    engine.eval(ECHARTS.read_text(encoding="utf-8"), timeout_sec=LOAD_SECONDS)
    engine.eval(_DRAW)
    return engine


def render_svg(option: dict[str, Any], width: int, height: int) -> str:
    """The chart of an ECharts option dictionary as an SVG document, `width` × `height` in CSS pixels.

    Raises whatever the engine raises: too slow, out of memory, an option that ECharts does not take.
    """
    text = json.dumps(json.dumps(option, ensure_ascii=False, sort_keys=True))
    return str(_engine().eval(f"ecoChart({text}, {width:d}, {height:d})", timeout_sec=CHART_SECONDS))
