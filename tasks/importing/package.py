"""Office files (zip packages of XML) that nobody vouches for: opened and parsed within limits."""

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import IO, Any, Literal

from lxml import etree

from tasks.importing.errors import ImportFailure, TooLarge, Unreadable
from tasks.importing.limits import PLAN, Limits

MACROS = "文件中带有宏，为安全起见不予读取。请在 WPS 或 Office 中另存为不含宏的 .docx 或 .xlsx 文件后再导入。"
_ENTRY = b"PK\x01\x02"
_DECLARATION = re.compile(r"^<\?xml\b[^>]*\?>")
DAMAGED = (
    "文件已损坏或不是完整的 Word/Excel 文件。请用 WPS 或 Office 打开后重新另存为 .docx 或 .xlsx，再导入。"
)
HOSTILE = "文件内容异常（内部含有实体定义），为安全起见不予读取。请用 WPS 或 Office 重新另存后再导入。"
BOMB = "文件解压后过大，不予读取。请删去与计划无关的内容（图片、空白行列、其他工作表）后另存，再导入。"


class _Names(dict[Any, str]):
    """Tag → its name without namespace, each cut once. Empty for what has no tag of its own (a comment)."""

    def __missing__(self, tag: Any) -> str:
        name = tag.rpartition("}")[2] if isinstance(tag, str) else ""
        # Only a hostile file has more kinds of elements.
        if len(self) < _NAMES_KEPT:
            self[tag] = name
        return name


_NAMES_KEPT = 2_000
# For loops over every cell of a sheet, where `local` would cost a call for each element.
LOCAL_NAMES = _Names()


