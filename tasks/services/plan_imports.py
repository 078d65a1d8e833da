"""计划导入: a document is brought, what is doubtful in it is decided, and then it becomes a plan, or is thrown away.

Only the office does it, and its people share what is under way. Nothing takes effect before `confirm_import`, which does all or
nothing. The bytes are stored as they came; the PlanImport is the record of who brought them and who confirmed.
"""

import hashlib
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from tasks.errors import WorkflowError
from tasks.importing.carrying import carried_over
from tasks.importing.choices import Choice
from tasks.importing.details import FIRST_YEAR, LABELS, LAST_YEAR, LONGEST, details_of, is_code
from tasks.importing.doubts import conflict_of
from tasks.importing.draft import ImportDraft, draft_of, keep_reading, reading_of
from tasks.importing.reading import Source, read_plan
from tasks.importing.readings import PlanReading
from tasks.importing.settings import NOTHING_SET, PlanSettings
from tasks.models import Measure, Plan, PlanImport, SourceFile
from tasks.planbook.meaning import meant
from tasks.services.common import require_office, touch_plan
from tasks.services.plan_saving import save_plan
from units.models import User
from units.resolving import Directory
from xigang_eco.plain import one_line

PASTED = "粘贴的内容.txt"
_DONE = "该计划已导入，不能再改动。"


def start_import(
    *,
    actor: User,
    data: bytes | str,
    name: str,
    year: int | None = None,
    replaces: int | None = None,
) -> PlanImport:
    """Read a document and keep it for the office to look at. Raises ImportFailure, and stores nothing, where it holds no plan.

    `data`: a file's bytes, or pasted text. `year`: the plan's, where the person knows. `replaces`: an import under way whose document
    this one mends: choices, details, year, what was accepted and compared go over to it, and the earlier one goes.
    """
    require_office(actor)
    _require_year(year)
    if replaces is not None and year is None:
        year = PlanImport.objects.filter(pk=replaces).values_list("year", flat=True).first()
    content = data.encode("utf-8", "replace") if isinstance(data, str) else data
    name = _file_name(name)
    # Reading takes its time and changes nothing: no lock is held meanwhile.
    reading = read_plan(Source(content, name), year=year)
    record = _store(actor=actor, content=content, name=name, year=year, replaces=replaces)
    keep_reading(record.file.sha256, name, year, reading)
    return record


def import_directly(*, data: bytes, name: str, year: int | None, reading: PlanReading) -> Plan:
    """Import a document in which nothing is to be decided, for the command line: nobody stands behind it. Else WorkflowError."""
    keep_reading(hashlib.sha256(data).hexdigest(), _file_name(name), year, reading)
    with transaction.atomic():
        record = _store(actor=None, content=data, name=_file_name(name), year=year, replaces=None)
        return _carry_out(record, None)


@transaction.atomic
def _store(
    *, actor: User | None, content: bytes, name: str, year: int | None, replaces: int | None
) -> PlanImport:
    earlier = _lock(replaces) if replaces is not None else None
    file = SourceFile.objects.create(
        name=name,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        uploaded_by=actor,
    )
    record = PlanImport(file=file, year=year, started_by=actor)
    if earlier is not None:
        record.details, record.choices, record.accepted = earlier.details, earlier.choices, earlier.accepted
        record.compared_with_id = earlier.compared_with_id
    record.save()
    if earlier is not None:
        _drop(earlier)
    return record


