"""A chart in a document, which prints without it where it cannot be drawn."""

import logging
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from reports.renderers.engine import with_families
from reports.renderers.fonts import FontStack
from reports.renderers.svg import render_svg

logger = logging.getLogger(__name__)


def drawing(option: dict[str, Any], width: int, height: int, stack: FontStack, *, told: str) -> SafeString:
    """The chart of an ECharts option as SVG, `width` × `height` in CSS pixels; empty where it cannot be drawn.

    `told`: what a reader hears who does not see it.
    """
    try:
        svg = with_families(render_svg(option, width, height), stack.faces)
    except Exception as error:
        # Whatever the engine does, the document can be issued; what it did is told on stderr.
        logger.error("a chart was not drawn: %s: %.500s", told, error)
        return SafeString()
    opening, _, rest = svg.partition(">")
    title = format_html("<title>{}</title>", told)
    return mark_safe(f"{opening}>{title}{rest}")  # noqa: S308 - drawn by ECharts from the document's figures
