"""Packages built to do harm: bombs, names, DTDs, macros and links. Whoever opens one has looked through all of it."""

import socket
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO

import pytest

from tasks.importing.errors import ImportFailure, TooLarge, Unreadable
from tasks.importing.limits import FILING, PLAN
from tasks.importing.marking.marking import mark
from tasks.importing.marking.marks import Mark
from tasks.importing.package import Package
from tasks.importing.reading import Source, read_plan
from tasks.importing.vetting import vetted
from tests.importing.builders import excel, word
from tests.importing.hostile import GRID, HEAD_XML, added, changed, refused, refused_as_filing

pytestmark = pytest.mark.usefixtures("bounded")
WORD, EXCEL = word(GRID), excel(("表", GRID))
BOTH = pytest.mark.parametrize("data", [WORD, EXCEL], ids=["word", "excel"])
LAUGHS = (
    b'<!DOCTYPE x [<!ENTITY a0 "ha">'
    + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12))
    + b"]>"
)
RELATION = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
)
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def retyped(data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The package with what it says of its parts changed."""
    source = zipfile.ZipFile(BytesIO(data))
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for name in source.namelist():
            part = source.read(name)
            if name == "[Content_Types].xml":
                before, part = part, change(part)
                assert before != part
            target.writestr(name, part)
    return stream.getvalue()


def refused_everywhere(data: bytes, kind: type[ImportFailure], words: str) -> None:
    """Read, marked and vetted, nobody opens it."""
    refused(data, kind, words)
    with pytest.raises(kind, match=words):
        mark(data, "a.xlsx", [Mark("甲。")])
    with pytest.raises(ImportFailure):
        vetted(data, FILING)


def unpack_all(data: bytes) -> None:
    package = Package(data)
    for name in package.names:
        package.read(name)


# Bombs.


def quoted_bomb(copies: int, kernel: int) -> bytes:
    """Files that overlap: the data of each quote the header of the next, so that all unpack the one kernel at the end.

    After David Fifield, A better zip bomb (USENIX WOOT 2019).
    """
    plain = b"<" * kernel
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packer.compress(plain) + packer.flush()
    entries: list[tuple[bytes, int, bytes]] = []
    tail = b""
    for number in range(copies, 0, -1):
        name = b"a%04d.bin" % number
        sizes = struct.pack("<LLL", zlib.crc32(plain), len(data), len(plain))
        header = struct.pack("<4sHHHHH", b"PK\x03\x04", 20, 0, 8, 0, 0x5A21) + sizes
        header += struct.pack("<HH", len(name), 0) + name
        tail = header + data
        entries.append((name, len(tail), sizes))
        # A stored block that holds this file's header, before the data that follow it anyway.
        data = b"\x00" + struct.pack("<HH", len(header), len(header) ^ 0xFFFF) + tail
        plain = header + plain
    directory = b""
    for name, from_end, sizes in reversed(entries):
        directory += struct.pack("<4sHHHHHH", b"PK\x01\x02", 20, 20, 0, 8, 0, 0x5A21) + sizes
        directory += struct.pack("<HHHHHLL", len(name), 0, 0, 0, 0, 0, len(tail) - from_end) + name
    end = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, copies, copies, len(directory), len(tail), 0)
    return tail + directory + end


def test_entries_that_lie_over_each_other_are_bounded() -> None:
    few = zipfile.ZipFile(BytesIO(quoted_bomb(5, 1_000)))
    assert [len(few.read(name)) for name in few.namelist()][-2:] == [1_039, 1_000]
    with pytest.raises(TooLarge, match="过大"):
        unpack_all(quoted_bomb(400, 2_000_000))
    refused_everywhere(quoted_bomb(400, 2_000_000), ImportFailure, r"过大|损坏")


def test_entries_that_are_one_place_of_the_file_are_bounded() -> None:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("a", b" " * 20_000_000)
        for number in range(1_000):
            twin = zipfile.ZipInfo("a")
            for key in ("header_offset", "CRC", "compress_size", "file_size", "compress_type"):
                setattr(twin, key, getattr(target.filelist[0], key))
            twin.filename = twin.orig_filename = f"b{number}"
            target.filelist.append(twin)
    refused_everywhere(stream.getvalue(), ImportFailure, r"过大|损坏")


@BOTH
def test_bombs_inside_files_inside_the_file_stay_packed(data: bytes) -> None:
    inner = BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("bomb", b"\x00" * 50_000_000)
    assert read_plan(Source(added(data, "word/embeddings/a.zip", inner.getvalue()))).measures


@BOTH
def test_a_part_that_nobody_reads_is_counted_all_the_same(data: bytes) -> None:
    refused_everywhere(added(data, "docProps/unused.bin", b"\x00" * (PLAN.part + 1)), TooLarge, "解压后过大")
    many = data
    for number in range(PLAN.unpacked // 40_000_000 + 1):
        many = added(many, f"media/{number}.bin", b"\x00" * 40_000_000)
    refused_everywhere(many, TooLarge, "解压后过大")


def test_a_directory_of_half_a_million_entries_is_not_even_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object) -> None:
        raise AssertionError("every entry became an object")

    entries = b"".join(
        b"PK\x01\x02" + b"\x00" * 24 + b"\x01\x00" + b"\x00" * 16 + b"a" for _ in range(600_000)
    )
    end = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, 65_535, 65_535, len(entries), 4, 0)
    monkeypatch.setattr(zipfile, "ZipFile", read)
    refused_everywhere(b"PK\x03\x04" + entries + end, TooLarge, "过大")


def test_a_units_workbook_has_less_room() -> None:
    refused_as_filing(added(EXCEL, "a.bin", b"\x00" * (FILING.part + 1)), TooLarge, "解压后过大")
    refused_as_filing(b"PK" + b"\x00" * FILING.file, TooLarge, "5 MB")
    many = EXCEL
    for number in range(FILING.entries):
        many = added(many, f"a{number}", b"")
    refused_as_filing(many, TooLarge, "过大")
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(1, FILING.rows + 2))
    sheet = f"<worksheet><sheetData>{rows}</sheetData></worksheet>".encode()
    refused_as_filing(changed(EXCEL, sheet1__xml=sheet), TooLarge, "超过 2,000 行")


# Names.


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "word/../../x.xml", "..\\..\\x.xml", "C:/x.xml", "xl/a:b.xml"]
)
def test_names_that_lead_out_of_the_file(name: str) -> None:
    refused_everywhere(added(EXCEL, name, b"<x/>"), Unreadable, "损坏")


def test_a_link_of_the_file_system_is_no_part() -> None:
    stream = BytesIO(EXCEL)
    with zipfile.ZipFile(stream, "a") as target:
        link = zipfile.ZipInfo("xl/media/a.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        target.writestr(link, "/etc/passwd")
    refused_everywhere(stream.getvalue(), Unreadable, "损坏")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["xl/workbook.xml", "XL/Workbook.xml", "\\xl\\workbook.xml"])
def test_two_parts_of_one_name_are_not_guessed_at(name: str) -> None:
    refused_everywhere(added(EXCEL, name, b"<workbook/>"), Unreadable, "损坏")


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_other_ways_of_packing_are_not_unpacked(method: int) -> None:
    stream = BytesIO(EXCEL)
    with zipfile.ZipFile(stream, "a") as target:
        target.writestr("a.bin", b"x" * 1_000, method)
    refused_everywhere(stream.getvalue(), Unreadable, "损坏")


def test_a_file_cut_short_anywhere() -> None:
    for data in (WORD, EXCEL):
        for share in range(1, 20):
            refused(data[: len(data) * share // 20], Unreadable, "损坏")


# XML.


@pytest.mark.parametrize(
    "name",
    [
        "[Content_Types].xml",
        "_rels/.rels",
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        "xl/styles.xml",
        "xl/sharedStrings.xml",
        "xl/comments1.xml",
        "xl/theme/theme1.xml",
        "docProps/core.xml",
        "customXml/item1.xml",
        "xl/worksheets/sheet1.xml",
        "data.bin",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("body", [b"<x>&a11;</x>", b"<x/>"], ids=["used", "unused"])
def test_a_dtd_in_any_part(name: str, encoding: str, body: bytes) -> None:
    part = (LAUGHS + body).decode().encode(encoding)
    source = zipfile.ZipFile(BytesIO(EXCEL))
    data = changed(EXCEL, drop=name) if name in source.namelist() else EXCEL
    refused_everywhere(added(data, name, part), Unreadable, "实体定义")


def test_a_doctype_without_entities_is_none_of_an_office_file_either() -> None:
    part = b'<!DOCTYPE x SYSTEM "http://192.0.2.1/x.dtd"><x/>'
    refused_everywhere(added(EXCEL, "customXml/item1.xml", part), Unreadable, "实体定义")


def test_a_sheet_under_the_name_of_a_picture_is_looked_at_as_a_sheet() -> None:
    data = changed(
        EXCEL,
        drop="sheet1.xml",
        workbook__xml__rels=lambda part: part.replace(b"/xl/worksheets/sheet1.xml", b"/xl/media/a.svg"),
    )
    refused_everywhere(added(data, "xl/media/a.svg", LAUGHS + b"<worksheet/>"), Unreadable, "实体定义")


def test_pictures_may_have_their_doctype() -> None:
    kinds = f'<Relationship Id="r1" Type="{OFFICE}/image" Target="/xl/media/a.svg"/>'
    data = added(EXCEL, "xl/drawings/_rels/drawing1.xml.rels", RELATION.format(kinds).encode())
    picture = b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://192.0.2.1/svg11.dtd"><svg/>'
    assert read_plan(Source(added(data, "xl/media/a.svg", picture))).measures


@pytest.mark.parametrize("encoding", ["utf-32-le", "utf-32-be", "cp037"])
def test_encodings_that_only_hide_something(encoding: str) -> None:
    part = f'<?xml version="1.0"?>{LAUGHS.decode()}<x/>'.encode(encoding)
    refused_everywhere(added(EXCEL, "customXml/a.xml", part), Unreadable, r"实体定义|损坏")


FLOODS = {
    "comments": b"<x>" + b"<!--a-->" * 4_000_000 + b"</x>",
    "instructions": b"<x>" + b"<?a b?>" * 4_000_000 + b"</x>",
    "attributes": b"<x " + b" ".join(b'a%d="1"' % n for n in range(500_000)) + b"/>",
    "namespaces": b"<x " + b" ".join(b'xmlns:a%d="u%d"' % (n, n) for n in range(300_000)) + b"/>",
    "prefixes": b"<x "
    + b" ".join(b'xmlns:a%d="u%d"' % (n, n) for n in range(3_000))
    + b">"
    + b'<y a1:b="1"/>' * 500_000
    + b"</x>",
    "depth": b"<x>" * 1_500_000 + b"</x>" * 1_500_000,
    "one text": b"<x>" + b"a" * 60_000_000 + b"</x>",
    "one value": b'<x a="' + b"a" * 60_000_000 + b'"/>',
    "one name": b"<" + b"a" * 60_000_000 + b"/>",
    "references": b"<x>" + b"&#65;" * 10_000_000 + b"</x>",
}


@pytest.mark.parametrize("flood", FLOODS, ids=str)
@pytest.mark.parametrize("kind", ["word", "excel", "unread"])
def test_floods_of_xml_end(flood: str, kind: str) -> None:
    part = HEAD_XML + FLOODS[flood]
    if kind == "word":
        data = changed(WORD, document__xml=part)
    elif kind == "excel":
        data = changed(EXCEL, sheet1__xml=part)
    else:
        data = added(EXCEL, "customXml/item9.xml", part)
    for attempt in (lambda: read_plan(Source(data)), lambda: mark(data, "a.xlsx", [Mark("甲。")])):
        try:
            attempt()
        except ImportFailure as failure:
            assert "请" in str(failure)  # noqa: PT017 (either is right, no other error is)


# What runs.


@BOTH
@pytest.mark.parametrize(
    ("name", "part", "words"),
    [
        ("xl/vbaProject.bin", b"\x00", "宏"),
        ("word/vbaData.xml", b"<x/>", "宏"),
        ("xl/macrosheets/sheet1.xml", b"<x/>", "宏"),
        ("word/activeX/activeX1.xml", b"<x/>", "控件"),
        ("xl/activeX/activeX1.bin", b"\x00", "控件"),
        (
            "xl/externalLinks/externalLink1.xml",
            b"<externalLink><ddeLink ddeService='cmd'/></externalLink>",
            "DDE",
        ),
        ("word/footer9.xml", b"<w:x xmlns:w='w'><w:instrText> DDEAUTO c:\\\\x </w:instrText></w:x>", "DDE"),
        (
            "word/footer9.xml",
            b"<w:x xmlns:w='w'><w:instrText>DD</w:instrText><w:instrText>&#69; cmd</w:instrText></w:x>",
            "DDE",
        ),
        ("word/footer9.xml", b"<w:x xmlns:w='w'><w:fldSimple w:instr='dde cmd'/></w:x>", "DDE"),
    ],
)
def test_what_would_run_is_refused(data: bytes, name: str, part: bytes, words: str) -> None:
    refused_everywhere(added(data, name, part), Unreadable, words)


@pytest.mark.parametrize(
    ("data", "old", "new"),
    [
        (EXCEL, b"spreadsheetml.sheet.main+xml", b"ms-excel.sheet.macroEnabled.main+xml"),
        (WORD, b"wordprocessingml.document.main+xml", b"ms-word.document.macroEnabled.main+xml"),
    ],
)
def test_a_file_of_macros_under_another_name(data: bytes, old: bytes, new: bytes) -> None:
    refused_everywhere(retyped(data, lambda part: part.replace(old, new)), Unreadable, "宏")


def test_a_macro_under_the_name_of_a_picture() -> None:
    kind = (
        b'<Override PartName="/xl/media/a.png" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
    )
    data = retyped(EXCEL, lambda part: part.replace(b"</Types>", kind))
    refused_everywhere(added(data, "xl/media/a.png", b"\x00"), Unreadable, "宏")


# What is elsewhere.


def test_links_to_other_files_are_said_and_never_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object) -> None:
        raise AssertionError("a link was followed")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", connect)
    link = f'<Relationship Id="r1" Type="{OFFICE}/externalLinkPath" Target="http://192.0.2.1/x" TargetMode="External"/>'
    data = added(EXCEL, "xl/externalLinks/_rels/externalLink1.xml.rels", RELATION.format(link).encode())
    data = added(data, "xl/externalLinks/externalLink1.xml", b"<externalLink/>")
    own = f'<Relationship Id="r99" Type="{OFFICE}/externalLink" Target="externalLinks/externalLink1.xml"/></Relationships>'
    data = changed(data, workbook__xml__rels=lambda part: part.replace(b"</Relationships>", own.encode()))
    reading = read_plan(Source(data))
    assert len(reading.measures) == 1
    assert [(problem.decide, "未打开其他文件" in problem.message) for problem in reading.problems] == [
        (False, True)
    ]
    assert mark(data, "a.xlsx", [Mark("甲。")])
    template = f'<Relationship Id="r1" Type="{OFFICE}/attachedTemplate" Target="http://192.0.2.1/x.dotm" TargetMode="External"/>'
    data = added(WORD, "word/_rels/settings.xml.rels", RELATION.format(template).encode())
    assert len(read_plan(Source(data)).measures) == 1


def test_a_file_inside_the_file_is_said() -> None:
    own = f'<Relationship Id="r99" Type="{OFFICE}/oleObject" Target="embeddings/a.bin"/></Relationships>'
    data = changed(WORD, document__xml__rels=lambda part: part.replace(b"</Relationships>", own.encode()))
    reading = read_plan(Source(added(data, "word/embeddings/a.bin", b"\xd0\xcf\x11\xe0")))
    assert ["嵌有 1 个其他文件" in problem.message for problem in reading.problems] == [True]
    assert not reading.problems[0].decide


# What is something else.


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "密码"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le"), "旧格式"),
        ("<html><table><tr><td>任务</td></tr></table></html>".encode("gb18030"), "网页"),
        ("\ufeff<!DOCTYPE html>\n<html></html>".encode("utf-16"), "网页"),
        ("  <table><tr><td>序号</td></tr></table>".encode(), "网页"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related", "网页"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>', "XML"),
        (b'<?xml version="1.0"?>' + LAUGHS + b"<x>&a11;</x>", "XML"),
        (b"\x1f\x8b\x08\x00", "不支持"),
    ],
)
def test_a_file_of_another_kind_says_what_to_do(data: bytes, words: str) -> None:
    refused(data, Unreadable, words)
    refused(data, Unreadable, "请")


def test_a_table_with_commas_under_the_name_of_a_workbook_is_read() -> None:
    data = "\n".join(",".join(row) for row in GRID).encode("gb18030")
    assert len(read_plan(Source(data, "计划.xlsx")).measures) == 1