def local(element: etree._Element) -> str:
    """The tag without its namespace: transitional and strict files differ only in these. Empty for a comment."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: etree._Element, name: str) -> str | None:
    """An attribute by its local name."""
    value = element.get(name)
    if value is not None:
        return value
    for key, text in element.attrib.items():
        if str(key).rpartition("}")[2] == name:
            return str(text)
    return None


def relations_part(part: str) -> str:
    """Where the relations of `part` stand ("": of the package)."""
    folder, _, base = part.rpartition("/")
    return f"{folder}/_rels/{base}.rels" if folder else f"_rels/{base}.rels"


def in_utf8(part: bytes) -> bytes:
    """XML in UTF-16, the other encoding that a package may have, in UTF-8; anything else as it is."""
    if not part.startswith((b"\xff\xfe", b"\xfe\xff")):
        return part
    try:
        text = part.decode("utf-16")
    except UnicodeDecodeError as error:
        raise Unreadable(DAMAGED) from error
    return _DECLARATION.sub("", text, count=1).encode("utf-8", "surrogatepass")


class _Metered:
    """A part that counts what it unpacks: the sizes in the zip's directory are the sender's claim."""

    def __init__(self, package: "Package", stream: IO[bytes], limit: int) -> None:
        self._package, self._stream, self._left = package, stream, limit
        self._marks = 0

    def read(self, size: int = -1) -> bytes:
        wanted = 65_536 if size is None or size < 0 else min(size, 1_048_576)
        try:
            data = self._stream.read(wanted)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
            raise Unreadable(DAMAGED) from error
        self._left -= len(data)
        self._package.unpacked += len(data)
        self._marks += data.count(b"<") + data.count(b"=")
        if (
            self._left < 0
            or self._package.unpacked > self._package.limits.unpacked
            or self._marks > self._package.limits.marks
        ):
            raise TooLarge(BOMB)
        return data


class Package:
    """A zip of XML parts. A part is unpacked only when it is asked for; `vetting.vetted` looks at all of them."""

    def __init__(self, data: bytes, limits: Limits = PLAN) -> None:
        self.limits = limits
        self.unpacked = 0
        # Before the directory is read into memory: each entry in it begins so.
        if data.count(_ENTRY) > limits.entries:
            raise TooLarge(BOMB)
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
            entries = self._zip.infolist()
        except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, NotImplementedError) as error:
            raise Unreadable(DAMAGED) from error
        if len(entries) > limits.entries:
            raise TooLarge(BOMB)
        # Names are compared without case and with forward slashes: some writers use neither.
        self._entries = {entry.filename.replace("\\", "/").lstrip("/").lower(): entry for entry in entries}
        if len(self._entries) != len(entries):
            # Which of two parts of one name counts is a matter of the program that opens the file.
            raise Unreadable(DAMAGED)
        if any(name.endswith(("vbaproject.bin", "vbadata.xml")) for name in self._entries):
            raise Unreadable(MACROS)

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._entries

    @property
    def names(self) -> list[str]:
        return list(self._entries)

    def entries(self) -> list[tuple[str, zipfile.ZipInfo]]:
        """The parts in their order, by the name that all of this class takes."""
        return list(self._entries.items())

    def size_of(self, name: str) -> int:
        """Of a part of a vetted package, whose directory was found to be true."""
        entry = self._entries.get(name.lower())
        return 0 if entry is None else entry.file_size

    def read(self, name: str) -> bytes:
        """A part in one piece; text in UTF-16 as UTF-8."""
        stream = self.open(name)
        pieces = []
        while data := stream.read(1 << 20):
            pieces.append(data)
        return in_utf8(b"".join(pieces))

    def open(self, name: str, *, limit: int | None = None) -> _Metered:
        limit = self.limits.part if limit is None else limit
        entry = self._entries.get(name.lower())
        if entry is None or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unreadable(DAMAGED)
        if entry.flag_bits & 0x1:
            raise Unreadable("文件设有打开密码，无法读取。请取消密码后再导入。")
        if entry.file_size > limit:
            raise TooLarge(BOMB)
        try:
            return _Metered(self, self._zip.open(entry), limit)
        except (
            zipfile.BadZipFile,
            zlib.error,
            OSError,
            NotImplementedError,
            ValueError,
            RuntimeError,
        ) as error:
            raise Unreadable(DAMAGED) from error

    def walk(self, name: str, *tags: str) -> Iterator[etree._Element]:
        """The elements with these local names at their end, streamed. The caller clears what it has used."""
        wanted = tuple(f"{{*}}{tag}" for tag in tags)
        checked = False
        try:
            context = etree.iterparse(
                self.open(name),
                events=("end",),
                tag=wanted,
                resolve_entities=False,
                no_network=True,
                load_dtd=False,
                huge_tree=False,
                remove_comments=True,
                remove_pis=True,
            )
            for _event, element in context:
                if not checked:
                    _refuse_dtd(element)
                    checked = True
                yield element
        except etree.LxmlError as error:
            raise reason_of(error) from error

    def tree(self, name: str) -> etree._Element:
        """A small part, parsed as a whole."""
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
        )
        try:
            root = etree.parse(self.open(name, limit=self.limits.small_part), parser).getroot()
        except etree.LxmlError as error:
            raise reason_of(error) from error
        if root is None:
            raise Unreadable(DAMAGED)
        _refuse_dtd(root)
        return root

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Relation id → (its kind, the part that it points to). Links out of the file are left out: never followed."""
        name = relations_part(part)
        return self.relations_in(self.tree(name), part) if name in self else {}

    @staticmethod
    def relations_in(root: etree._Element, part: str) -> dict[str, tuple[str, str]]:
        """The same out of the relations of `part`."""
        folder = part.rpartition("/")[0]
        found: dict[str, tuple[str, str]] = {}
        for relation in root:
            if local(relation) != "Relationship" or (relation.get("TargetMode") or "").lower() == "external":
                continue
            target = (relation.get("Target") or "").replace("\\", "/")
            path = (
                target.lstrip("/")
                if target.startswith("/")
                else posixpath.normpath(posixpath.join(folder, target))
            )
            found[relation.get("Id") or ""] = ((relation.get("Type") or "").rpartition("/")[2], path)
        return found

    def main_part(self) -> str:
        """The part that holds the document, by the package's own word."""
        for kind, target in self.relations("").values():
            if kind == "officeDocument":
                return target
        for usual in ("word/document.xml", "xl/workbook.xml"):
            if usual in self:
                return usual
        raise Unreadable(DAMAGED)

    @property
    def kind(self) -> Literal["word", "excel"]:
        """What document it holds. Raises `Unreadable` for any other."""
        part = self.main_part()
        if part.startswith("word/") or any(name.startswith("word/document") for name in self.names):
            return "word"
        if part.startswith("xl/") or "xl/workbook.xml" in self:
            return "excel"
        raise Unreadable("不支持这种文件。请另存为 .docx 或 .xlsx 后再导入。")


def _refuse_dtd(element: etree._Element) -> None:
    # No office program writes a DTD; whoever does wants entities.
    info = element.getroottree().docinfo
    if info.internalDTD is not None or info.doctype:
        raise Unreadable(HOSTILE)


def reason_of(error: etree.LxmlError) -> ImportFailure:
    """What is said of XML that libxml2 does not take."""
    text = str(error).lower()
    if "limit" in text or "too long" in text or "huge" in text or "excessive" in text:
        return TooLarge(BOMB)
    return Unreadable(HOSTILE if "entity" in text or "entities" in text else DAMAGED)
