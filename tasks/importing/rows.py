"""From the rows of a plan's tables to tasks and measures: what is merged, left empty, repeated, cut by a page or written over the whole width."""

import re

from tasks.importing import bands
from tasks.importing.deadlines import parse_deadline
from tasks.importing.fitting import refitted
from tasks.importing.grid import Cell, CellPlace, Document, Paragraph, Problem, Row, Table
from tasks.importing.heads import CONTENT, PARTIES, Layout, head_at, is_other_head, is_same_head
from tasks.importing.raw import Found, RawMeasure, RawTask, Text, View
from tasks.importing.shapes import legend_of, matrix, upright
from tasks.importing.wording import fold, marker_of, mend, mend_line

_ENDS_NAME = re.compile(r"(?:局|委|办|街道|中心|队|部|单位|部门|政府|办事处|负责|落实)$")
# 合 计, as it is spread over a cell.
_LONGEST_TOTAL = 8
# The rest of a day that the line's end cut.
_LONGEST_DAY = 6
# What is shorter is no task's title but the end of one.
_SHORTEST_TITLE = 3
# A text that breaks off here goes on, and one that begins so went before.
_OPEN_END = re.compile(r"[，、,（“《(：:和及与或的在对将把为]$")
_OPEN_START = re.compile(r"[，、。；）”》),;]")


