"""Changes that the rules refuse. The text is for the person who asked: it says what is wrong and what to do."""

from typing import TYPE_CHECKING

from units.errors import Refused

if TYPE_CHECKING:
    from tasks.models import MeasureSummary, ProgressUpdate


class WorkflowError(Refused):
    """A refused change of the plan or of a filing."""


class IncompleteFiling(WorkflowError):
    """A filing that may not be submitted yet; `problems`: field → what is missing."""

    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems
        super().__init__("填报内容不完整：" + "；".join(problems.values()))


class StaleUpdate(WorkflowError):
    """Somebody else wrote first; `current` is what stands now."""

    def __init__(self, current: "ProgressUpdate") -> None:
        self.current = current
        who = current.written_by.name if current.written_by else "他人"
        super().__init__(f"本填报已由{who}修改，您的内容没有覆盖它。请对照两份内容后再保存。")


class Overtaken(WorkflowError):
    """The filing moved on while a reviewer looked at it; `current` is what stands now."""

    def __init__(self, current: "ProgressUpdate", message: str) -> None:
        self.current = current
        super().__init__(message)


class BadCorrection(WorkflowError):
    """核定 figures that contradict the rules or the filing: the reviewer may mend them and try again."""


class StaleSummary(WorkflowError):
    """Somebody else wrote 本措施总体进展 first; `current` is what stands now, None where it was removed."""

    def __init__(self, current: "MeasureSummary | None") -> None:
        self.current = current
        who = f"由{current.written_by.name}改写" if current else "被清空"
        super().__init__(f"本措施总体进展刚刚已{who}，您的内容没有覆盖它。请对照后再保存。")
