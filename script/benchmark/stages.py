"""Where the CPU time of a PDF goes: a clock around the steps of the renderer and of WeasyPrint."""

import sys
import time
from collections import defaultdict
from collections.abc import Callable
from importlib import import_module
from typing import Any

# (module, name in it) → what the table calls the step. What a step calls that is listed too is not counted in it.
STEPS = {
    ("reports.renderers.fonts", "FontStack.__init__"): "fonts: SHA-256",
    ("reports.renderers.typeset", "glyphs"): "typesetting",
    ("reports.renderers.typeset", "set_lines"): "typesetting",
    ("reports.renderers.svg", "render_svg"): "charts",
    ("reports.renderers.engine", "_Page"): "parsing HTML",
    ("reports.renderers.engine", "CSS"): "parsing CSS",
    ("weasyprint.text.fonts", "FontConfiguration.__init__"): "fonts: loading",
    ("weasyprint.text.fonts", "FontConfiguration.add_font_face"): "fonts: loading",
    ("weasyprint.document", "get_all_computed_styles"): "styles",
    ("weasyprint.document", "build_formatting_structure"): "boxes",
    ("weasyprint.document", "Document._render"): "layout",
    ("weasyprint.document", "generate_pdf"): "drawing",
    ("weasyprint.pdf", "add_tags"): "tags",
    ("weasyprint.pdf", "build_fonts_dictionary"): "fonts: subsets",
    ("pydyf", "PDF.write"): "writing",
}
REST = "templates, the rest"


class Clock:
    """Counts from its making; a call inside another counts for itself alone."""

    def __init__(self) -> None:
        self._spent: dict[str, float] = defaultdict(float)
        self._inner: list[float] = []
        import_module("reports.renderers.pdf")
        for (module, name), step in STEPS.items():
            self._time(import_module(module), name, step)
        self._time(import_module("reports.renderers.registry"), "render", REST)

    def taken(self) -> dict[str, float]:
        """Seconds by step since this was last asked for, the longest first."""
        spent = dict(sorted(self._spent.items(), key=lambda item: -item[1]))
        self._spent.clear()
        return spent

    def _time(self, module: Any, name: str, step: str) -> None:
        owner_name, _, attribute = name.rpartition(".")
        owner = getattr(module, owner_name) if owner_name else module
        inside = owner.__dict__[attribute]
        timed: Any = self._timed(inside.__func__ if isinstance(inside, classmethod) else inside, step)
        setattr(owner, attribute, classmethod(timed) if isinstance(inside, classmethod) else timed)
        if not owner_name:
            self._replace(inside, timed)

    def _replace(self, inside: Any, timed: Any) -> None:
        """Modules that took the name with `from … import` have it of their own."""
        for module in list(sys.modules.values()):
            if getattr(module, "__name__", "").startswith(("reports.", "weasyprint", "__main__")):
                for name, value in list(vars(module).items()):
                    if value is inside:
                        setattr(module, name, timed)

    def _timed(self, inside: Callable[..., Any], step: str) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.process_time()
            self._inner.append(0.0)
            try:
                return inside(*args, **kwargs)
            finally:
                took = time.process_time() - began
                self._spent[step] += took - self._inner.pop()
                if self._inner:
                    self._inner[-1] += took

        return timed
