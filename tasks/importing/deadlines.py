"""Deadlines as they are printed (2024年12月底前, 2016—2017年底前, 长期坚持) and the days that they mean.

Never a guess: a wording of which a part is not understood is `unknown`, and keeps its text.
"""

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Literal

from tasks.importing.numerals import number_of

Kind = Literal["date", "range", "ongoing", "unknown"]


@dataclass(frozen=True, slots=True)
class Deadline:
    """`date`: due on `ends`. `range`: from `starts` to `ends`. `ongoing`: without end, perhaps from `starts`."""

    kind: Kind
    starts: date | None = None
    ends: date | None = None


UNKNOWN = Deadline("unknown")

_MONTH = r"(?:1[0-2]|0?[1-9])"
_DAY = r"(?:3[01]|[12]\d|0?[1-9])"
_YEAR = r"(?:19|20)\d\d"
_PERIOD = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}
# One point or stretch of time. Alternatives from the most to the least exact; the year may be missing, or only its 年.
_TIME = re.compile(
    rf"""
      (?P<iso>(?P<iy>{_YEAR})(?:[-./](?P<im>{_MONTH})(?:[-./](?P<id>{_DAY})(?!\d)日?|月?(?!\d))
                          |年(?P<im2>{_MONTH})月(?:(?P<id2>{_DAY})[日号]?(?!\d)(?![-—~至到]\d))?))
    | (?P<year>{_YEAR}(?=年|[-—~至到]|$|[第一二三四]|上半|下半|q))年?度?
    | (?P<relative>[今本当明次来])年度?
    | (?P<month>(?P<m>{_MONTH})月份?)(?:(?P<d>{_DAY})[日号]|(?P<part>上旬|中旬|下旬|初))?
    | (?P<bare>(?<!\d){_MONTH}(?=[-—~至到]{_MONTH}月))
    | (?P<quarter>第?(?P<q>[一二三四1-4])季度|q(?P<q2>[1-4]))
    | (?P<half>(?P<h>上|下)半年)
    | (?P<fiveyear>[“"]?十(?P<fy>[三四五六])五[”"]?(?P<during>期间|时期)?)
    | (?P<end>年(?:底|末|终|内))
    """,
    re.VERBOSE | re.IGNORECASE,
)
_RANGE_SIGN = re.compile(r"(?:年|月|日|份|度|起|开始)*(?:[-—–~～]+|至|到)")
_ONGOING = re.compile(
    r"长期|常年|常态|持续|经常|日常|全年|全过程|贯穿|长效|动态|不间断|随时|实时|每年|每季|每月|每周|每日|每半年|逐年|逐月|按季|按月|年年|永久"
)
# Words that may stand around a time without changing which day is meant.
_HARMLESS = re.compile(
    r"底|末|终|内|前|之前|以前|为止|止|完成|基本|全面|全部|力争|确保|必须|并|且|取得|阶段性|明显|初步|成效|进展|任务|工作|整改|治理|建设"
    r"|销号|验收|到位|达标|建成|实现|启动|开工|投用|运行|目标|时限|期限|时间|中|于|在|的|和|及|与|至|到|从|自|起|开始|年|月|日|号|份|度|旬"
    r"|整治|排查|摸底|改造|制定|方案|编制|印发|出台|项目|工程|主体|其中|分别|各|县|区|市|落实|推进|坚持|并长期|后续|以及|每|个|次|均|要"
)
_SHARE = re.compile(r"\d+(?:\.\d+)?%(?:以上)?")
_SIGNS = re.compile(r"[\s，。；、：,.;:（）()\[\]“”\"'《》/—–~～-]+")
_RHYTHM = re.compile(r"每年|每季|每月|每周|每日|每天|每半年|逐年|逐月|按季|按月")
_BEFORE = re.compile(r"份?(?:之前|以前|前)")
# What makes a day depend on something else.
_DEPENDS = re.compile(r"个月|工作日|自然日|[\d一二两三]天|日内|周内|之后|以后|另行|视情|后\d|后[一二三两]")


