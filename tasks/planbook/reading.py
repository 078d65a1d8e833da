"""A workbook of ours → the plan it states: every text as it stands, nothing guessed, and what does not agree said with row and column.

Units and groups stand by their names; whom these mean is looked up with everybody else's (`tasks.importing.resolve`).
"""

import re
from collections.abc import Iterable

from tasks.importing.deadlines import Deadline, Kind, parse_deadline
from tasks.importing.errors import NoPlanFound, Unreadable
from tasks.importing.excel import Sheet, read_sheets
from tasks.importing.grid import Problem
from tasks.importing.package import Package
from tasks.importing.readings import MeasureReading, Place, PlanReading, SectionReading, TaskReading
from tasks.importing.settings import (
    DemandSettings,
    MeasureSettings,
    PlanSettings,
)
from tasks.models import DeadlineKind
from tasks.planbook import layout as at
from tasks.planbook.listing import ListedMeasure, ListedTask, read_list
from tasks.planbook.parties import PartiesReader, StatedParty, as_parties, lead_of, measure_number, plain
from tasks.planbook.stated import Stated
from tasks.planbook.tables import MOST, BookTable, Problems, TableRow, day_of, whole
from tasks.rules import EXPECTED_BY_QUARTER, RED_FROM, YELLOW_FROM
from tasks.rules import Kind as MeasureKind

_LONGEST_INDICATOR, _LONGEST_INDICATOR_UNIT, _LONGEST_UNASKED = 80, 20, 200
_KINDS: tuple[Kind, ...] = ("date", "range", "ongoing", "unknown")
_WITHOUT = {
    at.SETTINGS_SHEET: "措施的类型、序时进度和指标按新计划处理",
    at.PARTIES_SHEET: "责任单位按清单中的文字识别",
    at.TEXT_SHEET: "没有读入正文",
    at.DEMANDS_SHEET: "没有读入正文要求",
}


def find_book(package: Package) -> dict[str, Sheet] | None:
    """The sheets of a workbook of ours by their names; None for anything else.

    Raises `Unreadable` for one of a later format.
    """
    marks = [
        text
        for sheet in read_sheets(package, at.PLAN_SHEET)
        for cells in sheet.rows.values()
        for text in cells.values()
        if at.is_mark(text)
    ]
    if not marks:
        return None
    if at.format_of(marks[0]) != str(at.FORMAT):
        raise Unreadable(
            f"本工作簿的格式为“{at.format_of(marks[0])[:10]}”，本系统只能读取第 {at.FORMAT} 版。"
            "请在导出它的系统中导入，或升级本系统。"
        )
    return {sheet.name: sheet for sheet in read_sheets(package)}


def read_book(sheets: dict[str, Sheet], year: int | None = None) -> PlanReading:
    """The plan that the workbook states. `year`: where the reader knows better than it. Raises `NoPlanFound`."""
    return _Book(sheets, year).reading()


