"""What becomes of a 季度填报表 that somebody filled in: kept as it came, and row by row saved or handed in."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from tasks.errors import IncompleteFiling, StaleUpdate, WorkflowError
from tasks.filingbook.layout import marks_of
from tasks.filingbook.reading import FilledBook, read_book
from tasks.models import Assignment, FilingUpload, ProgressUpdate, ReportingPeriod, SourceFile
from tasks.readings import content_of
from tasks.services.filing import save_draft, submit_update
from units.models import Unit, User

NAME_MAX = 200
# What became of a row.
SUBMITTED, SAVED, INCOMPLETE = "submitted", "saved", "incomplete"
OVERTAKEN, REFUSED, SKIPPED = "overtaken", "refused", "skipped"
WRITTEN = frozenset({SUBMITTED, SAVED, INCOMPLETE})


class WrongBook(WorkflowError):
    """A 季度填报表 of ours, of another unit, quarter or plan than it was uploaded for."""


@dataclass(frozen=True)
class Entry:
    """A row to be written: the values (some of CONTENT_FIELDS) that it changes, on the version that the person was shown."""

    row: int
    assignment: Assignment
    values: Mapping[str, Any]
    base_version: int


def start_upload(*, actor: User, period: ReportingPeriod, unit: Unit, data: bytes, name: str) -> FilingUpload:
    """Read the workbook and keep it, file and rows; nothing is filed yet. `period` with its plan.

    What this person had uploaded for the unit and quarter and not carried out is dropped. Raises ImportFailure for what cannot
    be read, WrongBook.
    """
    _require_own(actor, unit)
    book = read_book(data)
    _require_right_book(book, period, unit)
    return _keep(actor=actor, period=period, unit=unit, data=data, name=name, book=book)


@transaction.atomic
def _keep(
    *, actor: User, period: ReportingPeriod, unit: Unit, data: bytes, name: str, book: FilledBook
) -> FilingUpload:
    # One person's uploads come one after the other, so that of two at once one is left. Whoever holds the quarter meanwhile and
    # writes this person's name beside a filing must not wait for it: this here waits for the quarter.
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=actor.pk)
    for earlier in FilingUpload.objects.select_for_update(of=("self",)).filter(
        uploaded_by=actor, unit=unit, period=period, applied_at__isnull=True
    ):
        _drop(earlier)
    file = SourceFile.objects.create(
        name=clean_name(name),
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        content=data,
        uploaded_by=actor,
    )
    return FilingUpload.objects.create(
        file=file,
        period=period,
        unit=unit,
        rows=[row.as_json() for row in book.rows],
        problems=[fault.as_json() for fault in book.faults],
        uploaded_by=actor,
    )


@transaction.atomic
def apply_upload(
    *,
    upload_id: int,
    actor: User,
    submit: bool,
    entries: Sequence[Entry],
    left: Mapping[int, Mapping[str, Any]] | None = None,
) -> FilingUpload:
    """Save each of `entries` as a draft, or hand it in; each stands or falls by itself, and what fell is in the outcome.

    What is not complete enough to be handed in is kept as a draft. `left`: row → what the page knows of rows that do not go.
    An upload is carried out once: a second click gets the outcome of the first. Raises WorkflowError where nothing at all
    could be written; the upload then waits on.
    """
    upload = locked_upload(upload_id, actor)
    if upload.applied_at is not None:
        return upload
    if not entries:
        raise WorkflowError("没有选择要写入的措施。请勾选后再操作。")
    outcome = {entry.row: _write(entry, upload, actor, submit=submit) for entry in entries}
    if not any(result["result"] in WRITTEN for result in outcome.values()):
        told = "；".join(
            f"措施{result['number']}：{result['message']}" for result in list(outcome.values())[:3]
        )
        raise WorkflowError(f"没有写入任何内容。{told}")
    upload.outcome = {str(row): dict(result) for row, result in sorted({**(left or {}), **outcome}.items())}
    upload.applied_at = timezone.now()
    upload.save(update_fields=["outcome", "applied_at"])
    return upload


@transaction.atomic
def discard_upload(*, upload_id: int, actor: User) -> None:
    """Forget a workbook that was not carried out, with its file."""
    upload = locked_upload(upload_id, actor)
    if upload.applied_at is not None:
        raise WorkflowError("这份填报表已写入，不能放弃。需要修改的，请到相应措施的填报页。")
    _drop(upload)


def locked_upload(upload_id: int, actor: User) -> FilingUpload:
    """The actor's own upload, locked."""
    upload = (
        FilingUpload.objects.visible_to(actor)
        .select_for_update(of=("self",))
        .select_related("period__plan", "unit")
        .filter(pk=upload_id)
        .first()
    )
    if upload is None:
        raise WorkflowError("这份填报表已被放弃，或已由新上传的代替。请重新上传。")
    return upload


