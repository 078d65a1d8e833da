"""How a number reads on a page: without idle zeros."""

from decimal import Decimal

# What stands where there is no value.
NO_VALUE = "—"


def number_text(value: Decimal | None) -> str:
    """60, 62.5; empty for None."""
    if value is None:
        return ""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent_text(value: Decimal | None) -> str:
    """60%, 62.5%; a dash for None."""
    return NO_VALUE if value is None else f"{number_text(value)}%"
