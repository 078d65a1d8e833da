"""The form of a bulletin's draft: title, fields, and the text by sections, as many as there are.

A section is three fields, `s<number>-heading`, `s<number>-text` and `s<number>-origin` (which section of the base it was), in
the order of their numbers. `base` is what the person began from, so that a colleague's work saved meanwhile is told from
theirs (see merging.py).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django import forms

from reports.blocks import numeral
from reports.merging import Content, Edited, Merged
from reports.models import Bulletin
from reports.sections import Section, body_of
from reports.services.drafts import NO_ISSUER
from reports.services.editing import EDITED_FIELDS, Edit, content_of

BODY_MAX = 40_000
HEADING_MAX = 60
SECTIONS_MAX = 60
_NUMBER = re.compile(r"^[^\s〔〕]+〔\d{4}〕[1-9]\d{0,4}号$")
_NAME = re.compile(r"^s(\d{1,3})-text$")
_ORDER = re.compile(r"^(up|down|remove|add):(\d{1,3})$")


class _Day(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        # What a browser's date field takes, whatever the language.
        super().__init__(format="%Y-%m-%d")


@dataclass(frozen=True)
class SectionRow:
    """A section as it stands on the page. `place` from 0, which is the opening and has no heading."""

    place: int
    heading: str
    text: str
    origin: str = ""
    heading_error: str = ""
    text_error: str = ""
    theirs: Section | None = None
    both: bool = False

    @property
    def name(self) -> str:
        return f"s{self.place}"

    @property
    def numeral(self) -> str:
        return numeral(self.place) if self.place else ""

    @property
    def rows(self) -> int:
        """Lines that the text takes, about."""
        lines = self.text.splitlines() or [""]
        return min(28, max(3, sum(1 + len(line) // 38 for line in lines) + 1))


class BulletinForm(forms.Form):
    """A draft. `version`: the one that the person began from."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    base = forms.CharField(widget=forms.HiddenInput, max_length=400_000, required=False)
    title = forms.CharField(
        label="标题",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="需要在某处换行时按回车；不换行则自动排成长短相近的几行。",
    )
    recipients = forms.CharField(
        label="主送机关", max_length=300, required=False, help_text="可不填。不必加冒号。"
    )
    signatory = forms.CharField(label="署名", max_length=100, required=False, help_text="不填则不印署名。")
    signed_on = forms.DateField(label="成文日期", required=False, widget=_Day, help_text="不填则为印发当日。")
    sealed = forms.BooleanField(
        label="加盖印章", required=False, help_text="勾选后按加盖印章的位置排署名和成文日期，印章打印后加盖。"
    )
    document_number = forms.CharField(
        label="发文字号",
        max_length=60,
        required=False,
        help_text="如 西生态办〔2024〕3号。填写后才印红色版头、红线和版记。",
    )
    masthead = forms.CharField(
        label="发文机关标志", max_length=60, required=False, help_text="不填则用署名。"
    )
    cc = forms.CharField(label="抄送", max_length=300, required=False)
    printed_by = forms.CharField(label="印发机关", max_length=100, required=False, help_text="不填则用署名。")
    printed_on = forms.DateField(
        label="印发日期", required=False, widget=_Day, help_text="不填则同成文日期。"
    )

    HEAD = ("recipients", "signatory", "signed_on", "sealed")
    RED_HEAD = ("document_number", "masthead", "cc", "printed_by", "printed_on")

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        initial: Mapping[str, Any] | None = None,
        sections: list[SectionRow] | None = None,
        theirs: Mapping[str, str] | None = None,
    ) -> None:
        """`sections`: those of a page that was not sent; `theirs`: a colleague's value, by field, where both changed it."""
        super().__init__(data, initial=dict(initial or {}))
        self.sections = sections if sections is not None else _sections_in(data or {})
        self.theirs = dict(theirs or {})

    # --- what the page begins with ------------------------------------------------------------------

    @classmethod
    def of(cls, bulletin: Bulletin) -> "BulletinForm":
        """The form with the draft in it."""
        initial = {name: getattr(bulletin, name) for name in EDITED_FIELDS}
        return cls(initial=initial | _basis(bulletin), sections=_rows(content_of(bulletin)))

    @classmethod
    def merged(cls, sent: "BulletinForm", bulletin: Bulletin, merged: Merged) -> "BulletinForm":
        """What a person sent, put together with `bulletin` as it stands now, for them to decide what both changed."""
        rows = [
            SectionRow(
                place,
                row.section.heading,
                row.section.text,
                "" if row.origin is None else str(row.origin),
                theirs=row.theirs,
                both=row.both,
            )
            for place, row in enumerate(merged.sections)
        ]
        initial = {name: sent.cleaned_data[name] for name in EDITED_FIELDS}
        initial |= {name: getattr(bulletin, name) for name in merged.taken_values}
        theirs = {name: value or "（空）" for name, value in merged.both.items()}
        if "sealed" in theirs:
            theirs["sealed"] = "加盖印章" if merged.both["sealed"] else "不加盖印章"
        return cls(initial=initial | _basis(bulletin), sections=rows, theirs=theirs)

    @classmethod
    def reordered(cls, data: Mapping[str, Any], order: str) -> "BulletinForm | None":
        """The page as sent, with a section more, fewer or elsewhere: `up:3`, `down:3`, `remove:3`, `add:3` (behind it).

        Nothing is saved. None where that is no order.
        """
        match = _ORDER.match(order)
        rows = _sections_in(data)
        place = int(match[2]) if match else -1
        if match is None or place >= max(len(rows), 1):
            return None
        step = match[1]
        if step == "add":
            rows.insert(place + 1, SectionRow(0, "", ""))
        elif step == "remove" and place > 0:
            del rows[place]
        elif step == "up" and place > 1:
            rows[place - 1], rows[place] = rows[place], rows[place - 1]
        elif step == "down" and 0 < place < len(rows) - 1:
            rows[place + 1], rows[place] = rows[place], rows[place + 1]
        rows = [replace(row, place=number) for number, row in enumerate(rows)]
        initial = {name: data.get(name, "") for name in ("version", "base", *EDITED_FIELDS)}
        return cls(initial=initial, sections=rows)

    # --- what was sent ------------------------------------------------------------------------------

    def clean_title(self) -> str:
        lines = [" ".join(line.split()) for line in self.cleaned_data["title"].splitlines()]
        title = "\n".join(line for line in lines if line)
        if len(title.splitlines()) > 4:
            raise forms.ValidationError("标题不应超过四行。")
        return title

    def clean_document_number(self) -> str:
        number = "".join(self.cleaned_data["document_number"].split())
        if number and not _NUMBER.match(number):
            raise forms.ValidationError(
                "发文字号应为“机关代字〔年份〕序号号”，如 西生态办〔2024〕3号：年份四位，用六角括号，序号不加“第”、不编虚位。"
            )
        return number

    def clean_base(self) -> Content:
        content = _content_from(self.cleaned_data["base"])
        if content is None:
            raise forms.ValidationError(
                "页面数据不完整，内容没有保存。请复制留存所填内容，重新打开本页后再填。"
            )
        return content

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        if told.get("document_number") and not (told.get("masthead") or told.get("signatory")):
            self.add_error("masthead", NO_ISSUER)
        self.sections = [self._cleaned(row) for row in self.sections]
        if len(self.sections) > SECTIONS_MAX:
            self.add_error(None, f"正文不应超过{SECTIONS_MAX}个部分。")
        if sum(len(row.text) for row in self.sections) > BODY_MAX:
            self.add_error(None, f"正文不应超过{BODY_MAX}字。")
        if any(row.heading_error or row.text_error for row in self.sections):
            self.add_error(None, "正文中有需要更正的地方。")
        elif not body_of([Section(row.heading, row.text) for row in self.sections]):
            self.add_error(None, "正文必填。")
        return self.cleaned_data

    @staticmethod
    def _cleaned(row: SectionRow) -> SectionRow:
        heading_error = _problem(row.heading, HEADING_MAX)
        if row.place and row.text.strip() and not row.heading.strip():
            heading_error = "请填写本部分的标题，或将内容移到上一部分。"
        return replace(row, heading_error=heading_error, text_error=_problem(row.text, BODY_MAX))

    @property
    def edit(self) -> Edit:
        """What services.editing takes."""
        base: Content = self.cleaned_data["base"]
        sections: list[Edited] = []
        for row in self.sections:
            if row.place and not row.heading.strip() and not row.text.strip():
                continue
            origin = _origin(row.origin, len(base.sections))
            if any(other.origin == origin for other in sections):
                # No page sends one section twice; whoever does has made a second of it.
                origin = None
            sections.append(Edited(Section(row.heading, row.text), origin))
        return Edit(
            version=self.cleaned_data["version"],
            base=base,
            values={name: self.cleaned_data[name] for name in EDITED_FIELDS},
            sections=sections,
        )

    # --- for the template ---------------------------------------------------------------------------

    @property
    def head_fields(self) -> list[tuple[forms.BoundField, str]]:
        return [(self[name], self.theirs.get(name, "")) for name in self.HEAD]

    @property
    def red_head_fields(self) -> list[tuple[forms.BoundField, str]]:
        return [(self[name], self.theirs.get(name, "")) for name in self.RED_HEAD]

    @property
    def their_title(self) -> str:
        return self.theirs.get("title", "")

    @property
    def empty_section(self) -> SectionRow:
        """What a script copies for a section that is added."""
        return SectionRow(1, "", "")

    @classmethod
    def label_of(cls, name: str) -> str:
        return str(cls.base_fields[name].label)