@dataclass(slots=True)
class _Time:
    """One time found in a wording: the days it spans, and whether the wording names its end (底, 前)."""

    starts: date
    ends: date
    is_stretch: bool
    begin: int
    end: int
    # A year alone, without month or 底.
    is_year: bool = False

    @property
    def is_day(self) -> bool:
        return self.starts == self.ends


def _normal(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text)
    # Signs of dates that look alike; a blank or line break never parts a date.
    folded = re.sub(r"\s+(?=0?0:00)", " ", folded.strip())
    folded = re.sub(r" 0?0:00(?::00)?", "", folded)
    folded = re.sub(r"\s+", "", folded).replace("―", "—").replace("－", "-").replace("−", "-")
    # The end of a day is that day; 24年6月 is one of this century.
    folded = re.sub(r"(?<=日)(?:24[:时点](?:00)?|24点整)", "", folded)
    folded = re.sub(r"(?<!\d)(2\d)年(?=\d{1,2}月|底|末)", r"20\1年", folded)
    folded = re.sub(r"二[〇零○0]([一二三四五六七八九〇零○]{2})年", lambda m: _spoken_year(m[1]), folded)
    months = r"(?<![一二三四五六七八九十第])(十[一二]?|[一二三四五六七八九])(?=月(?!度))"
    return re.sub(months, lambda m: str(number_of(m[1])), folded)


def _spoken_year(signs: str) -> str:
    digits = {"〇": "0", "零": "0", "○": "0"}
    return "20" + "".join(digits.get(sign) or str(number_of(sign)) for sign in signs) + "年"


