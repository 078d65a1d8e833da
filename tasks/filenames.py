"""What a downloaded file is called: in Chinese, and so that two of them are not mistaken for each other."""

from tasks.models import Plan, ReportingPeriod


def file_name(period: ReportingPeriod, what: str, extension: str, *, edition: int = 1) -> str:
    """2024年第一季度通报.pdf; with the plan's code where the year has several plans, and the edition from the second on."""
    marks = []
    if Plan.objects.filter(year=period.plan.year).exclude(pk=period.plan_id).exists():
        marks.append(period.plan.code)
    if edition > 1:
        marks.append(f"第{edition}版")
    return f"{period}{what}{''.join(f'（{mark}）' for mark in marks)}.{extension}"
