"""Dates as papers and sheets write them."""

from datetime import date


def day_text(day: date) -> str:
    """2024年4月8日."""
    return f"{day.year}年{day.month}月{day.day}日"


def chinese_date(iso: str) -> str:
    """2024-04-08 → 2024年4月8日; empty for none."""
    return day_text(date.fromisoformat(iso)) if iso else ""
