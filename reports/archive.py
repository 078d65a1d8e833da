"""Whether the archive is as it was issued: every hash computed anew, every edition complete and in its place.

One edition at a time is in memory, and of its files one: an archive of any size is gone through in the same room.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connection

from reports.document import SCHEMA
from reports.kept import ALL_KEPT
from reports.models import Bulletin, BulletinFile, FileFormat
from reports.renderers.fonts import FontError, FontStack
from reports.renderers.process import RenderError, canonical_json, render_files
from tasks.models import ReportingPeriod
from tasks.rules import PeriodState
from xigang_eco.append_only import missing

# Issued before a document named its files: the PDF alone was stored.
_FIRST_FILES = ["pdf"]


@dataclass(frozen=True)
class Fault:
    """`where`: the edition or file in words (empty: the archive as a whole); `what`: what differs, for a person."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}：{self.what}" if self.where else self.what


@dataclass
class Findings:
    """Counts while the archive is gone through; `notes`: what could not be compared, which is no fault.

    `hashes`: edition or file in words → SHA-256 of what is stored now. A list kept elsewhere tells what somebody who owns
    the database, and so can rewrite hashes as well, has changed.
    """

    editions: int = 0
    files: int = 0
    size: int = 0
    rendered: int = 0
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    hashes: dict[str, str] = field(default_factory=dict)


def check_archive(*, render: bool = False) -> Iterator[Findings]:
    """Go through the archive; yields the findings so far after each edition, and at the end.

    `render`: make every file anew from its JSON, where the fonts are those that the JSON names, and compare the bytes.
    """
    found = Findings()
    found.faults += [
        Fault("", f"数据库的防篡改触发器 {name} 缺失或已停用") for name in missing(connection, ALL_KEPT)
    ]
    expected: dict[int, int] = {}
    previous_pdf: dict[int, str] = {}
    for row in _editions():
        before = expected.get(row["period_id"], 0)
        if row["edition"] != before + 1:
            found.faults.append(Fault(_name(row), f"版次不连续，前一版为第{before}版"))
        expected[row["period_id"]] = row["edition"]
        hashes = _check_edition(row, found, previous_pdf.get(row["period_id"], ""), render=render)
        previous_pdf[row["period_id"]] = hashes.get(FileFormat.PDF, "")
        yield found
    issued = ReportingPeriod.objects.filter(state=PeriodState.ISSUED).exclude(pk__in=expected)
    found.faults += [
        Fault(f"{period}（{period.plan.code}）", "报告期为已印发，但没有已印发的通报")
        for period in issued.select_related("plan")
    ]
    yield found


def _editions() -> Iterator[Mapping[str, Any]]:
    yield from (
        Bulletin.objects.issued()
        .order_by("period__plan__code", "period__quarter", "edition")
        .values(
            "pk",
            "period_id",
            "period__plan__code",
            "period__plan__year",
            "period__quarter",
            "period__state",
            "edition",
            "data_sha256",
        )
        .iterator(chunk_size=100)
    )


def _name(row: Mapping[str, Any]) -> str:
    return f"{row['period__plan__code']} {row['period__plan__year']}Q{row['period__quarter']} 第{row['edition']}版"


def _check_edition(
    row: Mapping[str, Any], found: Findings, previous_pdf: str, *, render: bool
) -> dict[str, str]:
    """Format → SHA-256 of the stored bytes."""
    name = _name(row)
    found.editions += 1
    if row["period__state"] != PeriodState.ISSUED:
        found.faults.append(Fault(name, "通报已印发，但报告期不是已印发"))
    document = Bulletin.objects.values_list("data", flat=True).get(pk=row["pk"])
    if not isinstance(document, dict):
        found.faults.append(Fault(name, "没有冻结数据"))
        document = {}
    else:
        now = hashlib.sha256(canonical_json(document)).hexdigest()
        found.hashes[f"{name} 数据"] = now
        if now != row["data_sha256"]:
            found.faults.append(Fault(name, f"冻结数据的 SHA-256 应为 {row['data_sha256']}，实为 {now}"))
    number, superseded = _edition_in(document)
    if number != row["edition"]:
        found.faults.append(Fault(name, f"冻结数据记为第{number}版"))
    if superseded is not None and superseded != previous_pdf:
        found.faults.append(Fault(name, "所载原通报 PDF 的 SHA-256 与前一版存档不符"))
    wanted = _files_in(document)
    made = _render(name, document, wanted, found) if render else {}
    hashes = {}
    for file in BulletinFile.objects.filter(bulletin=row["pk"]).defer("content").order_by("pk").iterator():
        hashes[file.format] = _check_file(name, file, made.get(file.format), found)
    for lacking in (file_format for file_format in wanted if file_format not in hashes):
        found.faults.append(Fault(name, f"缺少 {FileFormat(lacking).label} 文件"))
    for strange in (file_format for file_format in hashes if file_format not in wanted):
        found.faults.append(Fault(name, f"多出 {strange} 文件"))
    return hashes


def _edition_in(document: Mapping[str, Any]) -> tuple[Any, Any]:
    """Number of the edition, and SHA-256 of the PDF that it supersedes; None for what the document does not say.

    Whoever changed the data may have changed its form, too: that is a fault to be told, and the rest is gone through.
    """
    edition = document.get("edition") or {"number": 1}
    if not isinstance(edition, dict):
        return None, None
    superseded = edition.get("supersedes")
    return edition.get("number"), superseded.get("sha256") if isinstance(superseded, dict) else None


def _files_in(document: Mapping[str, Any]) -> list[str]:
    """The formats that are to be stored."""
    files = document.get("files") or _FIRST_FILES
    return [name for name in FileFormat.values if name in files] if isinstance(files, list) else _FIRST_FILES


def _check_file(name: str, file: BulletinFile, made: bytes | None, found: Findings) -> str:
    where = f"{name} {file.get_format_display()}"
    content = bytes(BulletinFile.objects.values_list("content", flat=True).get(pk=file.pk))
    found.files += 1
    found.size += len(content)
    found.hashes[where] = sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != file.sha256:
        found.faults.append(Fault(where, f"SHA-256 应为 {file.sha256}，实为 {sha256}"))
    if len(content) != file.size:
        found.faults.append(Fault(where, f"应为 {file.size} 字节，实为 {len(content)} 字节"))
    if made is not None:
        found.rendered += 1
        if made != content:
            found.faults.append(
                Fault(where, "按冻结数据重新生成的文件与存档不同（数据或文件有改动，或生成程序已升级）")
            )
    return sha256


def _render(name: str, document: dict[str, Any], formats: list[str], found: Findings) -> dict[str, bytes]:
    """Format → the bytes that the document gives now; nothing where its fonts are not here, or it is of an older form."""
    if not document:
        return {}
    if document.get("schema") != SCHEMA:
        found.notes.append(f"{name}：未重新生成，冻结数据的格式早于现在的生成程序")
        return {}
    try:
        FontStack(document["fonts"], settings.FONT_DIR)
    except FontError as error:
        found.notes.append(f"{name}：未重新生成，{error}")
        return {}
    except (KeyError, TypeError):
        found.faults.append(Fault(name, "不能按冻结数据重新生成：所载字体不完整"))
        return {}
    try:
        return render_files(document, formats)
    except RenderError as error:
        found.faults.append(Fault(name, f"不能按冻结数据重新生成：{error}"))
        return {}
