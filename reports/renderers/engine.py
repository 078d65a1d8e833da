"""From a page in HTML to a PDF, with the document's own fonts and nothing else in reach. Called in the worker only.

PDF/A-2a: everything that the file needs is inside it, its text reads back (ToUnicode), and a tree of tags says what is a
heading, a paragraph, a table. WeasyPrint writes the tree; what it leaves inexact is mended in finishing.py.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pydyf
from cssselect2 import ElementWrapper
from django.template import Context, Engine, Template
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher

from reports.renderers.finishing import finish
from reports.renderers.fonts import Face, FontStack, StackKey
from reports.renderers.typeset import tracking_rules
from xigang_eco.plain import writable

TEMPLATES = Path(__file__).resolve().parent.parent.parent / "templates"
VARIANT = "pdf/a-2a"


def template_pdf(folder: str, name: str, context: dict[str, Any], stack: FontStack) -> bytes:
    """`name`.html of a folder of templates with its style sheet `name`.css as a PDF: the same bytes each time."""
    case = _case(stack.key)
    template, styles = _template(TEMPLATES / folder, name, stack.key)
    html = template.render(Context(context))
    trackings = CSS(string=tracking_rules(html), font_config=case.fonts, url_fetcher=case.fetcher)
    page = _Page(html, case.fetcher)
    with _undisturbed():
        made = page.write_pdf(
            stylesheets=[case.faces, styles, trackings],
            font_config=case.fonts,
            pdf_variant=VARIANT,
            finisher=finish,
        )
    return bytes(made or b"")


@dataclass(frozen=True)
class _Case:
    """A stack of fonts, loaded: the style sheet that names its faces, and what may be fetched, which is their files."""

    fonts: FontConfiguration
    faces: CSS
    fetcher: URLFetcher


# All that a stack of fonts and a template's name tell stays the same for as long as a process lives.
@cache
def _case(key: StackKey) -> _Case:
    faces = {face.role: face for face, _ in key}
    fonts = FontConfiguration()
    fetcher = _OwnFiles({face.path.as_uri() for face in faces.values()})
    return _Case(fonts, CSS(string=_font_faces(faces), font_config=fonts, url_fetcher=fetcher), fetcher)


@cache
def _template(folder: Path, name: str, key: StackKey) -> tuple[Template, CSS]:
    """A template, and its style sheet with the families of the stack."""
    case = _case(key)
    css = with_families(
        (folder / f"{name}.css").read_text(encoding="utf-8"), {face.role: face for face, _ in key}
    )
    template = Engine(dirs=[str(folder)], autoescape=True).get_template(f"{name}.html")
    return template, CSS(string=css, font_config=case.fonts, url_fetcher=case.fetcher)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Without the garbage collector: all boxes live until the file is written, and walking them took a third of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _page_references(pdf: Any) -> list[bytes]:
    """The references of all pages so far, each written once.

    pydyf writes all of them each time, and WeasyPrint asks each time that it tags a piece of text: with the pages of a long
    document the time would grow by their square.
    """
    written: list[bytes] = pdf.__dict__.setdefault("_written_references", [])
    written += [f"{number} 0 R".encode() for number in pdf.pages["Kids"][3 * len(written) :: 3]]
    return written


pydyf.PDF.page_references = property(_page_references)


def with_families(text: str, faces: dict[str, Face]) -> str:
    """`text` with the real families in place of the roles that style sheet and charts name: eco-fang, eco-wide …"""
    for role, face in faces.items():
        text = text.replace(f"eco-{role}", face.family)
    return text


class _Page(HTML):
    """A page from our own templates. They are XML, which the parser of Python's library reads in a tenth of the time that
    one for any HTML takes; and under their style sheets lies ground.css alone.
    """

    def __init__(self, text: str, fetcher: URLFetcher) -> None:
        self.base_url = None
        self.url_fetcher = fetcher
        self.media_type = "print"
        tree = ElementTree.fromstring(writable(text))  # noqa: S314 - what our own templates made, escaped
        self.wrapper_element = ElementWrapper.from_html_root(tree, content_language=None)
        self.etree_element = self.wrapper_element.etree_element

    def _ua_stylesheets(self, forms: bool = False) -> list[CSS]:
        return [_ground()]


@cache
def _ground() -> CSS:
    return CSS(string=(TEMPLATES / "ground.css").read_text(encoding="utf-8"))


class _OwnFiles(URLFetcher):
    """A document reaches for nothing but its own fonts, whatever a text in it says."""

    def __init__(self, allowed: set[str]) -> None:
        super().__init__(allowed_protocols=["file"])
        self.allowed = allowed

    def fetch(self, url: str, headers: Any = None) -> Any:
        if url not in self.allowed:
            raise FatalURLFetchingError(f"not part of the document: {url[:80]}")
        return super().fetch(url, headers)


def _font_faces(faces: dict[str, Face]) -> str:
    rules = [
        f'@font-face {{ font-family: "{face.family}"; src: url("{face.path.as_uri()}"); }}\n'
        f'.f-{role} {{ font-family: "{face.family}"; line-height: 0; white-space: pre; }}'
        for role, face in faces.items()
    ]
    return "\n".join(rules)
