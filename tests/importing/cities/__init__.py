"""Plans of other cities, shortened and reworded, with the truth beside each: what a careful clerk reads in them.

Heads, layout and the wording of who answers are those of the publication named as `source`; where only its announcement was at hand, or a
layout is known without a publication, the table is made up, and the source says so.

A truth has a line for each task and one for each measure below it:

    # 任务标题 < 上一级 / 再上一级
    措施 | 牵头单位*、配合单位、~等说明 | date 2024-12-31

A party's * says that it leads; where the cell or head says who leads, the list ends with !.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.importing.deadlines import Deadline
from tasks.importing.parties import Party
from tasks.importing.readings import PlanReading
from tests.importing.builders import Block


@dataclass(frozen=True)
class City:
    """`source`: where the plan was published, or what it was made up after. `content`: text as it is pasted, or the blocks of a document."""

    name: str
    source: str
    content: str | Sequence[Block]
    truth: str
    kinds: tuple[str, ...] = ("word", "text", "excel")


def _party(party: Party) -> str:
    return ("~" if party.kind == "note" else "") + party.printed + ("*" if party.role == "lead" else "")


def _deadline(deadline: Deadline) -> str:
    days = [day.isoformat() for day in (deadline.starts, deadline.ends) if day]
    return " ".join([deadline.kind, *days])


def told(plan: PlanReading) -> str:
    """A reading in the form of a truth."""
    lines: list[str] = []
    for task in plan.tasks:
        above = f" < {' / '.join(reversed(task.categories))}" if task.categories else ""
        lines.append(f"# {task.title}{above}")
        for measure in task.measures:
            stated = "!" if any(party.is_stated for party in measure.parties) else ""
            parties = "、".join(_party(party) for party in measure.parties) + stated
            text = measure.text.replace("\n", "⏎")
            lines.append(f"{text} | {parties} | {_deadline(measure.deadline)}")
    return "\n".join(lines)
