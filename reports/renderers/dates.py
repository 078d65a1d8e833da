"""Dates as papers write them."""

from datetime import date


def chinese_date(iso: str) -> str:
    """2024-04-08 → 2024年4月8日; empty for none."""
    if not iso:
        return ""
    day = date.fromisoformat(iso)
    return f"{day.year}年{day.month}月{day.day}日"
