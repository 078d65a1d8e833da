"""Which function makes which file of which document. A renderer is data in, bytes out: no query, no clock, no network."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

# (kind of the document, format) → module and function; loaded when asked for, so that a Word file needs no V8.
RENDERERS = {
    ("bulletin", "pdf"): ("reports.renderers.pdf", "document_pdf"),
    ("bulletin", "docx"): ("reports.renderers.word.bulletin", "bulletin_docx"),
    ("bulletin", "xlsx"): ("reports.renderers.annexes_xlsx", "annexes_xlsx"),
    ("bulletin", "brief"): ("reports.renderers.brief", "brief_pdf"),
    ("unit_sheet", "pdf"): ("reports.renderers.unit_sheet", "unit_sheet_pdf"),
    ("filing_form", "pdf"): ("reports.renderers.filing_form", "filing_form_pdf"),
}
# Format → the end of a file's name, and its type.
EXTENSIONS = {"pdf": "pdf", "docx": "docx", "xlsx": "xlsx", "brief": "pdf"}
TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "brief": "application/pdf",
}


def formats_of(kind: str) -> list[str]:
    """The formats that a document of the kind is made in, in the order that they are made."""
    return [file_format for of_kind, file_format in RENDERERS if of_kind == kind]


def render(document: dict[str, Any], file_format: str, *, font_dir: str = "") -> bytes:
    """The file of a document, the same bytes each time. Raises FontError, RefusedError; KeyError for no renderer."""
    module, name = RENDERERS[document["kind"], file_format]
    renderer = getattr(import_module(module), name)
    return _with_room(lambda: bytes(renderer(document, font_dir=font_dir)))


def _with_room(made: Callable[[], bytes]) -> bytes:
    """What `made` returns, with room for the frames of all its calls.

    CPython keeps frames in pieces of 16 KiB and gives one back as soon as it is empty. Where a loop's calls cross the end
    of one, each call asks the system for memory: a sixth of the time of a PDF. This frame is so large that its piece has
    room for those of all that is called from it.
    """
    return made()


_with_room.__code__ = _with_room.__code__.replace(co_stacksize=1 << 16)
