"""措施清单 of a workbook of ours: tasks and measures, word for word."""

from dataclasses import dataclass, field

from tasks.importing.excel import Sheet
from tasks.importing.grid import CellPlace, Problem
from tasks.planbook import layout as at
from tasks.planbook.tables import BookTable, Problems, TableRow

_KNOWN = (at.TASK_NUMBER, at.TASK, at.NUMBER, at.MEASURE, at.UNITS, at.DEADLINE)
_MOST = 32_767


@dataclass(slots=True)
class ListedMeasure:
    row: TableRow
    number: int
    text: str
    units_text: str
    deadline_text: str
    extras: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class ListedTask:
    row: TableRow
    number: int
    title: str
    categories: tuple[str, ...]
    measures: list[ListedMeasure] = field(default_factory=list)


def read_list(sheet: Sheet, problems: Problems) -> list[ListedTask]:
    """Tasks in the order of their numbers, each with its measures. A number that stands twice is said, and the later row counted on."""
    return _List(sheet, problems).read()


class _Numbers:
    """Numbers given so far. The next one is not looked for anew at every row that has none: a long list would take minutes."""

    def __init__(self) -> None:
        self.taken: set[int] = set()
        self._highest = self._gap = 0

    def take(self, number: int) -> None:
        self.taken.add(number)
        self._highest = max(self._highest, number)

    def free(self) -> int:
        """The one behind the highest, or where none is left behind it, the first gap."""
        if self._highest < _MOST:
            return self._highest + 1
        while self._gap in self.taken:
            self._gap += 1
        return self._gap


class _List:
    def __init__(self, sheet: Sheet, problems: Problems) -> None:
        self.table = BookTable(sheet, _KNOWN, problems)
        self.problems = problems
        self.tasks: dict[int, ListedTask] = {}
        self.current: ListedTask | None = None
        self.numbers, self.task_numbers = _Numbers(), _Numbers()
        places = self.table.places
        width = 1 + max((max(cells) for cells in sheet.rows.values()), default=-1)
        first, task = places.get(at.TASK_NUMBER.head, 0), places.get(at.TASK.head, 0)
        self.categories = [place for place in range(first + 1, task) if place not in places.values()]
        self.extras = [place for place in range(width) if place not in {*places.values(), *self.categories}]
        self.heads = sheet.rows.get(self.table.head_row, {})

    def read(self) -> list[ListedTask]:
        for row in self.table.rows:
            self.take_task(row)
            self.take_measure(row)
        return sorted(self.tasks.values(), key=lambda task: task.number)

    def take_task(self, row: TableRow) -> None:
        """The task of this row: begun where its number is another one, else the one above."""
        title = row.text(at.TASK)
        written = row.word(at.TASK_NUMBER)
        number = row.number_of(at.TASK_NUMBER, 0, _MOST)
        current = self.current
        if not written and (not title or (current is not None and title == current.title)):
            if current is None:
                row.say("本行之上没有目标任务，请填写序号和目标任务。", at.TASK)
                self.begin(row, self.task_numbers.free(), title)
            return
        if number is None:
            if not written:
                row.say("目标任务没有序号，请填写。", at.TASK_NUMBER)
            number = self.task_numbers.free()
        known = self.tasks.get(number)
        if known is None:
            self.begin(row, number, title)
            return
        if title and title != known.title:
            row.say(
                f"序号 {number} 与第{known.row.number}行相同，目标任务却不同；现作为另一项读入，请改正序号。",
                at.TASK_NUMBER,
            )
            self.begin(row, self.task_numbers.free(), title)
            return
        self.current = known

    def begin(self, row: TableRow, number: int, title: str) -> None:
        if not title:
            self.problems.say(
                Problem(
                    "目标任务为空，请补充。",
                    row.number,
                    at.TASK.head,
                    place=CellPlace(
                        row.number, self.table.places.get(at.TASK.head, 0), sheet=self.table.sheet.name
                    ),
                )
            )
        self.task_numbers.take(number)
        categories = [row.texts.get(place, "") for place in self.categories]
        while categories and not categories[-1]:
            categories.pop()
        self.current = self.tasks[number] = ListedTask(row, number, title, tuple(categories))

    def take_measure(self, row: TableRow) -> None:
        text, units, deadline = row.text(at.MEASURE), row.text(at.UNITS), row.text(at.DEADLINE)
        extras = tuple((self.head(place), row.texts[place]) for place in self.extras if place in row.texts)
        if not (row.word(at.NUMBER) or text or units or deadline or extras) or self.current is None:
            return
        number = row.number_of(at.NUMBER, 0, _MOST, needed=True)
        if not text:
            row.say("工作措施为空，请补充。", at.MEASURE)
        if number is not None and number in self.numbers.taken:
            row.say(f"措施序号 {number} 重复，请改正；现按后续序号读入。", at.NUMBER)
            number = None
        if number is None:
            number = self.numbers.free()
        self.numbers.take(number)
        self.current.measures.append(ListedMeasure(row, number, text, units, deadline, extras))

    def head(self, place: int) -> str:
        head = self.heads.get(place, "")
        return "" if head == at.NO_HEAD else head