@transaction.atomic
def set_details(
    *,
    import_id: int,
    actor: User,
    year: int | None,
    code: str,
    title: str,
    issuer: str,
    issued_on: date | None,
    attachment_title: str,
) -> PlanImport:
    """The plan's own fields as a person wants them. What is left as the document or the proposal has it goes on following these.

    `code` empty: the next free one of the year.
    """
    require_office(actor)
    record = _lock(import_id)
    _require_year(year)
    texts = {"title": title.strip(), "issuer": issuer.strip(), "attachment_title": attachment_title.strip()}
    for field, text in texts.items():
        if len(text) > LONGEST[field]:
            raise WorkflowError(f"{LABELS[field]}超过 {LONGEST[field]} 字，请缩短。")
    code = code.strip()
    if code and not is_code(code):
        raise WorkflowError("计划代码只能用字母、数字、连字符和下划线，不超过 40 个字符。")
    if code and Plan.objects.filter(code=code).exists():
        raise WorkflowError(f"计划代码“{code}”已被使用，请换一个。")
    # As the page showed it: what was proposed for another year goes on being a proposal.
    shown = details_of(reading_of(record.file, record.year), {})
    # The year as read, where it is left as it was.
    record.year = None if year == reading_of(record.file, None).year else year
    plain = details_of(reading_of(record.file, record.year), {})
    said: dict[str, Any] = {
        field: text
        for field, text in {**texts, "code": code}.items()
        if text and text not in (getattr(plain, field), getattr(shown, field))
    }
    if issued_on != plain.issued_on:
        said["issued_on"] = issued_on.isoformat() if issued_on else ""
    record.details = said
    record.save(update_fields=["year", "details"])
    return record


@transaction.atomic
def choose(*, import_id: int, actor: User, printed: str, choice: Choice | None) -> PlanImport:
    """Say whom a printed name means; None takes it back. It becomes one of the owner's names with the import, not before."""
    return choose_all(import_id=import_id, actor=actor, choices={printed: choice})


@transaction.atomic
def choose_all(*, import_id: int, actor: User, choices: dict[str, Choice | None]) -> PlanImport:
    """The same for several names at once: all of them or none."""
    require_office(actor)
    record = _lock(import_id)
    reading = reading_of(record.file, record.year)
    printed_names = {party.printed for measure in reading.measures for party in measure.parties}
    directory = Directory.load()
    stored = dict(record.choices)
    for printed, choice in choices.items():
        if printed not in printed_names:
            raise WorkflowError(f"本文件的责任单位中没有“{printed}”，请刷新页面。")
        if choice is None:
            stored.pop(printed, None)
        else:
            stored[printed] = choice.as_json()
    meant = {printed: Choice.from_json(value) for printed, value in stored.items()}
    for printed, choice in choices.items():
        if choice is not None and (conflict := conflict_of(printed, meant, directory)):
            raise WorkflowError(conflict)
    record.choices = stored
    record.save(update_fields=["choices"])
    return record


@transaction.atomic
def accept_problem(*, import_id: int, actor: User, key: str, accepted: bool) -> PlanImport:
    """Mark a problem as looked at, or not."""
    return accept_problems(import_id=import_id, actor=actor, keys=[key], accepted=accepted)


@transaction.atomic
def accept_problems(*, import_id: int, actor: User, keys: Iterable[str], accepted: bool) -> PlanImport:
    """The same for several at once. What must be mended in the document cannot be accepted."""
    require_office(actor)
    record = _lock(import_id)
    rows = {row.key: row for row in draft_of(record).problems}
    marked = list(record.accepted)
    for key in keys:
        row = rows.get(key)
        if row is None:
            raise WorkflowError("该问题已不存在，请刷新页面。")
        if row.must_mend:
            raise WorkflowError(f"该问题须在原文件中改正后重新上传：{row.problem.message}")
        if accepted and key not in marked:
            marked.append(key)
        elif not accepted and key in marked:
            marked.remove(key)
    record.accepted = marked
    record.save(update_fields=["accepted"])
    return record


@transaction.atomic
def compare_with(*, import_id: int, actor: User, plan_id: int | None) -> PlanImport:
    """Compare with a certain earlier plan, and take settings over from it; None: the one that fits best."""
    require_office(actor)
    record = _lock(import_id)
    if plan_id is not None and plan_id not in {plan.pk for plan in draft_of(record).comparable}:
        raise WorkflowError("只能与更早年度的计划对照，请重新选择。")
    record.compared_with_id = plan_id
    record.save(update_fields=["compared_with"])
    return record


@transaction.atomic
def discard_import(*, import_id: int, actor: User) -> None:
    """Throw away a document that did not become a plan, with what was decided on it."""
    require_office(actor)
    _drop(_lock(import_id))


