"""Whether a file is what its name says: pure checks of bytes and names, nothing extracted, nothing stored.

Signatures: PDF (ISO 32000-1, 7.5.2), JPEG, PNG, compound files of older Office and WPS ([MS-CFB] 2.2), ZIP (APPNOTE 4.3),
Office Open XML as members of a ZIP (ECMA-376 part 2), HEIF and MP4 by the brands of their ftyp box (ISO/IEC 14496-12
and 23008-12).
"""

import os
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from typing import IO

from tasks.errors import WorkflowError

NAME_MAX = 120
_HEAD = 4096
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WORD = "WordDocument".encode("utf-16-le")
# Excel 97 and later, and Excel 5; WPS tables use the same names.
_SHEETS = ("Workbook".encode("utf-16-le"), "Book\0".encode("utf-16-le"))
_HEIF_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)
_MP4_BRANDS = frozenset(
    {
        b"isom",
        b"mp41",
        b"mp42",
        b"mp71",
        b"avc1",
        b"dash",
        b"MSNV",
        b"M4V ",
        b"M4VH",
        b"M4VP",
        b"3gp4",
        b"3gp5",
    }
    | {b"3gp6"}
    | {b"iso%d" % number for number in range(2, 10)}
)
# A ZIP whose list of members is longer than this is refused before the list is read.
_ZIP_LIST_MAX = 4 * 1024 * 1024
_CHUNK = 1024 * 1024


class BadFile(WorkflowError):
    """A file that is not taken as evidence; the text says why and what to do."""


class TooLarge(BadFile):
    """A file over the limit."""


@dataclass(frozen=True)
class FileType:
    """A kind of file that is taken: what to serve it as, and whether a preview is made of it."""

    content_type: str
    label: str
    is_picture: bool = False


_OFFICE = "application/vnd.openxmlformats-officedocument."
TYPES: dict[str, FileType] = {
    "pdf": FileType("application/pdf", "PDF 文档"),
    "doc": FileType("application/msword", "Word 文档（.doc）"),
    "docx": FileType(_OFFICE + "wordprocessingml.document", "Word 文档（.docx）"),
    "xls": FileType("application/vnd.ms-excel", "Excel 表格（.xls）"),
    "xlsx": FileType(_OFFICE + "spreadsheetml.sheet", "Excel 表格（.xlsx）"),
    "wps": FileType("application/vnd.ms-works", "WPS 文字"),
    "et": FileType("application/vnd.ms-excel", "WPS 表格"),
    "jpg": FileType("image/jpeg", "JPEG 图片", is_picture=True),
    "jpeg": FileType("image/jpeg", "JPEG 图片", is_picture=True),
    "png": FileType("image/png", "PNG 图片", is_picture=True),
    "heic": FileType("image/heic", "HEIC 图片", is_picture=True),
    "zip": FileType("application/zip", "ZIP 压缩包"),
    "mp4": FileType("video/mp4", "MP4 视频"),
}
ACCEPTED_TEXT = "pdf、doc、docx、xls、xlsx、wps、et、jpg、png、heic、zip、mp4"


def clean_file_name(name: str) -> str:
    """The name to store and show: no folders, no control, direction or other invisible characters, none that Windows
    forbids, at most NAME_MAX characters with the extension kept. Raises BadFile where nothing is left.
    """
    base = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    visible = "".join(
        char for char in base if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    )
    text = re.sub(r"\s+", " ", re.sub(r'[<>:"|?*\ufffd]', "_", visible)).strip(" .")
    stem, dot, extension = text.rpartition(".")
    if not dot or not stem.strip(" ._"):
        raise BadFile("文件名应包含名称和扩展名（如“监测报告.pdf”），请改名后重新上传。")
    extension = extension[:10]
    return stem[: NAME_MAX - len(extension) - 1].rstrip(" .") + "." + extension


