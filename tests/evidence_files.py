"""Real files of every kind that evidence takes, as small as they come: name → bytes."""

import zipfile
from functools import cache
from io import BytesIO

import pillow_heif
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook
from PIL import Image
from weasyprint import HTML

# Compound files (older Office, WPS): the header and the name of the stream that tells what is inside.
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def image(kind: str = "JPEG", size: tuple[int, int] = (60, 40), colour: str = "green") -> bytes:
    """A picture in a format that Pillow writes."""
    target = BytesIO()
    Image.new("RGB", size, colour).save(target, kind)
    return target.getvalue()


def heic() -> bytes:
    target = BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (64, 48), "blue")).save(target)
    return target.getvalue()


@cache
def pdf(text: str = "监测报告") -> bytes:
    return HTML(string=f"<p>{text}</p>").write_pdf() or b""


def docx() -> bytes:
    """The three parts without which Word does not open it (ECMA-376)."""
    office = "http://schemas.openxmlformats.org"
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    types = (
        f'<Types xmlns="{office}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{word}"/></Types>'
    )
    rels = (
        f'<Relationships xmlns="{office}/package/2006/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>'
    )
    body = (
        f'<w:document xmlns:w="{office}/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>整改情况报告</w:t></w:r></w:p>'
        "</w:body></w:document>"
    )
    return archive(
        **{
            "[Content_Types].xml": types.encode(),
            "_rels/.rels": rels.encode(),
            "word/document.xml": body.encode(),
        }
    )


def xlsx() -> bytes:
    target = BytesIO()
    book = Workbook()
    book.active["A1"] = "台账"
    book.save(target)
    return target.getvalue()


def archive(**members: bytes) -> bytes:
    """A ZIP of these members."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as box:
        for name, content in (members or {"readme.txt": b"text"}).items():
            box.writestr(name, content)
    return target.getvalue()


def compound(stream: str) -> bytes:
    return _OLE + bytes(504) + stream.encode("utf-16-le") + bytes(512)


def mp4() -> bytes:
    return bytes([0, 0, 0, 24]) + b"ftypisom" + bytes(4) + b"isommp42" + bytes(64)


@cache
def every_kind() -> dict[str, bytes]:
    """Extension → a file that is what it says."""
    return {
        "pdf": pdf(),
        "doc": compound("WordDocument"),
        "docx": docx(),
        "xls": compound("Workbook"),
        "xlsx": xlsx(),
        "wps": compound("WordDocument"),
        "et": compound("Workbook"),
        "jpg": image("JPEG"),
        "jpeg": image("JPEG"),
        "png": image("PNG"),
        "heic": heic(),
        "zip": archive(),
        "mp4": mp4(),
    }


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    """As a browser sends it; the type it claims is never believed."""
    return SimpleUploadedFile(name, content, "application/octet-stream")