class _Book:
    def __init__(self, sheets: dict[str, Sheet], year: int | None) -> None:
        self.sheets, self.problems = sheets, Problems()
        self.lines = self._plan_lines()
        self.year = year or self._plan_number("年度", 1990, 2100)

    def reading(self) -> PlanReading:
        if at.LIST_SHEET not in self.sheets:
            raise NoPlanFound(
                f"工作簿中缺少“{at.LIST_SHEET}”表，没有可以导入的内容。请从系统重新导出后修改。"
            )
        for name in self.sheets.keys() - {at.PLAN_SHEET, at.LIST_SHEET, at.GUIDE_SHEET, *_WITHOUT}:
            self.say(f"“{name}”表不是本工作簿原有的表，未读入。", decide=False)
        tasks = read_list(self.sheets[at.LIST_SHEET], self.problems)
        measures = {measure.number: measure for task in tasks for measure in task.measures}
        if not measures:
            raise NoPlanFound(f"“{at.LIST_SHEET}”表中没有工作措施，没有可以导入的内容。")
        settings = self._settings(measures)
        deadlines = {
            number: self._deadline(measure, settings.get(number)) for number, measure in measures.items()
        }
        reader = PartiesReader(measures)
        parties = reader.read(self.table(at.PARTIES_SHEET, at.PARTIES))
        places, preamble, sections = self._text()
        yellow, red = self._thresholds()
        plan_settings = PlanSettings(
            yellow_from=yellow,
            red_from=red,
            measures={
                number: self._measure_settings(
                    measures[number], settings.get(number), parties.get(number, [])
                )
                for number in measures
                if number in settings or number in parties
            },
            demands=self._demands(places, measures),
        )
        stated = Stated(
            code=self.line("计划代码").strip(),
            settings=plan_settings,
            is_new_year=self.year != self._plan_number(at.EXPORTED_YEAR, 0, 9999, self.year),
            continues=self._continues(settings),
            duty_units=tuple(reader.units.values()),
        )
        return PlanReading(
            title=self.line("计划标题"),
            year=self.year,
            tasks=tuple(self._task(task, deadlines, parties) for task in tasks),
            sections=sections,
            preamble=preamble,
            attachment_title=self.line("附件标题"),
            issuer=self.line("印发机关"),
            issued_on=day_of(self._day_line()),
            problems=tuple(self.problems.found),
            stated=stated,
        )

    def say(self, message: str, *, decide: bool = True) -> None:
        self.problems.say(Problem(message, decide=decide))

    def table(self, name: str, columns: tuple[at.Column, ...]) -> Iterable[TableRow]:
        sheet = self.sheets.get(name)
        if sheet is None:
            self.say(f"缺少“{name}”表，{_WITHOUT[name]}。")
            return ()
        return BookTable(sheet, columns, self.problems).rows

    # 计划信息

    def _plan_lines(self) -> dict[str, tuple[int, str]]:
        """Label → row and what stands beside it."""
        found: dict[str, tuple[int, str]] = {}
        for number, cells in sorted(self.sheets[at.PLAN_SHEET].rows.items()):
            places = sorted(cells)
            label = cells[places[0]].strip()
            value = cells.get(places[0] + 1, "")
            if label in found and found[label][1] != value:
                self.problems.say(
                    Problem(f"“{at.PLAN_SHEET}”表第{number}行：“{label}”重复，只读入第一行。", number, label)
                )
            found.setdefault(label, (number, value))
        for label in at.PLAN_LINES:
            if label not in found:
                self.say(f"“{at.PLAN_SHEET}”表缺少“{label}”一行，请补上。")
        return found

    def line(self, label: str) -> str:
        return self.lines.get(label, (0, ""))[1]

    def _plan_number(self, label: str, least: int, most: int, default: int | None = None) -> int | None:
        number, text = self.lines.get(label, (0, ""))
        value = whole(text) if text.strip() else None
        if value is not None and least <= value <= most:
            return value
        if number:
            self.problems.say(
                Problem(
                    f"“{at.PLAN_SHEET}”表第{number}行：“{label}”应为 {least} 至 {most} 的整数。",
                    number,
                    label,
                )
            )
        return default

    def _day_line(self) -> str:
        number, text = self.lines.get("印发日期", (0, ""))
        if text.strip() and day_of(text) is None:
            self.problems.say(
                Problem(
                    f"“{at.PLAN_SHEET}”表第{number}行：“印发日期”应为日期，例如 2024-03-28，现为“{text[:20]}”。",
                    number,
                    "印发日期",
                )
            )
        return text

    def _thresholds(self) -> tuple[int, int]:
        labels = ("黄灯起点（百分点）", "红灯起点（百分点）")
        yellow = self._plan_number(labels[0], 0, 100, YELLOW_FROM) or 0
        red = self._plan_number(labels[1], 0, 100, RED_FROM) or 0
        if yellow <= red:
            return yellow, red
        self.say(f"“{at.PLAN_SHEET}”表：黄灯起点不能大于红灯起点，现按 {YELLOW_FROM} 和 {RED_FROM} 读入。")
        return YELLOW_FROM, RED_FROM

    # 措施设置

    def _settings(self, measures: dict[int, ListedMeasure]) -> dict[int, TableRow]:
        """Number of the measure → its row."""
        openings = {_opening(measure.text): number for number, measure in measures.items()}
        found: dict[int, TableRow] = {}
        for row in self.table(at.SETTINGS_SHEET, at.SETTINGS):
            number = measure_number(row, measures)
            if number is None:
                continue
            if number in found:
                row.say(f"措施{number}在本表中有两行，只读入第一行，请删去多余的。", at.NUMBER)
                continue
            found[number] = row
            # Edited wording is no fault; the wording of another measure is: somebody changed numbers here or there only.
            opening = _opening(row.text(at.EXCERPT))
            if opening != _opening(measures[number].text) and opening in openings:
                row.say(
                    f"本行写的是措施{number}，“{at.EXCERPT.head}”却是清单中措施{openings[opening]}的文字，请核对序号。",
                    at.NUMBER,
                )
        return found

    def _deadline(self, measure: ListedMeasure, row: TableRow | None) -> Deadline:
        """What the office set, else what the wording says."""
        text = measure.deadline_text
        read = parse_deadline(text, self.year) if text else Deadline("unknown")
        if row is None:
            return read
        kinds = [(kind, str(DeadlineKind(kind).label)) for kind in _KINDS]
        kind = row.choice(at.DEADLINE_KIND, kinds, "")
        starts, ends = row.day(at.DEADLINE_FROM), row.day(at.DEADLINE_TO)
        if not kind:
            if starts or ends:
                row.say("填了时限的日期，请同时选择时限类型；日期未读入。", at.DEADLINE_KIND)
            return read
        if kind in ("date", "range") and ends is None:
            row.say("时限类型为限期完成或起止期间，请填写完成的日期；现按清单文字识别。", at.DEADLINE_TO)
            return read
        if starts and ends and starts > ends:
            row.say("时限起始晚于完成，请改正；现按清单文字识别。", at.DEADLINE_FROM)
            return read
        return Deadline(next(known for known in _KINDS if known == kind), starts, ends)

    def _measure_settings(
        self, measure: ListedMeasure, row: TableRow | None, parties: list[StatedParty]
    ) -> MeasureSettings:
        by_place = {place: party.settings for place, party in enumerate(parties, 1)}
        if row is None:
            return MeasureSettings(lead=lead_of(parties, confirmed=False), parties=by_place)
        unasked = row.fitting(at.UNASKED, _LONGEST_UNASKED)
        if unasked not in measure.text:
            row.say(f"“{at.UNASKED.head}”应从该措施原文逐字摘录，清单中没有这段文字，未读入。", at.UNASKED)
            unasked = ""
        indicator = row.fitting(at.INDICATOR, _LONGEST_INDICATOR)
        unit = row.fitting(at.INDICATOR_UNIT, _LONGEST_INDICATOR_UNIT)
        target = row.decimal(at.INDICATOR_TARGET, 10)
        if (unit or target is not None) and not indicator:
            row.say("填写了指标单位或目标值，请同时填写指标名称。", at.INDICATOR)
        q1, q2, q3, q4 = (row.number_of(column, 0, 100) for column in at.EXPECTED)
        usual = EXPECTED_BY_QUARTER.values()
        steps = [
            own if own is not None else share for own, share in zip((q1, q2, q3, q4), usual, strict=True)
        ]
        if steps != sorted(steps):
            row.say("序时进度应逐季不减（未填的按 25、50、75、100 计），请改正。", at.EXPECTED[0])
        kinds = [(str(kind), str(kind.label)) for kind in MeasureKind]
        return MeasureSettings(
            kind=row.choice(at.KIND, kinds, ""),
            kind_confirmed=row.is_true(at.KIND_CONFIRMED),
            expected=(q1, q2, q3, q4),
            indicator=indicator,
            indicator_unit=unit,
            indicator_target=target,
            unasked_part=unasked,
            lead=lead_of(parties, confirmed=row.is_true(at.LEAD_CONFIRMED)),
            parties=by_place,
        )

    def _continues(self, settings: dict[int, TableRow]) -> dict[int, tuple[str, int]]:
        found = {}
        for number, row in settings.items():
            code = row.word(at.CONTINUES_PLAN)
            before = row.number_of(at.CONTINUES_NUMBER, 0, MOST, needed=bool(code))
            if before is not None and not code:
                row.say("填了承接措施序号，请同时填写承接计划代码。", at.CONTINUES_PLAN)
            elif before is not None:
                found[number] = (code, before)
        return found

    # 措施清单 as it is read everywhere

    def _task(
        self, task: ListedTask, deadlines: dict[int, Deadline], parties: dict[int, list[StatedParty]]
    ) -> TaskReading:
        measures = tuple(
            MeasureReading(
                number=measure.number,
                text=measure.text,
                units_text=measure.units_text,
                parties=as_parties(measure, parties.get(measure.number)),
                deadline_text=measure.deadline_text,
                deadline=deadlines[measure.number],
                place=Place(0, measure.row.number),
                units_column=at.UNITS.head,
                deadline_column=at.DEADLINE.head,
                extras=measure.extras,
            )
            for measure in task.measures
        )
        return TaskReading(task.number, task.title, measures, Place(0, task.row.number), task.categories)

    # 正文, 正文要求

    def _text(self) -> tuple[dict[int, int], str, tuple[SectionReading, ...]]:
        """章节 as written → place from 1; the preamble; the sections."""
        heads: dict[int, TableRow] = {}
        texts: dict[int, str] = {}
        for row in self.table(at.TEXT_SHEET, at.TEXT):
            place = row.number_of(at.SECTION, 0, MOST, needed=True)
            if place is None:
                continue
            piece = row.text(at.PARAGRAPH)
            if place not in heads:
                heads[place], texts[place] = row, piece
                continue
            goes_on = row.choice(at.GOES_ON, ((at.CONTINUED, at.CONTINUED),), "") == at.CONTINUED
            texts[place] += piece if goes_on else f"\n{piece}"
            for column in (at.LEVEL, at.SECTION_NUMBER, at.HEADING):
                if row.text(column) and row.text(column) != heads[place].text(column):
                    row.say(
                        f"章节 {place} 已在第{heads[place].number}行开始，本行又有不同的{column.head}，以前者为准；"
                        "另起一节的，请用另一个章节号。",
                        column,
                    )
        listed = sorted(place for place in heads if place != at.PREAMBLE)
        sections = tuple(
            SectionReading(
                heading=heads[place].text(at.HEADING),
                level=heads[place].number_of(at.LEVEL, 1, 9, 1) or 1,
                text=texts[place],
                number=heads[place].text(at.SECTION_NUMBER),
            )
            for place in listed
        )
        return {place: order for order, place in enumerate(listed, 1)}, texts.get(at.PREAMBLE, ""), sections

    def _demands(
        self, places: dict[int, int], measures: dict[int, ListedMeasure]
    ) -> tuple[DemandSettings, ...]:
        found = []
        for row in self.table(at.DEMANDS_SHEET, at.DEMANDS):
            place = row.number_of(at.SECTION, 1, MOST, needed=True)
            if place is None:
                continue
            if place not in places:
                row.say(f"“{at.TEXT_SHEET}”表中没有章节 {place}，本行未读入。", at.SECTION)
                continue
            if not row.text(at.DEMAND):
                row.say(f"“{at.DEMAND.head}”未填，本行未读入。", at.DEMAND)
                continue
            links: dict[int, bool] = {}
            for column, is_confirmed in ((at.CONFIRMED_MEASURES, True), (at.PROPOSED_MEASURES, False)):
                for number in self._numbers(row, column, measures):
                    if number in links:
                        row.say(f"措施{number}重复，以先列出的为准。", column)
                    links.setdefault(number, is_confirmed)
            found.append(DemandSettings(places[place], row.text(at.DEMAND), tuple(sorted(links.items()))))
        return tuple(found)

    def _numbers(self, row: TableRow, column: at.Column, measures: dict[int, ListedMeasure]) -> Iterable[int]:
        for word in re.split(r"[、,，;；\s]+", row.word(column)):
            if not word:
                continue
            number = whole(word)
            if number is None or number not in measures:
                row.say(f"“{at.LIST_SHEET}”表中没有措施“{word[:20]}”，未读入。", column)
            else:
                yield number


_OPENING = 12


def _opening(text: str) -> str:
    return plain(text)[:_OPENING]
