"""Chinese numerals of the kind that number chapters, rows and months: 一 to 九十九, and the circled and bracketed ones."""

import re
import unicodedata

_DIGITS = {
    "〇": 0,
    "零": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
CHINESE_NUMBER = "[〇零一二两三四五六七八九十百]{1,5}"


def chinese(number: int) -> str:
    """12 → 十二; for numbers outside 1–99 the digits."""
    if not 1 <= number <= 99:
        return str(number)
    names = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else names[tens] + "十"
    return head + (names[ones] if ones or not tens else "")


def number_of(text: str) -> int | None:
    """The number that `text` writes, in whichever digits: 12, １２, 十二, ⑫, ⑴; None where it is no number."""
    text = text.strip()
    if len(text) == 1 and not text.isdecimal():
        # ① and its relatives carry a numeric value of their own.
        value = unicodedata.numeric(text, None) if text not in _DIGITS and text not in "十百" else None
        if value is not None and value == int(value) and value > 0:
            return int(value)
    folded = unicodedata.normalize("NFKC", text)
    if folded.isdecimal() and len(folded) <= 6:
        return int(folded)
    if not re.fullmatch(CHINESE_NUMBER, folded):
        return None
    total = 0
    current: int | None = None
    for sign in folded:
        if sign in _DIGITS:
            current = (current or 0) * 10 + _DIGITS[sign] if current is not None else _DIGITS[sign]
        else:
            total += (1 if current is None else current) * (10 if sign == "十" else 100)
            current = None
    return total + (current or 0)