def _basis(bulletin: Bulletin) -> dict[str, Any]:
    content = content_of(bulletin)
    base = {"values": content.values, "sections": [[row.heading, row.text] for row in content.sections]}
    return {"version": bulletin.version, "base": json.dumps(base, ensure_ascii=False)}


def _rows(content: Content) -> list[SectionRow]:
    return [
        SectionRow(place, row.heading, row.text, str(place)) for place, row in enumerate(content.sections)
    ]


def _sections_in(data: Mapping[str, Any]) -> list[SectionRow]:
    """The sections that a form sent, in the order of their numbers, whatever gaps these have."""
    numbers = sorted(int(match[1]) for name in data if (match := _NAME.match(name)))
    return [
        SectionRow(
            place,
            str(data.get(f"s{number}-heading", "")),
            str(data.get(f"s{number}-text", "")).replace("\r\n", "\n"),
            str(data.get(f"s{number}-origin", "")),
        )
        for place, number in enumerate(numbers)
    ]


def _problem(text: str, limit: int) -> str:
    """What is wrong with a text of a section; empty for nothing."""
    try:
        forms.CharField(max_length=limit, required=False).clean(text)
    except forms.ValidationError as error:
        return "".join(error.messages)
    return ""


def _origin(typed: str, count: int) -> int | None:
    return (
        int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 and int(typed) < count else None
    )


def _content_from(text: str) -> Content | None:
    """`text` as _basis wrote it; None for anything else."""
    try:
        data = json.loads(text)
        values = {str(name): str(value) for name, value in data["values"].items()}
        sections = [Section(str(heading), str(text)) for heading, text in data["sections"]]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return Content(values, sections)
