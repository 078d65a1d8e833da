"""From the rows of a plan's tables to tasks and measures: what is merged, left empty, repeated, cut by a page or written over the whole width."""

import re
from dataclasses import dataclass, field

from tasks.importing.grid import Cell, Document, Paragraph, Problem, Row, Table
from tasks.importing.heads import CONTENT, PARTIES, Column, Layout, head_at, is_same_head
from tasks.importing.numerals import number_of
from tasks.importing.wording import fold, is_finished, marker_of, mend, mend_line

_NOTE = re.compile(r"\s*(?:备\s*注|注|说明|填表说明|填表人|制表|审核人?|联系人)\s*\d*\s*[:：]")
_TOTAL = re.compile(r"(?:合|总|小)计")
_CONTINUED = re.compile(r"[（(]\s*(?:续表?|接上(?:表|页)|续上(?:表|页)?)\s*[)）]|^续表\d*$")
_PAGE = re.compile(r"[-—–\s]*(?:第\s*)?\d{1,4}\s*(?:页)?[-—–\s]*|第\s*\d+\s*页\s*[,，/]?\s*共\s*\d+\s*页")
# A band's place in the order of headings.
_BAND_LEVELS = {
    "chapter": 1,
    "han": 1,
    "han-bracket": 2,
    "digit": 3,
    "digit-bracket": 4,
    "digit-half": 4,
    "circled": 5,
}
_CHAPTERS = ("chapter", "han", "han-bracket")
_LONGEST_BAND = 80
_TITLE = re.compile(
    r"(?:计划|方案|清单|要点|分工|分解|台账|规划|(?:任务|措施|一览|明细)表)(?:（.*）)?$|20\d\d"
)
_ATTACHMENT = re.compile(r"附\s*[件表]")


@dataclass(slots=True)
class RawMeasure:
    """A measure as its rows give it: texts not yet mended, `units` by column kind and head."""

    row: int
    table: int
    text: str
    layout: Layout
    units: dict[tuple[Column, str], str]
    deadline: str
    own_number: str
    extras: dict[str, str]
    cells: dict[str, Cell] = field(default_factory=dict)
    inherited: bool = False


@dataclass(slots=True)
class RawTask:
    title: str
    number: str
    table: int
    row: int
    categories: tuple[str, ...]
    measures: list[RawMeasure] = field(default_factory=list)
    # The title is the measure itself, or a heading over the table: there is no column for tasks.
    is_implied: bool = False


@dataclass(slots=True)
class Text:
    """A paragraph around the tables, with the number of plan tables before it."""

    paragraph: Paragraph
    after_tables: int


@dataclass(slots=True)
class Found:
    tasks: list[RawTask] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    tables: int = 0


def _texts(row: Row, places: list[int]) -> str:
    """The text of some columns of a row; a merged cell counts once."""
    seen: dict[int, str] = {}
    for place in places:
        if place < len(row.cells):
            cell = row.cells[place]
            if cell.text.strip():
                seen.setdefault(id(cell), cell.text.strip())
    return "\n".join(seen.values())


def _only_text(row: Row) -> str:
    """The text of a row that shows a single one; empty where it shows several."""
    texts = {id(cell): cell.text.strip() for cell in row.cells if cell.text.strip()}
    return next(iter(texts.values())) if len(texts) == 1 else ""


def _is_trivial(gap: list[Paragraph]) -> bool:
    """Whether nothing but page numbers and 续表 stands between two tables."""
    spoken = [item.text.strip() for item in gap if item.text.strip()]
    return all(_PAGE.fullmatch(text) or _CONTINUED.search(text) or len(text) < 3 for text in spoken)


def _is_caption(text: str) -> bool:
    """Whether a short line over a further table reads as its heading."""
    return len(text) <= 30 and not _TITLE.search(text) and re.search(r"[。；，：:]|单位|年.*月", text) is None


def _first(row: Row, places: list[int]) -> Cell | None:
    for place in places:
        if place < len(row.cells) and row.cells[place].text.strip():
            return row.cells[place]
    return None