def _last_day(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _days(year: int, month: int, last_month: int | None = None) -> tuple[date, date]:
    return date(year, month, 1), _last_day(year, last_month or month)


def _third(starts: date, ends: date, part: int) -> tuple[date, date]:
    """上旬, 中旬, 下旬 (1–3) of a month."""
    if part == 1:
        return starts, starts.replace(day=10)
    return (starts.replace(day=11), starts.replace(day=20)) if part == 2 else (starts.replace(day=21), ends)


def _times(text: str, year: int | None) -> list[_Time] | None:
    """The times in `text`; None where one needs a year that nobody knows, or does not exist (2月30日)."""
    found: list[_Time] = []
    known = year
    pending: tuple[int, int, int] | None = None  # a year whose month is still to come: year, begin, end

    def close() -> None:
        nonlocal pending
        if pending is not None:
            is_year = text[pending[2] : pending[2] + 1] not in ("底", "末", "终", "前", "内")
            found.append(
                _Time(
                    date(pending[0], 1, 1), date(pending[0], 12, 31), False, pending[1], pending[2], is_year
                )
            )
            pending = None

    for match in _TIME.finditer(text):
        kinds = match.groupdict()
        begin, end = match.span()
        if kinds["year"] or kinds["relative"]:
            close()
            if kinds["year"]:
                known = int(kinds["year"])
            elif year is None:
                return None
            else:
                known = year + (1 if kinds["relative"] in "明次来" else 0)
            pending = (known, begin, end)
            continue
        joined = pending is not None and not re.search(r"[-—–~～至到]", text[pending[2] : begin])
        if pending is not None and joined:
            begin = pending[1]
            pending = None
        else:
            close()
        try:
            if kinds["iso"]:
                known = int(kinds["iy"])
                month = int(kinds["im"] or kinds["im2"])
                starts, ends = _days(known, month)
                if day := kinds["id"] or kinds["id2"]:
                    starts = ends = date(known, month, int(day))
                elif shorter := re.match("(上旬|初)|(中旬)|(下旬)", text[end:]):
                    starts, ends = _third(starts, ends, shorter.lastindex or 3)
                    end += shorter.end()
                stretch = False
            elif kinds["fiveyear"]:
                number = number_of(kinds["fy"]) or 0
                last = 2005 + number * 5
                starts, ends = date(last - 4, 1, 1), date(last, 12, 31)
                stretch = bool(kinds["during"])
            elif known is None:
                return None
            elif kinds["month"] or kinds["bare"]:
                month = int(kinds["m"] or kinds["bare"])
                starts, ends = _days(known, month)
                stretch = False
                if kinds["d"]:
                    starts = ends = date(known, month, int(kinds["d"]))
                elif kinds["part"]:
                    part = {"上旬": 1, "初": 1, "中旬": 2, "下旬": 3}[kinds["part"]]
                    starts, ends = _third(starts, ends, part)
            elif kinds["quarter"]:
                quarter = _PERIOD[kinds["q"] or kinds["q2"]]
                starts, ends = _days(known, quarter * 3 - 2, quarter * 3)
                stretch = True
            elif kinds["half"]:
                starts, ends = _days(known, 1, 6) if kinds["h"] == "上" else _days(known, 7, 12)
                stretch = True
            else:
                starts, ends = date(known, 1, 1), date(known, 12, 31)
                stretch = False
        except ValueError:
            return None
        found.append(_Time(starts, ends, stretch, begin, end))
    close()
    return found


def _beside_rhythm(wording: str, year: int | None) -> Deadline:
    """Every year before June: a rhythm, whatever day it names. What stands in another clause may name the day."""
    rest = "，".join(
        clause for clause in re.split("[，；。,;]", wording) if clause and not _RHYTHM.search(clause)
    )
    other = parse_deadline(rest, year) if rest else UNKNOWN
    return other if other.kind != "unknown" else Deadline("ongoing")


def parse_deadline(text: str, year: int | None = None) -> Deadline:
    """What a printed deadline means. `year`: the plan's, for months that name none."""
    wording = _normal(text)
    if not wording or len(wording) > 200:
        return UNKNOWN
    if _RHYTHM.search(wording):
        return _beside_rhythm(wording, year)
    if _DEPENDS.search(wording):
        return UNKNOWN
    times = _times(wording, year)
    ongoing = _ONGOING.search(wording) is not None
    if times is None:
        return Deadline("ongoing") if ongoing and not re.search(r"\d", wording) else UNKNOWN
    # 完成50%: how much, not when.
    rest = list(_SHARE.sub(lambda match: " " * len(match[0]), wording))
    for time in times:
        rest[time.begin : time.end] = " " * (time.end - time.begin)
    left = _SIGNS.sub("", _HARMLESS.sub("", _ONGOING.sub("", "".join(rest))))
    if re.search(r"\d", "".join(rest)):
        return UNKNOWN
    if not times:
        return Deadline("ongoing") if ongoing else UNKNOWN
    if len(left) > 12:
        return UNKNOWN
    if left and all(time.is_year for time in times):
        # 2024年汛期前: the year is known, the day is not.
        return UNKNOWN
    if any(
        _BEFORE.match(wording, time.end) and wording[time.end - 1] not in "底末终内"
        for time in times
        if not time.is_day
    ):
        # 10月前: before it begins, or by its end.
        return UNKNOWN
    first, last = times[0], times[-1]
    if len(times) == 2 and _RANGE_SIGN.fullmatch(wording[first.end : last.begin]):
        if first.starts > last.ends:
            return UNKNOWN
        return Deadline("range", first.starts, last.ends)
    tail = wording[last.end :]
    if (
        len(times) == 1
        and re.match(r"(?:年|月|日|份|度)*(?:起|开始)", tail)
        and not re.search(r"底|前", wording)
    ):
        return Deadline("ongoing", first.starts, None)
    if ongoing and not re.search(r"底|末|前|完成|内", wording) and not last.is_day:
        return Deadline("ongoing")
    due = max(time.ends for time in times)
    is_point = re.search(r"底|末|前|完成", tail) is not None
    if len(times) == 1 and last.is_stretch and not is_point:
        return Deadline("range", last.starts, last.ends)
    return Deadline("date", None, due)
