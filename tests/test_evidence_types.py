"""Whether a file is what its name says, what its name becomes, and the small pictures made of it."""

import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tasks.evidence_types import NAME_MAX, TYPES, BadFile, TooLarge, check_file, clean_file_name
from tasks.previews import PREVIEW_SIDE, BrokenPicture, preview_of
from tests.evidence_files import archive, compound, docx, every_kind, heic, image, mp4, pdf, xlsx

FILES = every_kind()
LIMIT = 10 * 1024 * 1024


def check(name: str, content: bytes, limit: int = LIMIT) -> str:
    stream = BytesIO(content)
    kind = check_file(name, stream, len(content), max_bytes=limit)
    assert stream.tell() == 0
    return kind.content_type


def test_every_kind_on_the_list_has_a_sample() -> None:
    assert set(FILES) == set(TYPES)


@pytest.mark.parametrize("extension", FILES)
def test_a_file_that_is_what_it_says_is_taken(extension: str) -> None:
    assert check(f"材料.{extension}", FILES[extension]) == TYPES[extension].content_type
    assert check(f"材料.{extension.upper()}", FILES[extension]) == TYPES[extension].content_type


@pytest.mark.parametrize("content", FILES, ids="内容{}".format)
@pytest.mark.parametrize("name", FILES, ids="名为{}".format)
def test_a_false_extension_is_refused(name: str, content: str) -> None:
    """Every pair of name and content. Kinds that share one format may stand for each other."""
    alike = [{"doc", "wps"}, {"xls", "et"}, {"jpg", "jpeg"}, {"zip", "docx"}, {"zip", "xlsx"}]
    # An Office file is an archive; the reverse is not so.
    fits = name == content or any({name, content} == pair for pair in alike)
    if name in ("docx", "xlsx") and content == "zip":
        fits = False
    if fits:
        check(f"材料.{name}", FILES[content])
        return
    with pytest.raises(BadFile) as caught:
        check(f"材料.{name}", FILES[content])
    assert f"材料.{name}" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("脚本.html", b"<script>", "类型不在允许范围内"),
        ("程序.exe", b"MZ", "类型不在允许范围内"),
        ("图.svg", b"<svg onload=alert(1)>", "类型不在允许范围内"),
        ("空.pdf", b"", "空文件"),
        ("网页.pdf", b"<html><script>alert(1)</script>", "不是PDF"),
        ("伪.jpg", b"GIF89a", "与扩展名不符"),
        ("加密.docx", compound("EncryptedPackage"), "打开口令"),
        ("宏.docx", archive(**{"[Content_Types].xml": b"", "word/vbaProject.bin": b""}), "与扩展名不符"),
        ("空包.zip", b"PK\x05\x06" + bytes(18), "压缩包"),
        ("断.zip", archive()[:-30], "压缩包"),
        ("短.zip", b"PK\x03\x04", "压缩包"),
        ("短.png", b"\x89PNG", "与扩展名不符"),
    ],
)
def test_what_is_refused_and_why(name: str, content: bytes, words: str) -> None:
    with pytest.raises(BadFile, match=words):
        check(name, content)


def test_a_file_over_the_limit_is_another_kind_of_refusal() -> None:
    with pytest.raises(TooLarge, match="超过 1 MB"):
        check("大.pdf", pdf() + bytes(1024 * 1024), limit=1024 * 1024)
    check("刚好.zip", archive(), limit=len(archive()))


@given(st.sampled_from(sorted(TYPES)), st.binary(max_size=600), st.booleans())
@settings(max_examples=300)
def test_no_bytes_break_the_checks(extension: str, content: bytes, keep_start: bool) -> None:
    content = FILES[extension][:40] + content if keep_start else content
    try:
        check(f"a.{extension}", content)
        if TYPES[extension].is_picture:
            preview_of(BytesIO(content))
    except (BadFile, BrokenPicture):
        pass


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("监测报告.pdf", "监测报告.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\张敏\\报告.docx", "报告.docx"),
        ("..\\..\\报告.zip", "报告.zip"),
        ("报\0告\r\n.pdf", "报告.pdf"),
        ('a<b>:"c|d?e*.pdf', "a_b___c_d_e_.pdf"),
        # A direction mark that makes gpj.exe read as exe.jpg.
        ("照片\u202egpj.pdf", "照片gpj.pdf"),
        ("好😀图.png", "好😀图.png"),
        (" 两 端  空白 .pdf", "两 端 空白.pdf"),
        ("长" * 300 + ".pdf", "长" * (NAME_MAX - 4) + ".pdf"),
        ("cafe\u0301.pdf", "café.pdf"),
    ],
)
def test_what_a_name_becomes(sent: str, stored: str) -> None:
    assert clean_file_name(sent) == stored


@pytest.mark.parametrize("sent", ["", ".", "..", ".pdf", "___.pdf", "无扩展名", "/", "文件夹/", "\u202e.pdf"])
def test_what_is_no_name(sent: str) -> None:
    with pytest.raises(BadFile, match="改名"):
        clean_file_name(sent)


@given(st.text(max_size=400))
def test_a_cleaned_name_is_safe_on_every_disk_and_in_a_header(sent: str) -> None:
    try:
        name = clean_file_name(sent)
    except BadFile:
        return
    assert not set(name) & set('\\/:*?"<>|\r\n\0')
    assert len(name) <= NAME_MAX
    assert clean_file_name(name) == name


def open_preview(content: bytes) -> Image.Image:
    made = preview_of(BytesIO(content))
    assert made is not None
    picture = Image.open(BytesIO(made))
    assert picture.format == "JPEG"
    return picture


@pytest.mark.parametrize("content", [image("JPEG"), image("PNG"), heic()], ids=["jpg", "png", "heic"])
def test_pictures_of_every_kind_have_a_preview(content: bytes) -> None:
    assert open_preview(content).size[0] in (60, 64)


def test_a_large_picture_is_made_small_and_upright_without_camera_data() -> None:
    target = BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010F] = "Camera"
    Image.new("RGB", (3000, 1000), "red").save(target, "JPEG", exif=exif)
    picture = open_preview(target.getvalue())
    assert picture.size == (400, PREVIEW_SIDE)
    assert not picture.getexif()


def test_what_is_transparent_is_white_as_on_paper() -> None:
    target = BytesIO()
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(target, "PNG")
    assert min(open_preview(target.getvalue()).getpixel((10, 10))) > 250  # type: ignore[type-var, arg-type]


def test_a_picture_too_large_to_decode_has_no_preview_and_is_not_decoded() -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    assert preview_of(BytesIO(bomb)) is None


def test_a_damaged_picture_says_so() -> None:
    target = BytesIO()
    Image.effect_noise((300, 300), 80).save(target, "PNG")
    with pytest.raises(BrokenPicture):
        preview_of(BytesIO(target.getvalue()[:2000]))


def test_kinds_that_are_no_pictures_are_told_apart_from_those_that_are() -> None:
    assert {name for name, kind in TYPES.items() if kind.is_picture} == {"jpg", "jpeg", "png", "heic"}
    assert check("会议.mp4", mp4()) == "video/mp4"
    assert check("表.xlsx", xlsx()) != check("文.docx", docx())
