"""What a downloaded file is called: in Chinese, and so that two of them are not mistaken for each other."""

from tasks.models import Plan, ReportingPeriod


def file_name(period: ReportingPeriod, what: str, extension: str, *, edition: int = 1) -> str:
    """2024年第一季度通报.pdf; with the plan's code where the year has several plans, and the edition from the second on."""
    marks = _code_marks(period.plan)
    if edition > 1:
        marks.append(f"第{edition}版")
    return _named(f"{period}{what}", marks, extension)


def year_file_name(plan: Plan, what: str, extension: str) -> str:
    """2024年全年台账.xlsx; with the plan's code where the year has several plans."""
    return _named(f"{plan.year}年全年{what}", _code_marks(plan), extension)


def plan_file_name(plan: Plan, extension: str) -> str:
    """2024年度计划.xlsx; with the plan's code where the year has several plans."""
    return _named(f"{plan.year}年度计划", _code_marks(plan), extension)


def _code_marks(plan: Plan) -> list[str]:
    return [plan.code] if Plan.objects.filter(year=plan.year).exclude(pk=plan.pk).exists() else []


def _named(name: str, marks: list[str], extension: str) -> str:
    return f"{name}{''.join(f'（{mark}）' for mark in marks)}.{extension}"