class _Collector:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.tables = document.tables
        self.legend = legend_of(document)
        self.found = Found()
        self.layout: Layout | None = None
        self.table_index = -1
        self.sheet = ""
        self.bands: dict[int, str] = {}
        # Those of them under which nothing has come yet.
        self.unused: dict[int, str] = {}
        self.task_cell: Cell | None = None
        self.category: tuple[str, ...] = ()
        # The table was cut here (a new fragment, a repeated head): the next row may go on with the last one.
        self.is_cut = False

    @property
    def last(self) -> RawMeasure | None:
        tasks = self.found.tasks
        return next((task.measures[-1] for task in reversed(tasks[-2:]) if task.measures), None)

    def collect(self) -> Found:
        gap: list[Paragraph] = []
        for block in self.document.blocks:
            if isinstance(block, Paragraph):
                gap.append(block)
                continue
            self.table_index += 1
            self.one_table(block, gap)
            gap = []
        self.leave_bands()
        self.say(gap)
        return self.found

    # The text around the tables.

    def say(self, paragraphs: list[Paragraph]) -> None:
        self.found.texts += [Text(item, self.found.tables) for item in paragraphs if item.text.strip()]

    def say_rows(self, rows: list[Row]) -> None:
        """Rows that belong to no plan table: text where they are one line, else another table's business."""
        self.say([Paragraph(text) for row in rows if (text := bands.only_text(row))])

    # A table.

    def one_table(self, table: Table, gap: list[Paragraph]) -> None:
        if table.sheet != self.sheet:
            # What stands over the rows of one sheet ends with it.
            self.leave_bands()
            self.sheet, self.bands, self.category, self.task_cell = table.sheet, {}, (), None
        turned = upright(table)
        if turned is not None:
            self.turned(*turned, gap)
            return
        table = matrix(table, self.legend)
        heads = {
            place: head
            for place in range(len(table.rows))
            if (head := head_at(table.rows, place)) is not None
        }
        if heads:
            first = min(heads)
            title = [Paragraph(text) for row in table.rows[:first] if (text := bands.only_text(row))]
            self.between(gap + title, heads[first])
            self.body(table, heads, first)
            return
        width = max((len(row.cells) for row in table.rows), default=0)
        if self.layout is not None and width == self.layout.width and bands.is_trivial(gap):
            self.is_cut = True
            self.body(table, {}, 0)
            return
        self.layout = None
        self.say(gap)
        self.say_rows(table.rows)

    def turned(self, table: Table, layout: Layout, gap: list[Paragraph]) -> None:
        """A card or a table on its side. Its cells stand elsewhere in the file, so that none of them can be named."""
        index, self.table_index = self.table_index, -1
        self.between(gap, layout)
        self.is_cut = False
        self.body(table, {0: layout}, 0)
        self.table_index = index

    def between(self, gap: list[Paragraph], head: Layout) -> None:
        """What stands before a head: nothing to speak of, and the table goes on over the page; or the next chapter's heading."""
        if self.layout is not None and head.names == self.layout.names and bands.is_trivial(gap):
            self.is_cut = True
            return
        self.leave_bands()
        self.say(gap)
        self.bands = bands.chapters(gap, is_first=not self.found.tables)
        self.task_cell = None
        self.category = ()
        self.layout = None
        self.found.tables += 1

    def body(self, table: Table, heads: dict[int, Layout], first: int) -> None:
        # For every row the next one that is no line of text: what a line belongs to shows there.
        following: list[int | None] = [None] * (len(table.rows) + 1)
        for place in range(len(table.rows) - 1, -1, -1):
            following[place] = following[place + 1] if table.rows[place].is_line else place
        skip = first
        lines: list[Row] = []
        for place, row in enumerate(table.rows):
            if skip:
                skip -= 1
            elif place in heads:
                layout = heads[place]
                if place != first:
                    self.between(
                        [Paragraph(text) for line in lines if (text := bands.only_text(line))], layout
                    )
                if self.layout is None or layout.names != self.layout.names:
                    self.task_cell = None
                lines = []
                self.layout = layout
                skip = layout.rows - 1
            elif self.layout is None:
                lines.append(row)
            elif row.is_line:
                after = following[place]
                is_end = after is None or after in heads
                # Lines up to the next head, or up to the end: the text between two tables or behind the last.
                if lines or not self.line(row, is_end):
                    if is_end:
                        lines.append(row)
                    else:
                        self.say_rows([row])
            elif is_same_head(self.layout, row):
                self.is_cut = True
            elif is_other_head(self.layout, row):
                # Further down on the sheet another list begins.
                self.layout, lines = None, [row]
            else:
                self.one_row(row)
        self.say_rows(lines)

    def line(self, row: Row, is_end: bool) -> bool:
        """A text line without tabs inside a table: a band, or what goes on with the cell before it. False: it is neither.

        `is_end`: no further row of this table follows.
        """
        text = row.cells[0].text.strip()
        if bands.PAGE.fullmatch(text) or bands.CONTINUED.fullmatch(text):
            self.is_cut = True
            return True
        if bands.is_chapter(text):
            if not is_end:
                self.band(text)
            return not is_end
        last = self.last
        if last is None or bands.NOTE.match(text):
            return False
        if not any(last.units.values()) and (not is_end or not last.is_finished):
            last.add_text(text)
            return True
        # The last cell of the row may have been broken by the line's end.
        kinds = [kind for kind in last.layout.kinds if kind is not None]
        # 2017年10 / 月底前. Any year will do to tell that both are one day.
        is_day = bool(kinds) and kinds[-1] == "deadline" and bool(last.deadline) and len(text) <= _LONGEST_DAY
        if is_day and parse_deadline(f"{last.deadline}{text}", 2024).kind != "unknown":
            last.deadline += "\n" + text
            return True
        is_name = len(text) <= 60 and not re.search(r"[。；：:]", text)
        if is_name and kinds and kinds[-1] in PARTIES and last.units:
            key = list(last.units)[-1]
            if last.expects_units or (not is_end and _ENDS_NAME.search(text)):
                last.units[key] += "\n" + text
                return True
        return False

    def place(self, view: View, column: int) -> CellPlace:
        return self.tables[self.table_index].place(self.table_index, view.row.number, column)

    # A row.

    def one_row(self, row: Row) -> None:
        if self.layout is None or not any(cell.text.strip() for cell in row.cells):
            return
        if 1 < len(row.cells) < self.layout.width:
            row = refitted(row, self.layout)
        view = View(row, self.layout)
        if self.special(view):
            return
        cut, self.is_cut = self.is_cut, False
        if not any(view.text(kind) for kind in (*CONTENT, *PARTIES, "deadline")):
            # A remark that goes on with the one above.
            if self.last is not None:
                self.last.add(view, "")
            return
        cut = cut or self.is_cut_row(view)
        self.take_category(view)
        is_new_task = self.take_task(view, cut)
        self.take_measure(view, is_new_task, cut)

    def special(self, view: View) -> bool:
        """Bands, notes and totals: rows that are no measure."""
        if self.total(view.row):
            return True
        alone = bands.lone(view.row, view.number_cell)
        if alone is None:
            return False
        cell, places = alone
        text = mend_line(cell.text)
        if bands.CONTINUED.fullmatch(text):
            self.is_cut = True
            return True
        is_number = cell is view.number_cell
        if bands.is_attachment(text):
            self.say([Paragraph(text)])
            return True
        if bands.NOTE.match(text) and (len(places) > 1 or places[0] == 0):
            self.say([Paragraph(cell.text)])
            return True
        band = bands.band_text(
            view.layout, text, "" if is_number else view.number, places, is_number=is_number
        )
        if band is not None:
            self.band(band)
        elif bands.covers_all(view.layout, places):
            self.say([Paragraph(cell.text)])
            return True
        return band is not None

    def total(self, row: Row) -> bool:
        """合计 with sums beside it below the measures: text, and no measure."""
        first = next((cell.text for cell in row.cells if cell.text.strip()), "")
        if len(first) > _LONGEST_TOTAL or not bands.is_total(first):
            return False
        texts = [cell.text.strip() for cell in row.cells if cell.text.strip()]
        self.say([Paragraph(" ".join(dict.fromkeys(texts)))])
        return True

    def leave_bands(self, level: int = 0) -> None:
        """Bands from this level down end. Those under which no task stood are text."""
        self.say([Paragraph(text) for own, text in self.unused.items() if own >= level])
        self.unused = {own: text for own, text in self.unused.items() if own < level}

    def band(self, text: str) -> None:
        level = bands.level_of(text)
        if level is None:
            level = max(self.bands, default=1)
        self.leave_bands(level)
        self.bands = {other: band for other, band in self.bands.items() if other < level}
        self.unused[level] = text
        self.bands[level] = text
        self.task_cell = None
        self.category = ()
        self.is_cut = False

    def take_category(self, view: View) -> None:
        if "category" not in view.layout.columns:
            self.category = ()
        else:
            # An empty cell stands for the one above it, in each column of its own.
            now = dict(enumerate(self.category))
            texts = view.categories()
            self.category = tuple(text or now.get(place, "") for place, text in enumerate(texts))

    def categories(self) -> tuple[str, ...]:
        above = [self.bands[level] for level in sorted(self.bands)]
        return tuple(dict.fromkeys([*above, *(text for text in self.category if text)]))

    def start(
        self, view: View, title: str, number: str, categories: tuple[str, ...], *, is_implied: bool = False
    ) -> bool:
        columns = view.layout.columns
        column = (columns.get("task") or columns.get("measure") or [0])[0]
        task = RawTask(
            title,
            number,
            self.table_index,
            view.row.number,
            categories,
            is_implied=is_implied,
            column=column,
        )
        self.found.tasks.append(task)
        self.unused = {}
        return True

    def take_task(self, view: View, cut: bool) -> bool:
        """Begin the task of this row where it is another one than before. True if it began one."""
        if "task" not in view.layout.columns:
            return self.take_implied(view)
        cell = view.cell("task")
        previous = self.found.tasks[-1] if self.found.tasks else None
        if cell is None:
            if previous is not None and not previous.is_implied:
                return False
            return self.start(view, "", view.number, self.categories())
        if previous is not None and cell is self.task_cell:
            return False
        title = bands.CONTINUED.sub("", view.text("task")).strip()
        same = previous is not None and self.task_cell is not None and fold(title) == fold(previous.title)
        self.task_cell = cell
        if previous is not None and same:
            other_number = view.number not in ("", previous.number)
            if cut or not other_number or self.numbers_rows(view.layout):
                return False
        if previous is not None and cut and self.is_cut_title(view, previous):
            previous.title += "\n" + title
            return False
        return self.start(view, title, view.number, self.categories())

    def is_cut_title(self, view: View, previous: RawTask) -> bool:
        """Whether a page cut the task's own cell: tasks have numbers, this one has none, and its measure goes on too."""
        return (
            bool(previous.number)
            and not view.number
            and "number" in view.layout.columns
            and marker_of(mend(view.measure)) is None
            and bool(previous.measures)
            and not previous.measures[-1].is_finished
        )

    def is_cut_row(self, view: View) -> bool:
        """Whether a page cut every cell of a row, and nothing else shows it: among finished measures one is not."""
        tasks = self.found.tasks
        cell = view.cell("task")
        if not tasks or cell is None or cell is self.task_cell or not self.is_cut_title(view, tasks[-1]):
            return False
        before = [raw for task in tasks[-6:] for raw in task.measures][:-1]
        title = mend_line(cell.text)
        is_rule = len(before) >= 2 and all(raw.is_finished for raw in before)
        return is_rule or len(title) <= _SHORTEST_TITLE

    def take_implied(self, view: View) -> bool:
        """No column names the task: the band or heading above does, else each row is task and measure at once."""
        above = self.categories()
        previous = self.found.tasks[-1] if self.found.tasks else None
        if above:
            same = (
                previous is not None
                and previous.is_implied
                and (*previous.categories, previous.title) == above
            )
            return False if same else self.start(view, above[-1], "", above[:-1], is_implied=True)
        last = self.last
        if not view.measure or (last is not None and self.goes_on(view, is_new_task=False, cut=False)):
            return False
        if last is not None and last.cells.get("measure") is view.cell("measure"):
            return False
        return self.start(view, view.measure, view.number, (), is_implied=True)

    def numbers_rows(self, layout: Layout) -> bool:
        """Whether the number column numbers measures: it stands right of the task, or counted within one."""
        numbers, tasks = layout.columns.get("number", []), layout.columns.get("task", [])
        if numbers and tasks and numbers[0] > tasks[0]:
            return True
        return bool(self.found.tasks) and len({raw.own_number for raw in self.found.tasks[-1].measures}) > 1

    def row_numbers(self, layout: Layout) -> bool:
        """Whether the number column numbers every row, and not only tasks."""
        return "number" in layout.columns and ("task" not in layout.columns or self.numbers_rows(layout))

    def goes_on(self, view: View, *, is_new_task: bool, cut: bool) -> bool:
        """Whether the row goes on with the measure before it."""
        last = self.last
        text = mend(view.measure)
        if last is None or is_new_task or not text or (view.number and view.number != last.own_number):
            return False
        marker, earlier = marker_of(text), marker_of(last.opening)
        if marker is not None:
            # （2） in a numbered measure is its second point; 2. is the next measure.
            is_point = earlier is not None and earlier[0].kind != marker[0].kind
            return is_point and not view.has_units and marker[0].number > 1
        is_numbered = earlier is not None or (bool(last.own_number) and self.row_numbers(view.layout))
        if view.has_units:
            return (is_numbered or cut) and (not last.is_finished or last.expects_units)
        is_open = _OPEN_END.search(last.ending) is not None or _OPEN_START.match(text) is not None
        return is_numbered or is_open or (not last.is_finished and (cut or view.row.is_after_gap))

    def take_measure(self, view: View, is_new_task: bool, cut: bool) -> None:
        last = self.last
        cell = view.cell("measure")
        if last is not None and not is_new_task:
            if cell is None or last.cells.get("measure") is cell:
                last.add(view, "")
                return
            if self.goes_on(view, is_new_task=is_new_task, cut=cut):
                last.add(view, view.measure)
                return
        if not self.found.tasks:
            texts = list(dict.fromkeys(text for cell in view.row.cells if (text := mend_line(cell.text))))
            self.found.problems.append(
                Problem(f"此行没有任务和措施，未读入：{'，'.join(texts)}", view.row.number)
            )
            return
        task = self.found.tasks[-1]
        text = view.measure
        if not text:
            if not view.has_units and not view.deadline:
                # The task has a line of its own, its measures follow.
                task.extras.update(view.extras())
                return
            text = task.title
            column = view.layout.name_of("measure", "工作措施")
            self.found.problems.append(
                Problem(
                    "工作措施为空，暂以目标任务的文字代替，请核对。",
                    view.row.number,
                    column,
                    place=self.place(view, view.layout.names.index(column)),
                )
            )
        measure = RawMeasure.of(view, self.table_index, text)
        if not view.has_units and last is not None and task.measures and any(last.units.values()):
            measure.units = dict(last.units)
            measure.inherited = True
        measure.extras = {**task.extras, **measure.extras}
        task.measures.append(measure)


def collect(document: Document) -> Found:
    """All tasks and measures of the plan's tables, and the text around them."""
    return _Collector(document).collect()
