"""What the office writes in a draft: saved together with what a colleague saved meanwhile, and sentences taken from the data."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from reports.merging import Content, Edited, Merged, merge
from reports.models import Bulletin
from reports.sections import Section, body_of, sections_of
from reports.sentences import adopted, changes, fingerprint
from reports.services.drafts import DRAFT_FIELDS, StaleBulletin, lock_draft, put, words_for, write
from tasks.errors import WorkflowError
from units.models import User

EDITED_FIELDS = tuple(name for name in DRAFT_FIELDS if name != "body")


class BothChanged(StaleBulletin):
    """Two people changed the same. `merged`: both texts, and everything else as it can stand together."""

    def __init__(self, current: Bulletin, merged: Merged) -> None:
        super().__init__(current)
        self.merged = merged


@dataclass(frozen=True)
class Edit:
    """What a person sent: the version and the content that they began from, and what they made of it."""

    version: int
    base: Content
    values: Mapping[str, Any]
    sections: Collection[Edited]


@dataclass(frozen=True)
class Saved:
    """The draft as it stands now. `taken_values`, `taken_sections`: where that of a colleague (`who`) was taken over."""

    bulletin: Bulletin
    taken_values: list[str] = field(default_factory=list)
    taken_sections: list[str] = field(default_factory=list)
    who: str = ""


def content_of(bulletin: Bulletin) -> Content:
    return Content(
        {name: as_text(getattr(bulletin, name)) for name in EDITED_FIELDS}, sections_of(bulletin.body)
    )


def as_text(value: Any) -> str:
    """A field's value as it is compared, and as a form's hidden field carries it."""
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)


@transaction.atomic
def save_edit(*, period_id: int, actor: User, edit: Edit, at: datetime | None = None) -> Saved:
    """Save what a person typed, together with what others saved meanwhile.

    Raises BothChanged where they changed the same field or section otherwise; then nothing is saved.
    """
    bulletin = lock_draft(period_id, actor, None)
    saved = _put(bulletin, edit)
    write(bulletin, actor, at)
    return saved


@transaction.atomic
def adopt_sentences(
    *,
    period_id: int,
    actor: User,
    base_version: int,
    keys: Collection[str] | None,
    seen: str | None = None,
    edit: Edit | None = None,
    at: datetime | None = None,
) -> Saved:
    """Put sentences of `keys` in as the data give them now (None: all that the office has left alone).

    A sentence that the office has rewritten is not touched: it counts as looked at (已核对) until the data change again. `seen`:
    the fingerprint of the changes that the person saw. `edit`: what they had typed on the page, saved first. Raises
    WorkflowError where data or draft are no longer what was seen.
    """
    bulletin = lock_draft(period_id, actor, base_version if edit is None else None)
    saved = _put(bulletin, edit) if edit else Saved(bulletin)
    fresh = words_for(bulletin.period, at or timezone.now()).blocks
    told = changes(bulletin.body, bulletin.generated, fresh)
    if seen is not None and seen != fingerprint(told):
        raise WorkflowError("填报数据或草稿刚刚又有变化，没有采用。请核对最新内容后再操作。")
    if keys is None:
        keys = [change.key for change in told if not change.manual]
    if not keys:
        raise WorkflowError("没有可以直接采用的句子：其余各句已由人工修改，请逐句核对。")
    bulletin.body, bulletin.generated = adopted(bulletin.body, bulletin.generated, fresh, keys)
    write(bulletin, actor, at)
    return saved


def _put(bulletin: Bulletin, edit: Edit) -> Saved:
    """Write the edit into the draft at hand, which is locked and not saved yet."""
    saved = Saved(bulletin)
    values = dict(edit.values)
    sections: list[Section] = [row.section for row in edit.sections]
    if bulletin.version != edit.version:
        texts = {name: as_text(value) for name, value in values.items()}
        merged = merge(edit.base, texts, list(edit.sections), content_of(bulletin))
        if merged.is_conflict:
            raise BothChanged(bulletin, merged)
        for name in merged.taken_values:
            values[name] = getattr(bulletin, name)
        sections = [row.section for row in merged.sections]
        saved = Saved(bulletin, merged.taken_values, merged.taken_sections, StaleBulletin(bulletin).who)
    put(bulletin, values | {"body": body_of(sections)})
    return saved
