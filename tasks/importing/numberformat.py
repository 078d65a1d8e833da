"""How Excel shows a number or a date, as far as plans need it: a date becomes the text that people see in the cell."""

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

# The meaning of these numbers depends on the language; these are the Chinese ones (ECMA-376 part 1, 18.8.30, zh-cn).
_YEAR_MONTH, _MONTH_DAY, _FULL = 'yyyy"年"m"月"', 'm"月"d"日"', 'yyyy"年"m"月"d"日"'
CHINESE_FORMATS = {
    14: "yyyy/m/d",
    22: "yyyy/m/d h:mm",
    27: _YEAR_MONTH,
    28: _MONTH_DAY,
    29: _MONTH_DAY,
    30: "m-d-yy",
    31: _FULL,
    36: _YEAR_MONTH,
    50: _YEAR_MONTH,
    51: _MONTH_DAY,
    52: _YEAR_MONTH,
    53: _MONTH_DAY,
    54: _MONTH_DAY,
    57: _YEAR_MONTH,
    58: _MONTH_DAY,
}
_TOKEN = re.compile(r'"([^"]*)"|\\(.)|\[[^\]]*\]|(y+|m+|d+|h+|s+)|([aA][mM]/[pP][mM])|_.|\*.|(.)', re.DOTALL)

# What a format prints as it stands, and its colours and conditions: a quoted % multiplies nothing.
_LITERALS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.', re.DOTALL)
_PLACES = re.compile(r"\.(0+)")


def format_code(number: int, own: dict[int, str]) -> str:
    """The format behind a number of `numFmtId`; `own`: those that the workbook defines."""
    return own.get(number) or CHINESE_FORMATS.get(number) or BUILTIN_FORMATS.get(number, "General")


@lru_cache(maxsize=512)
def is_date(code: str) -> bool:
    return bool(is_date_format(code))


def shown_date(moment: datetime | date | time | timedelta, code: str) -> str:
    """`moment` in the format `code`; a plain ISO form where the format says nothing."""
    if isinstance(moment, timedelta):
        return str(moment)
    if isinstance(moment, time):
        return moment.isoformat(timespec="minutes")
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)
    parts: list[str] = []
    after_hour = False
    for literal, escaped, unit, half, other in _TOKEN.findall(code.split(";")[0]):
        unit = unit.lower()
        if unit.startswith("y"):
            parts.append(f"{moment.year:04d}" if len(unit) > 2 else f"{moment.year % 100:02d}")
        elif unit.startswith("m"):
            value = moment.minute if after_hour else moment.month
            parts.append(f"{value:02d}" if len(unit) == 2 or after_hour else str(value))
        elif unit.startswith("d"):
            parts.append(f"{moment.day:02d}" if len(unit) == 2 else str(moment.day) if len(unit) == 1 else "")
        elif unit.startswith("h"):
            parts.append(f"{moment.hour:02d}" if len(unit) == 2 else str(moment.hour))
            after_hour = True
        elif unit.startswith("s"):
            parts.append(f"{moment.second:02d}")
        elif half:
            parts.append("")
        else:
            parts.append(literal or escaped or (other if other not in "@" else ""))
    text = "".join(parts).strip()
    if not any(sign.isdigit() for sign in text):
        return moment.date().isoformat()
    # 2024/12/31 00:00:00 is a date to everybody.
    return re.sub(r"\s+0?0:00(:00)?$", "", text)


def shown_number(value: float, code: str) -> str:
    """60, 62.5, 35%, 1,200: without the noise of binary fractions."""
    code = _LITERALS.sub("", code.split(";")[0])
    match = _PLACES.search(code)
    if "%" in code:
        return f"{_rounded(value, len(match.group(1)) if match else 0, percent=True):f}%"
    if match and code != "General":
        rounded = _rounded(value, len(match.group(1)))
        return f"{rounded:,f}" if "#,##" in code else f"{rounded:f}"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}" if "#,##" in code else str(int(value))
    return f"{value:.10g}"


def _rounded(value: float, places: int, *, percent: bool = False) -> Decimal:
    """As sheets round: half up, by the decimal digits that were typed."""
    number = Decimal(repr(value)) * (100 if percent else 1)
    with localcontext(prec=400):
        return number.quantize(Decimal(1).scaleb(-min(places, 30)), rounding=ROUND_HALF_UP)
