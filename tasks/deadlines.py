"""When measures are to be finished, as printed and as read. No figure and no light depends on it: these follow 序时进度."""

from dataclasses import dataclass
from datetime import date

from tasks.models import DeadlineKind, Measure
from tasks.rules import quarter_days
from xigang_eco.dates import day_text


@dataclass(frozen=True)
class Due:
    """A measure's 完成时限. `starts`, `ends`: the days that it means, as far as they could be read (both included)."""

    text: str
    kind: str
    starts: date | None
    ends: date | None

    @property
    def words(self) -> str:
        """What was read, in words; empty where nothing was."""
        if self.kind == DeadlineKind.DATE and self.ends:
            return f"{day_text(self.ends)}前完成"
        if self.kind == DeadlineKind.RANGE and self.ends:
            return (
                f"{day_text(self.starts)}至{day_text(self.ends)}"
                if self.starts
                else f"至{day_text(self.ends)}"
            )
        if self.kind == DeadlineKind.ONGOING:
            return f"自{day_text(self.starts)}起持续推进" if self.starts else "持续推进"
        return ""

    @property
    def shown(self) -> str:
        """As printed; what the office set where nothing is printed."""
        return self.text or self.words

    @property
    def by_day(self) -> tuple[date, str]:
        """What sorts: by the day, then what goes on, then what nobody could read."""
        return self.ends or date(9998 if self.kind == DeadlineKind.ONGOING else 9999, 12, 31), self.text

    def ends_in(self, year: int, quarter: int) -> bool:
        """Whether it is due in a quarter."""
        first, last = quarter_days(year, quarter)
        return self.ends is not None and first <= self.ends <= last

    def ends_before(self, year: int, quarter: int) -> bool:
        """Whether it was due before a quarter began."""
        first, _last = quarter_days(year, quarter)
        return self.ends is not None and self.ends < first


def due_of(measure: Measure) -> Due | None:
    """The deadline of a measure; None where none is printed or set."""
    if not (measure.deadline_text or measure.deadline_kind):
        return None
    return Due(measure.deadline_text, measure.deadline_kind, measure.deadline_from, measure.deadline_to)


def dues_of(plan_id: int) -> dict[int, Due]:
    """Number of the measure → its deadline; those without one are absent, so that a plan without any has none. One query."""
    fields = ("number", "deadline_text", "deadline_kind", "deadline_from", "deadline_to")
    rows = Measure.objects.filter(plan=plan_id).exclude(deadline_text="", deadline_kind=DeadlineKind.NONE)
    return {number: Due(*rest) for number, *rest in rows.values_list(*fields)}
