"""What an Office file says of itself: title, author and when the document was made, never when it was rendered."""

from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from xigang_eco.plain import one_line

APPLICATION = "西岗区生态环境保护任务进展平台"
CORE, APP = "docProps/core.xml", "docProps/app.xml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def property_parts(document: dict[str, Any]) -> dict[str, bytes]:
    """Name → content of the two parts of a bulletin's file that libraries fill with their own name and the time of day."""
    title = document["title"].replace("\n", "")
    author = document["head"]["signatory"]
    return {
        CORE: _core(
            title=title, subject=document["plan"]["title"], author=author, made=document["dated"]
        ).encode(),
        APP: _app().encode(),
    }


def _core(*, title: str, subject: str, author: str, made: str) -> str:
    moment = datetime.fromisoformat(made).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    texts = (
        ("dc:title", title),
        ("dc:subject", subject),
        ("dc:creator", author),
        ("cp:lastModifiedBy", author),
        ("dc:language", "zh-CN"),
    )
    return (
        f"{_HEAD}<cp:coreProperties"
        ' xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        + "".join(f"<{tag}>{escape(one_line(text))}</{tag}>" for tag, text in texts)
        + "".join(
            f'<{tag} xsi:type="dcterms:W3CDTF">{moment}</{tag}>'
            for tag in ("dcterms:created", "dcterms:modified")
        )
        + "</cp:coreProperties>"
    )


def _app() -> str:
    return (
        f'{_HEAD}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
        f"<Application>{APPLICATION}</Application></Properties>"
    )