def check_file(name: str, stream: IO[bytes], size: int, *, max_bytes: int) -> FileType:
    """The type of a file called `name` (cleaned), once its content agrees with it. `stream` is left at its start.

    `size`, `max_bytes` in bytes. Raises BadFile.
    """
    extension = name.rpartition(".")[2].lower()
    kind = TYPES.get(extension)
    if kind is None:
        raise BadFile(f"“{name}”的类型不在允许范围内。可上传：{ACCEPTED_TEXT}。")
    if size == 0:
        raise BadFile(f"“{name}”是空文件（0 字节），请检查后重新上传。")
    if size > max_bytes:
        raise TooLarge(f"“{name}”超过 {max_bytes // 1024 // 1024} MB，请压缩或拆分后重新上传。")
    stream.seek(0)
    head = stream.read(_HEAD)
    try:
        if not _agrees(extension, head, stream):
            raise BadFile(_mismatch(name, kind, head))
    finally:
        stream.seek(0)
    return kind


def _agrees(extension: str, head: bytes, stream: IO[bytes]) -> bool:
    match extension:
        case "pdf":
            return b"%PDF-" in head[:1024]
        case "jpg" | "jpeg":
            return head.startswith(b"\xff\xd8\xff")
        case "png":
            return head.startswith(b"\x89PNG\r\n\x1a\n")
        case "heic":
            return bool(_brands(head) & _HEIF_BRANDS)
        case "mp4":
            return bool(_brands(head) & _MP4_BRANDS) and not _brands(head) & _HEIF_BRANDS
        case "doc" | "wps":
            return head.startswith(_OLE) and _contains(stream, (_WORD,))
        case "xls" | "et":
            return head.startswith(_OLE) and _contains(stream, _SHEETS)
        case "docx" | "xlsx":
            folder = {"docx": "word/", "xlsx": "xl/"}[extension]
            names = _zip_names(head, stream)
            return (
                "[Content_Types].xml" in names
                and any(member.startswith(folder) for member in names)
                # A document with macros is a .docm or .xlsm under a false name.
                and folder + "vbaProject.bin" not in names
            )
        case "zip":
            return bool(_zip_names(head, stream))
    return False


def _mismatch(name: str, kind: FileType, head: bytes) -> str:
    if kind.content_type.startswith(_OFFICE) and head.startswith(_OLE):
        return f"“{name}”不是普通的{kind.label}：可能设置了打开口令，或是旧格式文件改了扩展名。请取消口令或另存后重新上传。"
    if kind.label == "ZIP 压缩包" and head.startswith(b"PK"):
        return f"“{name}”是空的或已损坏的压缩包，请重新压缩后上传。"
    return (
        f"“{name}”的内容不是{kind.label}，与扩展名不符。请用 WPS 或 Office 等软件另存为正确格式后重新上传。"
    )


def _brands(head: bytes) -> set[bytes]:
    """The major and compatible brands of a leading ftyp box; empty where there is none."""
    if head[4:8] != b"ftyp":
        return set()
    length = min(int.from_bytes(head[:4], "big"), len(head))
    found = {head[8:12]}
    found.update(head[start : start + 4] for start in range(16, length - 3, 4))
    return found


def _contains(stream: IO[bytes], needles: tuple[bytes, ...]) -> bool:
    """Whether one of the byte strings occurs anywhere in the stream, read piece by piece."""
    keep = max(len(needle) for needle in needles) - 1
    stream.seek(0)
    tail = b""
    while piece := stream.read(_CHUNK):
        window = tail + piece
        if any(needle in window for needle in needles):
            return True
        tail = window[-keep:]
    return False


def _zip_names(head: bytes, stream: IO[bytes]) -> set[str]:
    """The members' names by the archive's own list; empty for what is no sound archive, or a list beyond measure."""
    if not head.startswith(b"PK\x03\x04"):
        return set()
    stream.seek(0, os.SEEK_END)
    size = stream.tell()
    stream.seek(max(0, size - 65557))
    tail = stream.read()
    end = tail.rfind(b"PK\x05\x06")
    # Bytes 12 to 16 of the end record: the size of the list. More than 4 GiB says "see elsewhere".
    if end < 0 or int.from_bytes(tail[end + 12 : end + 16], "little") > _ZIP_LIST_MAX:
        return set()
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            return {item.filename for item in archive.infolist()}
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError, UnicodeDecodeError):
        return set()
