"""Every part of a file looked at once, before any library opens it.

Our readers unpack only what they need, and each of them refuses what it meets. Other libraries open whatever the file refers
to, so the whole of it must have been found harmless: sizes, names, macros, DTDs.
"""

import posixpath
import re
import stat
from html import unescape
from typing import Any, NoReturn

from lxml import etree

from tasks.importing.errors import TooLarge, Unreadable
from tasks.importing.limits import PLAN, Limits, too_large
from tasks.importing.package import (
    DAMAGED,
    HOSTILE,
    MACROS,
    Package,
    reason_of,
    relations_part,
)

ENCRYPTED = "文件设有打开密码，无法读取。请取消密码后再导入。"
CONTROLS = "文件中带有控件（ActiveX），为安全起见不予读取。请删去控件（按钮、复选框等）后另存，再导入。"
DDE = "文件中带有会运行其他程序的链接（DDE），为安全起见不予读取。请删去该链接后另存，再导入。"
# What no library reads as XML; everything else that looks like XML has to be fit for one.
_LOOSE_KINDS = {"image", "aFChunk", "vmlDrawing", "hdphoto"}
_MACRO_TYPES = ("macroenabled", "vbaproject", "vbadata", "macrosheet", "intlmacrosheet")
# Four-byte encodings and EBCDIC, which libxml2 knows by their first bytes: nobody writes them but to pass a filter.
_ODD = (b"\x00\x00\x00<", b"<\x00\x00\x00", b"\x00\x00<\x00", b"\x00<\x00\x00", b"\x4c\x6f\xa7\x94")
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_CHUNK = 1 << 18
_FIELD = re.compile(rb"<(?:[\w.\-]+:)?instrText\b[^>]*>([^<]*)<")
_SIMPLE_FIELD = re.compile(rb"<(?:[\w.\-]+:)?fldSimple\b[^>]*?instr\s*=\s*(\"[^\"]*\"|'[^']*')")
_STARTS_PROGRAM = re.compile(r"(?i)\bDDE(?:AUTO)?\b")


class _Refusing:
    """A parser's target that keeps nothing and takes no DTD, so that no tree is built."""

    def doctype(self, *_: Any) -> NoReturn:
        # No office program writes a DTD; whoever does wants entities.
        raise Unreadable(HOSTILE)

    def close(self) -> None:
        pass


def vetted(data: bytes, limits: Limits = PLAN) -> Package:
    """The package in `data`, of which every part was unpacked and parsed once within `limits`.

    Raises `Unreadable` and `TooLarge`. Time and memory are bounded by `limits`; no link is followed.
    """
    if len(data) > limits.file:
        raise TooLarge(too_large(limits))
    package = Package(data, limits)
    for name, entry in package.entries():
        if entry.flag_bits & 0x1:
            raise Unreadable(ENCRYPTED)
        if (
            ".." in name.split("/")
            or ":" in name
            or "\x00" in name
            or stat.S_ISLNK(entry.external_attr >> 16)
        ):
            raise Unreadable(DAMAGED)
    _refuse_active(package)
    loose = _loose_parts(package)
    for name in package.names:
        _look_through(package, name, is_loose=name in loose)
    # What comes now has a budget of its own.
    package.unpacked = 0
    return package


def _refuse_active(package: Package) -> None:
    """Macros by their parts and by what the package says they are, whatever the file is called; controls."""
    for name in package.names:
        folder, _, base = name.rpartition("/")
        if base in ("vbaproject.bin", "vbadata.xml") or folder.endswith("/macrosheets"):
            raise Unreadable(MACROS)
        if folder.endswith("/activex"):
            raise Unreadable(CONTROLS)
    if "[Content_Types].xml" not in package:
        raise Unreadable(DAMAGED)
    for element in package.tree("[Content_Types].xml"):
        kind = (element.get("ContentType") or "").lower()
        # A type by ending alone may be left over from a template, without a part that has it.
        is_used = "PartName" in element.attrib or any(
            name.endswith("." + (element.get("Extension") or "").lower()) for name in package.names
        )
        if is_used and any(word in kind for word in _MACRO_TYPES):
            raise Unreadable(MACROS)
        if is_used and "activex" in kind:
            raise Unreadable(CONTROLS)


def _refuse_dde(package: Package, name: str) -> None:
    """Fields and links by which a document starts another program."""
    part = package.read(name)
    if name.startswith("word/"):
        said = b"".join(_FIELD.findall(part)) + b" " + b" ".join(_SIMPLE_FIELD.findall(part))
        if _STARTS_PROGRAM.search(unescape(said.decode("utf-8", "replace"))):
            raise Unreadable(DDE)
    elif b"ddeLink" in part:
        raise Unreadable(DDE)


def _loose_parts(package: Package) -> set[str]:
    """Parts that are only ever taken for pictures, drawings of comments or foreign text."""
    loose: set[str] = set()
    strict: set[str] = set()
    for name in package.names:
        folder, _, base = name.rpartition("/")
        if not base.endswith(".rels") or posixpath.basename(folder) != "_rels":
            continue
        parent = posixpath.dirname(folder)
        part = posixpath.join(parent, base.removesuffix(".rels")) if base != ".rels" else parent
        if relations_part(part) != name:
            continue
        for kind, target in package.relations(part).values():
            (loose if kind in _LOOSE_KINDS else strict).add(target.lower())
    return {name for name in loose - strict if not name.endswith((".xml", ".rels"))}


def _look_through(package: Package, name: str, *, is_loose: bool) -> None:
    stream = package.open(name)
    head = stream.read(_CHUNK)
    is_xml = name.endswith((".xml", ".rels"))
    if head.startswith(_ODD):
        raise Unreadable(HOSTILE)
    text = head.removeprefix(_MARKS[0]).lstrip(b" \t\r\n")
    if is_loose or not (is_xml or text.startswith((b"<", *_MARKS))):
        while stream.read(_CHUNK):
            pass
        return
    # In UTF-16 the words are looked for only once it is read in UTF-8.
    has_fields = head.startswith(_MARKS[1:]) or name.startswith("xl/externallinks/")
    parser = etree.XMLParser(
        target=_Refusing(), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        while head:
            parser.feed(head)
            has_fields = has_fields or b"instrText" in head or b"fldSimple" in head
            head = stream.read(_CHUNK)
        parser.close()
    except etree.LxmlError as error:
        raise reason_of(error) from error
    if has_fields and name.startswith(("word/", "xl/externallinks/")):
        _refuse_dde(package, name)
