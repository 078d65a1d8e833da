"""A plan without a table: paragraphs that say who answers for them, as 市（一）… 1.…（甲牵头，乙配合） or 牵头单位：… below each of them.

lines → records (a numbered paragraph with what belongs to it) → headings, measures and the text around
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tasks.importing.bands import LEVELS, PAGE
from tasks.importing.cutting import is_name
from tasks.importing.grid import Document, Paragraph, Problem
from tasks.importing.heads import PARTIES, Column, Layout, column_of
from tasks.importing.limits import Budget, check_cell
from tasks.importing.parties import pieces
from tasks.importing.raw import Found, RawMeasure, RawTask, Text
from tasks.importing.said import Fields, has_units, label_kind, label_name, labels, split_said
from tasks.importing.wording import is_finished, marker_of, mend, mend_line, plain

# So many paragraphs must say it before it is how the plan is written.
LEAST = 2
_LONGEST_TITLE = 40
_DIGIT = LEVELS["digit"]
_GENERAL = re.compile(
    r".{0,4}(?:主要|重点|工作|目标|具体|年度|整改|实施|攻坚|治理)*(?:任务|工作|措施|内容|举措|行动|事项)(?:及分工|和分工|分工|清单)?"
)
SAID = "文件中没有计划表格，已按正文中注明的责任单位读取任务和措施，请对照原文核对。"


@dataclass(slots=True)
class _Record:
    """A numbered paragraph with those that follow it up to the next number. `level`: of its number, None without one."""

    row: int
    level: int | None
    number: str
    lines: list[str]
    fields: Fields = field(default_factory=list)
    style: int | None = None
    # It is said by paragraphs with labels below it, not by a bracket at its end.
    is_labelled: bool = False

    @property
    def has_units(self) -> bool:
        return has_units(self.fields)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def _level(line: str, style: int | None) -> tuple[int | None, str]:
    found = marker_of(line)
    if found is not None and line[found[1] :].strip():
        return LEVELS[found[0].kind], found[0].label
    return (style, "") if style is not None and len(line) <= _LONGEST_TITLE else (None, "")


def _is_names(line: str) -> bool:
    """Whether a line is nothing but names, the rest of a list of units."""
    if len(line) > 200:
        return False
    parts = [piece for piece in pieces(line) if piece.kind != "joint"]
    return bool(parts) and all(piece.kind == "note" or is_name(piece.text) for piece in parts)


class _Scanner:
    """Lines to records."""

    def __init__(self, known: Mapping[str, Column]) -> None:
        self.known = known
        self.records: list[_Record] = []
        # The last line named units or another labelled part: what follows may go on with it.
        self.is_open = False

    def line(self, row: int, text: str, style: int | None) -> None:
        record = self.records[-1] if self.records else None
        kind = label_kind(label_name(text), self.known)
        if record is not None and kind is not None and (kind != "extra" or record.is_labelled):
            self.label(record, text)
            return
        level, number = _level(text, style)
        if record is not None and record.is_labelled and self.is_open and self.goes_on(record, text, level):
            last = record.fields[-1]
            record.fields[-1] = (last[0], last[1], check_cell(f"{last[2]}\n{text}".strip()))
            return
        if record is not None and level is None and not record.fields:
            record.lines.append(text)
        else:
            self.records.append(_Record(row, level, number, [text], style=style))
            record = self.records[-1]
        self.is_open = False
        self.brackets(self.records[-1], text)

    def goes_on(self, record: _Record, text: str, level: int | None) -> bool:
        """Whether a line without a label belongs to the labelled part before it."""
        kind = record.fields[-1][0]
        if kind in PARTIES:
            return level is None and _is_names(text)
        if kind in ("measure", "goal", "extra"):
            # 整改措施：1.…2.… up to the next paragraph of the record's own kind.
            return level is None or (level >= _DIGIT and level > (record.level or 0))
        return False

    def label(self, record: _Record, text: str) -> None:
        before, fields = labels(text, self.known)
        if before.strip():
            record.lines.append(before.strip())
        record.fields += fields
        record.is_labelled = self.is_open = True

    def brackets(self, record: _Record, text: str) -> None:
        """Take off what the line says at its end; what stands behind a bracket in the middle is a record of its own."""
        said = split_said(text)
        if not any(piece.has_units for piece in said):
            head, fields = labels(text)
            # Units named behind the last sentence of the same paragraph: …。责任单位：甲、乙。
            if head.strip() and is_finished(head) and has_units(fields) and len(head) > len(text) // 4:
                record.lines[-1] = head.strip()
                record.fields += fields
                record.is_labelled = self.is_open = True
            return
        for place, piece in enumerate(said):
            if place:
                record = _Record(record.row, record.level, "", [piece.text])
                self.records.append(record)
            else:
                record.lines[-1] = piece.text
            record.fields += piece.fields


def _lines(document: Document) -> list[tuple[str, int | None]]:
    """Lines of the paragraphs, each with the level of its style."""
    return [
        (text, block.level)
        for block in document.blocks
        if isinstance(block, Paragraph)
        for line in plain(block.text).split("\n")
        if (text := line.strip(" \u3000"))
    ]


def _known(lines: list[tuple[str, int | None]]) -> dict[str, Column]:
    """Labels that come again and again: 整改目标：, 整改措施：, 督导单位：. Each paragraph of the plan has them."""
    names = Counter(name for text, _style in lines if (name := label_name(text)))
    known: dict[str, Column] = {}
    for name, count in names.items():
        kind = column_of(name)
        if count >= LEAST:
            known[name] = (
                "measure" if kind == "task" else kind if kind not in (None, "number", "category") else "extra"
            )
    # Problems stand above what is asked for, under whatever label.
    return {name: kind for name, kind in known.items() if "问题" not in name}


def _scan(document: Document) -> list[_Record]:
    lines = _lines(document)
    scanner = _Scanner(_known(lines))
    for row, (text, style) in enumerate(lines, 1):
        if not PAGE.fullmatch(text):
            scanner.line(row, text, style)
    return scanner.records


def _shared(records: list[_Record]) -> list[_Record]:
    """What is said below the last of several points is said of all of them.

    1. 2. 3. under （一） each become a measure with the same units; （1）（2） under 1. are points of one measure.
    """
    result: list[_Record] = []
    for record in records:
        result.append(record)
        level = record.level
        if not record.has_units or level is None or level < _DIGIT:
            continue
        begin = len(result) - 1
        while begin and result[begin - 1].level == level and not result[begin - 1].fields:
            begin -= 1
        points = result[begin:-1]
        parent = result[begin - 1] if begin else None
        is_first = marker_of(result[begin].lines[0])
        if not points or parent is None or parent.fields or not (parent.level or 9) < level:
            continue
        if is_first is None or is_first[0].number != 1:
            continue
        if level > _DIGIT:
            for point in result[begin:]:
                parent.lines += point.lines
            parent.fields, parent.is_labelled = record.fields, record.is_labelled
            del result[begin:]
        elif record.is_labelled:
            for point in points:
                point.fields, point.is_labelled = list(record.fields), True
    return result


@dataclass(slots=True)
class _Builder:
    found: Found
    stack: list[_Record] = field(default_factory=list)
    open_task: tuple[str, ...] | None = None

    def path(self) -> list[str]:
        return [_head_of(heading.lines[0]) for heading in self.stack]

    def rise(self, level: int | None) -> None:
        if level is not None:
            self.stack = [heading for heading in self.stack if (heading.level or 0) < level]

    def text(self, record: _Record) -> None:
        for place, line in enumerate(record.lines):
            self.found.texts.append(Text(Paragraph(line, record.style if not place else None), 0))
        for _kind, name, text in record.fields:
            self.found.texts.append(Text(Paragraph(f"{name}：{text}"), 0))

    def measure(self, record: _Record) -> None:
        title, text = _title_of(record, self.stack)
        path = self.path()
        if title:
            path = [*path, title]
        if not path:
            path = [text]
        if self.open_task != tuple(path) or title:
            self.found.tasks.append(RawTask(path[-1], "", -1, record.row, tuple(path[:-1])))
            self.open_task = tuple(path)
        self.found.tasks[-1].measures += _measures(record, text)


def _head_of(line: str) -> str:
    """A heading without the text that goes on in its paragraph."""
    head = line.partition("。")[0]
    return mend_line(head if 0 < len(head) <= _LONGEST_TITLE else line)


def _title_of(record: _Record, stack: list[_Record]) -> tuple[str, str]:
    """The task that a paragraph names itself, and the text of its measure.

    （一）推进扬尘治理。施工工地… names one; 1.推进扬尘治理。… under （一） does not.
    """
    first = record.lines[0]
    level = record.level
    under = stack[-1].lines[0] if stack else ""
    found = marker_of(under)
    is_under_nothing = not under or _GENERAL.fullmatch(under[found[1] if found else 0 :].rstrip("。：:"))
    if (
        len(record.lines) > 1
        and not is_finished(first)
        and len(first) <= _LONGEST_TITLE
        and level is not None
    ):
        return first, "\n".join(record.lines[1:])
    if level is None or (level >= _DIGIT and not (level == _DIGIT and is_under_nothing)):
        return "", record.text
    head, _sign, rest = first.partition("。")
    own = marker_of(head)
    if rest.strip() and len(head) <= _LONGEST_TITLE and not re.search("[；;]", head) and own:
        return head, "\n".join([rest.strip(), *record.lines[1:]])
    return (first if level < _DIGIT else ""), record.text


def _measures(record: _Record, text: str) -> list[RawMeasure]:
    """What a record asks for: its text, or what is labelled 整改措施 with the rest beside it."""
    fields = list(record.fields)
    named = [(name, words) for kind, name, words in fields if kind == "measure" and words]
    extras = {name: words for kind, name, words in fields if kind in ("goal", "extra") and words}
    if named:
        extras = {"问题": mend(text), **extras} if text != record.lines[0] else extras
        text = "\n".join(words for _name, words in named)
    units: dict[tuple[Column, str], str] = {}
    for kind, name, words in fields:
        if kind in ("lead", "units", "support") and words:
            before = units.get((kind, name), "")
            units[kind, name] = f"{before}\n{words}" if before else words
    deadline = "；".join(words for kind, _name, words in fields if kind in ("deadline", "starts") and words)
    names = [name for _kind, name in units] or ["责任单位"]
    kinds: list[Column | None] = [kind for kind, _name in units] or ["units"]
    time = next((name for kind, name, _words in fields if kind == "deadline"), "完成时限")
    layout = Layout([*kinds, "deadline"], [*names, time])
    own = record.number.strip("、.．（）() ") if (record.level or 0) >= _DIGIT else ""
    return [RawMeasure(record.row, -1, check_cell(text), layout, units, deadline, own, extras)]


def _siblings(records: list[_Record]) -> set[int]:
    """Places of numbered paragraphs that say nothing, among others of their kind that do: measures whose units are missing."""
    groups: dict[tuple[int, ...], list[int]] = {}
    stack: list[tuple[int, int]] = []
    for place, record in enumerate(records):
        if record.level is None:
            continue
        stack = [(level, own) for level, own in stack if level < record.level]
        groups.setdefault((*(own for _level, own in stack), -record.level), []).append(place)
        stack.append((record.level, place))
    bare: set[int] = set()
    for group in groups.values():
        saying = [place for place in group if records[place].has_units]
        silent = [
            place
            for place in group
            if not records[place].fields
            and (place + 1 == len(records) or (records[place + 1].level or 0) <= (records[place].level or 0))
            and len(records[place].text) > 2 * len(records[place].number) + 10
        ]
        if len(saying) >= LEAST and len(silent) <= len(saying):
            bare.update(silent)
    return bare


def collect_prose(document: Document) -> Found:
    """Tasks and measures of a plan that has no table; none where its paragraphs do not say regularly who answers for them."""
    found = Found()
    records = _scan(document)
    if sum(1 for record in records if record.has_units) < LEAST:
        return found
    records = _shared(records)
    bare = _siblings(records)
    builder = _Builder(found)
    budget = Budget()
    for place, record in enumerate(records):
        builder.rise(record.level)
        if record.has_units or place in bare:
            budget.row()
            builder.measure(record)
            continue
        builder.text(record)
        if record.level is not None and record.number:
            builder.stack.append(record)
            builder.open_task = None
    if found.tasks:
        found.problems.append(Problem(SAID, None, None, decide=False))
    return found