class _Collector:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.found = Found()
        self.layout: Layout | None = None
        self.table_index = -1
        self.bands: dict[int, str] = {}
        self.task_cell: Cell | None = None
        self.category_cell: Cell | None = None
        self.category = ""
        # The table was cut here (a new fragment, a repeated head): the next row may go on with the last one.
        self.is_cut = False

    @property
    def last(self) -> RawMeasure | None:
        tasks = self.found.tasks
        return tasks[-1].measures[-1] if tasks and tasks[-1].measures else None

    def collect(self) -> Found:
        gap: list[Paragraph] = []
        for block in self.document.blocks:
            if isinstance(block, Paragraph):
                gap.append(block)
                continue
            self.table_index += 1
            self.one_table(block, gap)
            gap = []
        self.say(gap)
        return self.found

    def say(self, paragraphs: list[Paragraph]) -> None:
        for paragraph in paragraphs:
            if paragraph.text.strip():
                self.found.texts.append(Text(paragraph, self.found.tables))

    def one_table(self, table: Table, gap: list[Paragraph]) -> None:
        heads = {
            place: head
            for place in range(len(table.rows))
            if (head := head_at(table.rows, place)) is not None
        }
        width = max((len(row.cells) for row in table.rows), default=0)
        is_fragment = (
            not heads and self.layout is not None and width == self.layout.width and _is_trivial(gap)
        )
        if not heads and not is_fragment:
            self.layout = None
            self.say(gap)
            self.say_rows(table.rows)
            return
        if is_fragment:
            self.is_cut = True
        else:
            first = min(heads)
            title = [Paragraph(text) for row in table.rows[:first] if (text := _only_text(row))]
            self.between(gap + title, heads[first])
            self.body(table, heads, first)
            return
        self.body(table, heads, 0)

    def between(self, gap: list[Paragraph], head: Layout | None) -> None:
        """What stands before a head: nothing to speak of, and the table goes on over the page; or the next chapter's heading."""
        if (
            self.layout is not None
            and head is not None
            and head.names == self.layout.names
            and _is_trivial(gap)
        ):
            self.is_cut = True
            return
        self.say(gap)
        self.chapter_from(gap)
        self.layout = None
        self.found.tables += 1

    def say_rows(self, rows: list[Row]) -> None:
        """Rows that belong to no plan table: text where they are one line, else another table's business."""
        self.say([Paragraph(text) for row in rows for text in [_only_text(row)] if text])

    def chapter_from(self, gap: list[Paragraph]) -> None:
        """The headings right before a table name its chapter; several tables with headings are chapters of one plan."""
        self.bands.clear()
        self.task_cell = None
        self.category, self.category_cell = "", None
        headings: list[tuple[int, str]] = []
        spoken = [item for item in gap if item.text.strip() and not _PAGE.fullmatch(item.text.strip())]
        for place, paragraph in enumerate(reversed(spoken)):
            text = mend_line(paragraph.text)
            marker = marker_of(text)
            level = _BAND_LEVELS[marker[0].kind] if marker and marker[0].kind in _CHAPTERS else None
            if level is None and paragraph.level is not None and not _TITLE.search(text):
                level = paragraph.level
            is_short = len(text) <= _LONGEST_BAND and not text.endswith(("。", "；"))
            if level is not None and is_short and not (headings and headings[-1][0] <= level):
                headings.append((level, text))
            elif level is None and self.found.tables and not headings and not place and _is_caption(text):
                headings.append((1, text))
            elif headings or not is_short or _ATTACHMENT.match(text) or place > 2:
                break
        self.bands = dict(reversed(headings))

    def body(self, table: Table, heads: dict[int, Layout], first: int) -> None:
        skip = first
        before: list[Row] = []
        for place, row in enumerate(table.rows):
            if skip:
                skip -= 1
                continue
            if place in heads:
                layout = heads[place]
                skip = layout.rows - 1
                lines = [Paragraph(text) for other in before for text in [_only_text(other)] if text]
                if before or self.layout is None or layout.names != self.layout.names:
                    if place != first:
                        self.between(lines, layout)
                    if self.layout is None or layout.names != self.layout.names:
                        self.task_cell = None
                else:
                    self.is_cut = True
                before = []
                self.layout = layout
                continue
            if self.layout is None:
                before.append(row)
                continue
            later = table.rows[place + 1 :]
            if row.is_line:
                following = next(
                    (other for other in range(place, len(table.rows)) if not table.rows[other].is_line), None
                )
                if following is None or following in heads or before:
                    # Lines up to the next head, or up to the end: the text between two tables or behind the last.
                    if before or not self.line(row, later):
                        before.append(row)
                    continue
                if not self.line(row, later):
                    self.say_rows([row])
                continue
            if is_same_head(self.layout, row):
                self.is_cut = True
                continue
            self.one_row(row)
        self.say_rows(before)

    def line(self, row: Row, later: list[Row]) -> bool:
        """A text line without tabs inside a table: a band, or what goes on with the cell before it. False: it is neither."""
        text = row.cells[0].text.strip()
        has_rows = any(not other.is_line for other in later)
        if _PAGE.fullmatch(text) or _CONTINUED.fullmatch(text):
            self.is_cut = True
            return True
        marker = marker_of(text)
        if marker and marker[0].kind in _CHAPTERS and len(text) <= _LONGEST_BAND and has_rows:
            self.band(text)
            return True
        last = self.last
        if last is None or _NOTE.match(text):
            return False
        layout = last.layout
        kinds = [kind for kind in layout.kinds if kind is not None]
        if not any(last.units.values()) and (has_rows or not is_finished(last.text)):
            last.text += "\n" + text
            return True
        # The last cell of the row may have been broken by the line's end.
        if (
            kinds
            and kinds[-1] in PARTIES
            and last.units
            and not re.search(r"[。；：:]", text)
            and len(text) <= 60
        ):
            key = list(last.units)[-1]
            if last.units[key].rstrip().endswith(("、", "，", ",", "；")) or (
                has_rows and re.search(r"(?:局|委|办|街道|中心|队|部|单位|部门|政府|办事处|负责|落实)$", text)
            ):
                last.units[key] += "\n" + text
                return True
        return False

    def one_row(self, row: Row) -> None:
        layout = self.layout
        if layout is None:
            return
        columns = layout.columns
        texts = {kind: _texts(row, places) for kind, places in columns.items()}
        filled = {id(cell): cell for cell in row.cells if cell.text.strip()}
        if not filled:
            return
        if self.special(row, layout, texts, list(filled.values())):
            return
        cut, self.is_cut = self.is_cut, False
        if not any(texts.get(kind) for kind in (*CONTENT, *PARTIES, "deadline")):
            return
        self.take_category(row, layout, texts)
        number_cell = _first(row, columns.get("number", []))
        number = mend_line(number_cell.text) if number_cell else ""
        is_new_task = self.take_task(row, layout, texts, number, number_cell, cut)
        self.take_measure(row, layout, texts, number, number_cell, is_new_task, cut)

    def special(self, row: Row, layout: Layout, texts: dict[Column, str], filled: list[Cell]) -> bool:
        """Bands, notes and totals: rows that are no measure."""
        numbers = layout.columns.get("number", [])
        number_cell = _first(row, numbers)
        named = [cell for cell in filled if cell is not number_cell]
        alone = named[0] if len(named) == 1 else number_cell if not named else None
        if alone is None:
            return False
        text = mend_line(alone.text)
        if _CONTINUED.fullmatch(text):
            self.is_cut = True
            return True
        places = [place for place, cell in enumerate(row.cells) if cell is alone]
        if _NOTE.match(text) and (len(places) > 1 or places[0] == 0):
            self.say([Paragraph(alone.text)])
            return True
        if _TOTAL.fullmatch(fold(text)):
            return True
        number = mend_line(number_cell.text) if number_cell is not None and number_cell is not alone else ""
        marker = marker_of(text)
        is_wide = len(places) >= max(2, layout.width // 2) and any(
            layout.kinds[place] in (*PARTIES, "deadline", "extra") or layout.kinds[place] is None
            for place in places
            if place < layout.width
        )
        is_first = number_cell is alone and number_of(text.strip(".．、")) is None
        is_chapter = marker is not None and marker[0].kind in _CHAPTERS
        han_number = (
            bool(number)
            and not re.search(r"\d", number)
            and number_of(number.strip("、.．（）()")) is not None
        )
        in_measure = (
            all(layout.kinds[place] == "measure" for place in places if place < layout.width)
            and "task" in layout.columns
        )
        if len(text) > _LONGEST_BAND or is_finished(text):
            return False
        if is_wide or is_first or han_number or (is_chapter and not in_measure and not number):
            if han_number and not is_chapter:
                text = f"{number.strip('、.．')}{'' if number.endswith(('）', ')')) else '、'}{text}"
            self.band(text)
            return True
        return False

    def band(self, text: str) -> None:
        marker = marker_of(text)
        level = _BAND_LEVELS[marker[0].kind] if marker else 1
        if marker is None and self.bands and max(self.bands) >= 2:
            level = max(self.bands)
        self.bands = {other: band for other, band in self.bands.items() if other < level}
        self.bands[level] = text
        self.task_cell = None
        self.category, self.category_cell = "", None
        self.is_cut = False

    def take_category(self, row: Row, layout: Layout, texts: dict[Column, str]) -> None:
        places = layout.columns.get("category")
        if not places:
            self.category = ""
            return
        cell = _first(row, places)
        if cell is not None:
            text = " ".join(mend_line(part) for part in texts["category"].split("\n"))
            if text != self.category:
                self.category, self.category_cell = text, cell

    def categories(self) -> tuple[str, ...]:
        bands = [self.bands[level] for level in sorted(self.bands)]
        return tuple(dict.fromkeys([*bands, *([self.category] if self.category else [])]))

    def take_task(
        self,
        row: Row,
        layout: Layout,
        texts: dict[Column, str],
        number: str,
        number_cell: Cell | None,
        cut: bool,
    ) -> bool:
        """Begin the task of this row where it is another one than before. True if it began one."""
        tasks = self.found.tasks
        places = layout.columns.get("task")
        if not places:
            return self.take_implied(row, layout, texts, number)
        cell = _first(row, places)
        if cell is None:
            if tasks and not tasks[-1].is_implied:
                return False
            self.start(RawTask("", number, self.table_index, row.number, self.categories()))
            return True
        title = _CONTINUED.sub("", texts["task"]).strip()
        if tasks and cell is self.task_cell:
            return False
        same = bool(tasks) and self.task_cell is not None and fold(title) == fold(tasks[-1].title)
        previous = tasks[-1] if tasks else None
        self_numbered = (
            number_cell is not None and previous is not None and number not in ("", previous.number)
        )
        if same and (cut or not self_numbered or self.numbers_rows(layout)):
            self.task_cell = cell
            return False
        if (
            cut
            and previous is not None
            and not number
            and previous.number
            and layout.columns.get("number")
            and not (texts.get("measure") and marker_of(mend(texts["measure"])))
            and not is_finished(previous.measures[-1].text if previous.measures else "。")
        ):
            # The task's own cell was cut by the page too.
            previous.title += "\n" + title
            self.task_cell = cell
            return False
        self.task_cell = cell
        self.start(RawTask(title, number, self.table_index, row.number, self.categories()))
        return True

    def numbers_rows(self, layout: Layout) -> bool:
        """Whether the number column stands right of the task: then it numbers measures."""
        numbers, tasks = layout.columns.get("number", []), layout.columns.get("task", [])
        return bool(numbers and tasks and numbers[0] > tasks[0]) or bool(
            self.found.tasks and len({measure.own_number for measure in self.found.tasks[-1].measures}) > 1
        )

    def take_implied(self, row: Row, layout: Layout, texts: dict[Column, str], number: str) -> bool:
        """No column names the task: the band or heading above does, else each row is task and measure at once."""
        tasks = self.found.tasks
        bands = self.categories()
        if bands:
            if (
                tasks
                and tasks[-1].is_implied
                and tasks[-1].title == bands[-1]
                and tasks[-1].categories == bands[:-1]
            ):
                return False
            self.start(RawTask(bands[-1], "", self.table_index, row.number, bands[:-1], is_implied=True))
            return True
        text = texts.get("measure", "")
        if not text or (self.last is not None and self.goes_on(row, layout, texts, number, False, False)):
            return False
        cell = _first(row, layout.columns.get("measure", []))
        if self.last is not None and cell is not None and self.last.cells.get("measure") is cell:
            return False
        self.start(RawTask(text, number, self.table_index, row.number, (), is_implied=True))
        return True

    def start(self, task: RawTask) -> None:
        self.found.tasks.append(task)

    def goes_on(
        self, row: Row, layout: Layout, texts: dict[Column, str], number: str, is_new_task: bool, cut: bool
    ) -> bool:
        """Whether the row goes on with the measure before it."""
        last = self.last
        text = mend(texts.get("measure", ""))
        if last is None or is_new_task or not text:
            return False
        has_units = any(texts.get(kind) for kind in PARTIES)
        before = mend(last.text)
        marker, earlier = marker_of(text), marker_of(before)
        if number and number != last.own_number:
            return False
        if marker is not None:
            # （2） in a numbered measure is its second point; 2. is the next measure.
            is_point = earlier is not None and earlier[0].kind != marker[0].kind
            return is_point and not has_units and marker[0].number > 1
        is_numbered = earlier is not None or (bool(last.own_number) and self.row_numbers(layout))
        if not has_units:
            return not is_finished(before) or is_numbered
        if not (is_numbered or cut):
            return False
        units = "".join(last.units.values()).rstrip()
        return not is_finished(before) or units.endswith(("、", "，", ","))

    def row_numbers(self, layout: Layout) -> bool:
        """Whether the number column numbers every row, and not only tasks."""
        return bool(layout.columns.get("number")) and (
            "task" not in layout.columns or self.numbers_rows(layout)
        )

    def take_measure(
        self,
        row: Row,
        layout: Layout,
        texts: dict[Column, str],
        number: str,
        number_cell: Cell | None,
        is_new_task: bool,
        cut: bool,
    ) -> None:
        last = self.last
        cell = _first(row, layout.columns.get("measure", []))
        cells = {
            kind: found
            for kind in ("measure", "deadline", *PARTIES)
            if (found := _first(row, layout.columns.get(kind, [])))
        }
        if number_cell is not None:
            cells["number"] = number_cell
        same_cell = last is not None and cell is not None and last.cells.get("measure") is cell
        if last is not None and not is_new_task and (same_cell or cell is None):
            self.add(last, row, layout, texts, cells, "")
            return
        if last is not None and self.goes_on(row, layout, texts, number, is_new_task, cut):
            self.add(last, row, layout, texts, cells, texts.get("measure", ""))
            return
        if not self.found.tasks:
            return
        task = self.found.tasks[-1]
        text = texts.get("measure", "")
        if not text:
            text = task.title
            self.found.problems.append(
                Problem(
                    "工作措施为空，暂以目标任务的文字代替，请核对。",
                    row.number,
                    layout.name_of("measure", "工作措施"),
                )
            )
        measure = RawMeasure(
            row.number,
            self.table_index,
            text,
            layout,
            self.units(row, layout),
            texts.get("deadline", ""),
            number,
            self.extras(row, layout),
            dict(cells),
        )
        if starts := texts.get("starts", ""):
            measure.deadline = f"{starts}至{measure.deadline}" if measure.deadline else f"{starts}起"
        if (
            not any(measure.units.values())
            and last is not None
            and task.measures
            and any(last.units.values())
        ):
            measure.units = dict(last.units)
            measure.inherited = True
        task.measures.append(measure)

    def units(self, row: Row, layout: Layout) -> dict[tuple[Column, str], str]:
        found: dict[tuple[Column, str], str] = {}
        groups: dict[tuple[Column, str], list[int]] = {}
        for place, kind in enumerate(layout.kinds):
            if kind in PARTIES and kind is not None:
                groups.setdefault((kind, layout.names[place]), []).append(place)
        for key, places in groups.items():
            found[key] = _texts(row, places)
        return found

    def extras(self, row: Row, layout: Layout) -> dict[str, str]:
        groups: dict[str, list[int]] = {}
        for place, kind in enumerate(layout.kinds):
            if kind in ("extra", None):
                groups.setdefault(layout.names[place] or f"第{place + 1}列", []).append(place)
        return {name: text for name, places in groups.items() if (text := _texts(row, places))}

    def add(
        self,
        last: RawMeasure,
        row: Row,
        layout: Layout,
        texts: dict[Column, str],
        cells: dict[str, Cell],
        text: str,
    ) -> None:
        """What a further row of the same measure brings: only what its first rows did not show already."""
        if text:
            joint = "" if mend(last.text)[-1:].isascii() and text[:1].isascii() else "\n"
            last.text += (joint or " ") + text
        for key, more in self.units(row, layout).items():
            seen = last.cells.get(key[0])
            if not more or (seen is not None and seen is cells.get(key[0])):
                continue
            now = last.units.get(key, "")
            last.units[key] = (
                more if not now or last.inherited else now if fold(more) == fold(now) else f"{now}\n{more}"
            )
            last.inherited = False
        deadline = texts.get("deadline", "")
        if (
            deadline
            and last.cells.get("deadline") is not cells.get("deadline")
            and fold(deadline) != fold(last.deadline)
        ):
            last.deadline += ("\n" if last.deadline else "") + deadline
        for name, more in self.extras(row, layout).items():
            now = last.extras.get(name, "")
            if more not in now:
                last.extras[name] = f"{now}\n{more}" if now else more
        last.cells.update(cells)


def collect(document: Document) -> Found:
    """All tasks and measures of the plan's tables, and the text around them."""
    return _Collector(document).collect()