def clean_name(name: str) -> str:
    """The file's name as a person knows it: without folders, signs that no database takes, or what is over the limit."""
    plain = "".join(sign for sign in name.replace("\\", "/").rpartition("/")[2] if sign.isprintable()).strip()
    return plain[-NAME_MAX:] or "填报表.xlsx"


def _require_own(actor: User, unit: Unit) -> None:
    if not (actor.is_office or (actor.is_unit_user and actor.unit_id == unit.pk)):
        raise WorkflowError("只有责任单位本单位或区生态办可以上传填报表。")


def _require_right_book(book: FilledBook, period: ReportingPeriod, unit: Unit) -> None:
    """Refuse the workbook of somebody else, or of another time. Single rows that do not belong are told in the preview."""
    own = (period.plan.code.casefold(), period.quarter, unit.code.casefold())
    owners = [(plan.casefold(), quarter, code.casefold()) for plan, quarter, code in book.owners]
    if own in owners:
        return
    plan, quarter, code = book.owners[0]
    found = (
        ReportingPeriod.objects.select_related("plan")
        .filter(plan__code__iexact=plan, quarter=quarter)
        .first()
    )
    whose = Unit.objects.filter(code__iexact=code).first()
    when = str(found) if found else f"计划{plan}第{quarter}季度"
    if found and found.plan_id != period.plan_id and found.plan.year == period.plan.year:
        when = f"《{found.plan.title}》{found}"
    raise WrongBook(
        f"这是{whose.name if whose else f'单位“{code}”'}{when}的填报表，不是{unit.name}{period}的，没有读入。"
        "请核对文件，或切换到相应的单位和季度后上传。"
    )


def _write(entry: Entry, upload: FilingUpload, actor: User, *, submit: bool) -> dict[str, Any]:
    """One row; what a service began and did not end, it takes back itself."""

    def go(service: Any) -> ProgressUpdate:
        update: ProgressUpdate = service(
            assignment=entry.assignment,
            period=upload.period,
            actor=actor,
            values=entry.values,
            base_version=entry.base_version,
        )
        return update

    number = entry.assignment.measure.number
    try:
        if not submit:
            return _written(number, SAVED, go(save_draft))
        try:
            update = go(submit_update)
            return _written(number, SUBMITTED, update, "逾期报送。" if update.is_late else "")
        except IncompleteFiling as error:
            return _written(number, INCOMPLETE, go(save_draft), "".join(error.problems.values()))
    except StaleUpdate as error:
        return {"number": number, "result": OVERTAKEN, "message": str(error)}
    except WorkflowError as error:
        return {"number": number, "result": REFUSED, "message": str(error)}


def _written(number: int, result: str, update: ProgressUpdate, message: str = "") -> dict[str, Any]:
    return {"number": number, "result": result, "message": message, "marks": marks_of(content_of(update))}


def _drop(upload: FilingUpload) -> None:
    file_id = upload.file_id
    upload.delete()
    SourceFile.objects.filter(pk=file_id).delete()
