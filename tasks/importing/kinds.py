"""What a file is that is neither a package nor text, whatever its name ends in."""

import re

from tasks.importing.errors import Unreadable
from tasks.importing.vetting import ENCRYPTED

_CONTAINER = b"\xd0\xcf\x11\xe0"
# In the directory of a container: what Office puts an encrypted package into ([MS-OFFCRYPTO] 2.3.4).
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OTHERS = (
    b"{\\rtf",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"Rar!",
    b"7z\xbc\xaf",
    b"GIF8",
    b"BM",
    b"\x1f\x8b",
    b"\x00\x00\x00",
)
_WEB = re.compile(r"<!doctype html|<html|<table|<meta |<head|<body|<div|<style|mime-version:", re.IGNORECASE)
_XML = re.compile(r"<\?xml|<\?mso-application|<pkg:package|<workbook|<w:worddocument", re.IGNORECASE)


def refuse_other_kinds(data: bytes) -> None:
    """Raises `Unreadable`, with what to do, for files that are known by how they begin."""
    if data.startswith(_CONTAINER):
        if _ENCRYPTED in data:
            raise Unreadable(ENCRYPTED)
        raise Unreadable(
            "这是旧格式（.doc、.xls、.wps、.et）或加密的文件，无法读取。请用 WPS 或 Office 打开，"
            "另存为 .docx 或 .xlsx（不设密码）后再导入。"
        )
    if data.startswith(b"%PDF"):
        raise Unreadable("这是 PDF 文件，无法直接读取。请用 WPS 转为 .docx，或复制其中的表格粘贴后再导入。")
    if data.startswith(_OTHERS):
        raise Unreadable("不支持这种文件。请另存为 .docx 或 .xlsx 后再导入。")


def refuse_other_text(text: str) -> None:
    """The same for the text of a file: web pages and single XML files that are called .xls, .xlsx or .doc."""
    start = text[:2_000].lstrip("\ufeff \t\r\n")
    if _WEB.match(start) or (_XML.match(start) and "<html" in start.lower()):
        raise Unreadable(
            "这是网页格式的文件（扩展名可能是 .xls、.xlsx 或 .doc），无法直接读取。"
            "请用 WPS 或 Office 打开，另存为 .xlsx 或 .docx 后再导入。"
        )
    if _XML.match(start):
        raise Unreadable(
            "这是 XML 格式的文件，无法直接读取。请用 WPS 或 Office 打开，另存为 .xlsx 或 .docx 后再导入。"
        )