def confirm_import(*, import_id: int, actor: User) -> Plan:
    """Make the plan: everything, or nothing and a WorkflowError that says why. Clicked twice, it is imported once."""
    require_office(actor)
    record = PlanImport.objects.select_related("file").defer("file__content").filter(pk=import_id).first()
    if record is not None and not record.is_done:
        # Reading takes its time; SQLite has but one writer, whom nobody should wait for meanwhile.
        reading_of(record.file, record.year)
    return _confirm(import_id, actor)


@transaction.atomic
def _confirm(import_id: int, actor: User) -> Plan:
    _lock_same_file(import_id)
    record = _locked(import_id)
    if record.plan is not None:
        if record.imported_by_id == actor.pk:
            return record.plan
        who = f"由{record.imported_by.name}" if record.imported_by else ""
        raise WorkflowError(f"该文件刚刚已{who}导入为《{record.plan.title}》，没有重复导入。")
    return _carry_out(record, actor)


def _carry_out(record: PlanImport, actor: User | None) -> Plan:
    draft = draft_of(record)
    if draft.blockers:
        raise WorkflowError("还不能导入：" + "".join(draft.blockers))
    plan = save_plan(
        plan=draft.plan,
        details=draft.details,
        actor=actor,
        choices=draft.choices,
        settings=settings_for(draft),
    )
    record.plan, record.imported_by, record.imported_at = plan, actor, timezone.now()
    record.compared_with = draft.compared
    # What was proposed and taken, too: the record says what became of it.
    record.save()
    touch_plan(plan.pk)
    return plan


def settings_for(draft: ImportDraft) -> PlanSettings:
    """What the plan takes over beyond its printed text: from last year's, and before that from a workbook of ours."""
    carried = NOTHING_SET
    if draft.compared is not None and draft.comparison is not None:
        carried = carried_over(draft.plan, draft.comparison, draft.compared)
    stated = draft.reading.stated
    if stated is None:
        return carried
    codes = {code for code, _number in stated.continues.values()}
    rows = Measure.objects.filter(plan__code__in=codes, plan__year__lt=draft.details.year)
    earlier = {(code, number): pk for code, number, pk in rows.values_list("plan__code", "number", "pk")}
    return meant(stated, Directory.load(), carried, earlier)


def _lock_same_file(import_id: int) -> None:
    """Lock all imports of the document, in one order: of two that are confirmed at once the second must see the first."""
    file = PlanImport.objects.filter(pk=import_id).values("file__sha256")
    rows = PlanImport.objects.select_for_update(of=("self",)).filter(file__sha256__in=file)
    list(rows.order_by("pk").values_list("pk", flat=True))


def _locked(import_id: int) -> PlanImport:
    """The import, locked; WorkflowError where it is gone."""
    record = (
        PlanImport.objects.select_for_update(of=("self",))
        .select_related("file", "plan", "imported_by", "started_by")
        .defer("file__content")
        .filter(pk=import_id)
        .first()
    )
    if record is None:
        raise WorkflowError("该导入刚刚已被放弃，请返回“计划导入”。")
    return record


def _lock(import_id: int) -> PlanImport:
    """The import under way, locked."""
    record = _locked(import_id)
    if record.is_done:
        raise WorkflowError(_DONE)
    return record


def _drop(record: PlanImport) -> None:
    file = record.file
    record.delete()
    if not file.plan_imports.exists() and not file.filing_uploads.exists():
        file.delete()


def _require_year(year: int | None) -> None:
    if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
        raise WorkflowError(f"计划年度应在 {FIRST_YEAR} 至 {LAST_YEAR} 之间。")


def _file_name(name: str) -> str:
    """The name as the sender called it, without folders, as long as it is kept; the ending stays."""
    longest = SourceFile._meta.get_field("name").max_length or 0
    plain = one_line(name.replace("\\", "/").rsplit("/", 1)[-1]) or PASTED
    return plain if len(plain) <= longest else plain[: longest - 10] + plain[-10:]
