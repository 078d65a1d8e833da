"""An empty Word package with nothing of anybody's template in it, opened with python-docx; and its bytes when filled."""

from io import BytesIO
from typing import TYPE_CHECKING, Any

from docx import Document

from reports.renderers.properties import APP, CORE, property_parts
from reports.renderers.word.markup import DECLARED
from reports.renderers.word.styles import font_table_xml, styles_xml
from reports.renderers.zipped import rezip, zip_parts

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_PARTS = {
    "word/document.xml": ("officeDocument", f"{_MAIN}.document.main+xml"),
    "word/styles.xml": ("styles", f"{_MAIN}.styles+xml"),
    "word/settings.xml": ("settings", f"{_MAIN}.settings+xml"),
    "word/fontTable.xml": ("fontTable", f"{_MAIN}.fontTable+xml"),
    CORE: ("", "application/vnd.openxmlformats-package.core-properties+xml"),
    APP: ("extended-properties", "application/vnd.openxmlformats-officedocument.extended-properties+xml"),
}  # fmt: skip
# Order as in CT_Settings. Punctuation that meets is closed up, as in the PDF; 15 is Word 2013 and later.
_SETTINGS = (
    '<w:zoom w:percent="100"/><w:bordersDoNotSurroundHeader/><w:bordersDoNotSurroundFooter/>'
    '<w:evenAndOddHeaders/><w:drawingGridHorizontalSpacing w:val="158"/><w:drawingGridVerticalSpacing w:val="289"/>'
    '<w:characterSpacingControl w:val="compressPunctuation"/>'
    '<w:compat><w:doNotExpandShiftReturn/><w:useFELayout/>'
    '<w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>'
)  # fmt: skip


def empty_package(document: dict[str, Any]) -> "WordDocument":
    """A Word document without content, with the styles, settings and properties of a bulletin."""
    parts = {
        "word/document.xml": f"{_HEAD}<w:document {DECLARED}><w:body/></w:document>",
        "word/styles.xml": styles_xml(),
        "word/settings.xml": f"{_HEAD}<w:settings {DECLARED}>{_SETTINGS}</w:settings>",
        "word/fontTable.xml": font_table_xml(),
        "[Content_Types].xml": _types(),
        "_rels/.rels": _relations(
            ("officeDocument", "word/document.xml"), ("core-properties", CORE), ("extended-properties", APP)
        ),
        "word/_rels/document.xml.rels": _relations(
            ("styles", "styles.xml"), ("settings", "settings.xml"), ("fontTable", "fontTable.xml")
        ),
    }
    content = {name: text.encode() for name, text in parts.items()}
    return Document(BytesIO(zip_parts({**content, **property_parts(document)})))


def package_bytes(document: "WordDocument") -> bytes:
    """The file: the same bytes for the same content."""
    stream = BytesIO()
    document.save(stream)
    return rezip(stream.getvalue())


def _types() -> str:
    overrides = "".join(
        f'<Override PartName="/{name}" ContentType="{content_type}"/>'
        for name, (_, content_type) in _PARTS.items()
    )
    return (
        f'{_HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


def _relations(*targets: tuple[str, str]) -> str:
    # The properties' relation is the package format's own, not Office's.
    kinds = {
        "core-properties": "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
    }
    entries = "".join(
        f'<Relationship Id="rId{number}" Type="{kinds.get(kind, f"{_RELATION}/{kind}")}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{_HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{entries}</Relationships>'
