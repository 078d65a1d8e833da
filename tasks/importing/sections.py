"""The text around the plan's tables: title, preamble, sections, and who issued it when."""

import re
from dataclasses import dataclass, field
from datetime import date

from tasks.importing.raw import Text
from tasks.importing.readings import SectionReading
from tasks.importing.wording import marker_of, mend

_TITLE = re.compile(r"计划|方案|清单|要点|分工|任务书|任务表|分解表|一览表|意见|安排|台账|规划|行动")
_DATE = re.compile(r"(20\d\d)\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日")
_ATTACHMENT = re.compile(r"附\s*[件表]\s*\d*\s*(?:[:：].*)?|附\s*[:：].*")
_SENTENCE = re.compile(r"[，。；：！？、,;]")
_ENDS = ("。", "！", "？", "；", "：", ":", "”", "）", "…", "》", ";")
_NUMBER_OF_PAPER = re.compile(r".{0,20}[〔\[（(【]20\d\d[〕\])）】]\s*\d+\s*号.{0,4}")
_SALUTATION = re.compile(r"各.{2,80}[:：]")
_ISSUER = re.compile(r".{2,60}(?:办公室|人民政府|委员会|指挥部|领导小组|局|政府|专班|办|党委|工委)")
_CLOSING = re.compile(r"[（(]?此件.{2,12}[）)]?|\d{8,}|办公室|[（(](?:联系人|联系电话).*")
_PAGE = re.compile(r"[-—–\s]*(?:第\s*)?\d{1,4}\s*(?:页)?[-—–\s]*")
_LEVELS = {"chapter": 1, "han": 1, "han-bracket": 2}
_LONGEST_HEADING = 50
_LONGEST_RUN_IN = 32


@dataclass(slots=True)
class Around:
    title: str = ""
    attachment_title: str = ""
    preamble: str = ""
    issuer: str = ""
    issued_on: date | None = None
    sections: list[SectionReading] = field(default_factory=list)


@dataclass(slots=True)
class _Line:
    """A paragraph; in several parts where pages cut it."""

    parts: list[str]
    level: int | None
    after_tables: int

    @property
    def text(self) -> str:
        return "".join(self.parts)


def _lines(texts: list[Text]) -> list[_Line]:
    """Paragraphs mended, page numbers dropped, and what a page break cut put together again."""
    lines: list[_Line] = []
    for item in texts:
        # A line break inside a title parts two halves of it.
        for part in mend(item.paragraph.text).split("\n"):
            if not part or _PAGE.fullmatch(part):
                continue
            before = lines[-1] if lines else None
            goes_on = (
                before is not None
                and before.after_tables == item.after_tables
                and before.level is None
                and item.paragraph.level is None
                and len(before.parts[-1]) >= 25
                and not before.parts[-1].endswith(_ENDS)
                and re.search("[，。；]", before.parts[-1]) is not None
                and marker_of(part) is None
                and not _is_closing(part)
                and not _ATTACHMENT.fullmatch(part)
            )
            if goes_on and before is not None:
                before.parts.append(part)
            else:
                lines.append(_Line([part], item.paragraph.level, item.after_tables))
    return lines


def _is_closing(text: str) -> bool:
    return bool(_CLOSING.fullmatch(text) or _DATE.fullmatch(text) or _NUMBER_OF_PAPER.fullmatch(text))


def _heading(line: _Line) -> tuple[int, str, str, str] | None:
    """(level, number, heading, text that follows in the same paragraph); None for running text."""
    found = marker_of(line.text)
    marker = found[0] if found else None
    level = _LEVELS.get(marker.kind) if marker else None
    if level is None:
        if line.level is None or len(line.text) > _LONGEST_HEADING or line.text.endswith("。"):
            return None
        level = line.level
    number = "" if marker is None else marker.label.strip("、.．:： ")
    body = line.text if found is None or marker is None else line.text[found[1] :]
    if (
        len(body) <= _LONGEST_HEADING
        and not re.search("[。；]", body.rstrip("。"))
        and not body.endswith(("；", "，"))
    ):
        return level, number, body.rstrip("。：:"), ""
    head, sign, rest = body.partition("。")
    if sign and rest and len(head) <= _LONGEST_RUN_IN and "；" not in head:
        return level, number, head, rest.strip()
    return (level, number, body, "") if line.level is not None and len(body) <= _LONGEST_HEADING else None


def read_around(texts: list[Text]) -> Around:
    """Everything printed before, between and behind the plan's tables."""
    around = Around()
    lines = _lines(texts)
    for line in lines:
        # The title may carry the style of a heading; a chapter's heading carries a number.
        if (
            line.after_tables
            or marker_of(line.text)
            or (line.level is not None and not _TITLE.search(line.text))
        ):
            break
        line.level = None
    headings = [place for place, line in enumerate(lines) if _heading(line)]
    first = headings[0] if headings else len(lines)
    place = _front(lines[: min(first, _first_table(lines))], around)
    open_section: tuple[int, str, str] | None = None
    body: list[str] = []
    is_attachment = False

    def close() -> None:
        nonlocal open_section, body
        if open_section is not None:
            text = "\n".join(_without_closing(body, around))
            around.sections.append(SectionReading(open_section[2], open_section[0], text, open_section[1]))
        elif body:
            text = "\n".join(_without_closing(body, around))
            if text:
                around.sections.append(SectionReading("", 0, text))
        open_section, body = None, []

    seen_tables = lines[place].after_tables if place < len(lines) else 0
    for line in lines[place:]:
        if line.after_tables != seen_tables:
            seen_tables, is_attachment = line.after_tables, False
        if _ATTACHMENT.fullmatch(line.text):
            close()
            # 附件：… under the text names it; 附件 alone stands over it.
            is_attachment = is_attachment or not re.search("[:：]", line.text)
            continue
        if is_attachment and not line.text.endswith("。") and _heading(line) is None:
            if not around.attachment_title and _TITLE.search(line.text):
                around.attachment_title = line.text
            continue
        heading = _heading(line)
        if heading:
            close()
            open_section = (heading[0], heading[1], heading[2])
            body = [heading[3]] if heading[3] else []
        else:
            body.append(line.text)
    close()
    around.sections = [section for section in around.sections if section.heading or section.text]
    if not around.title:
        around.title = around.attachment_title
    return around


def _first_table(lines: list[_Line]) -> int:
    return next((place for place, line in enumerate(lines) if line.after_tables), len(lines))


def _front(lines: list[_Line], around: Around) -> int:
    """Title, salutation and preamble: what stands before the first heading. Gives how many lines that was.

    A letter that only forwards the plan (关于印发…的通知) ends with its date; it gives the issuer, and the plan begins behind it.
    """
    titles: list[str] = []
    preamble: list[str] = []
    letter: tuple[list[str], list[str]] = ([], [])
    end = len(lines)
    for place, line in enumerate(lines):
        text = line.text
        if _ATTACHMENT.fullmatch(text):
            end = place
            break
        if _DATE.fullmatch(text) and preamble:
            letter = (titles, _without_closing([*preamble, text], around))
            titles, preamble = [], []
        elif _SENTENCE.search(text.rstrip("。：:")) or text.endswith(("。", "：", ":")):
            if not _SALUTATION.fullmatch(text) or preamble:
                preamble.append(text)
        elif preamble:
            preamble.append(text)
        elif not _is_closing(text):
            titles.append(text)
    if not titles and not preamble:
        titles, preamble = letter
    around.title = _title(titles) or _title(letter[0])
    around.preamble = "\n".join(_without_closing(preamble, around))
    return end


def _title(lines: list[str]) -> str:
    """The title among the short lines at the top: the last run of them that names a plan, halves put together."""
    last = next((place for place in range(len(lines) - 1, -1, -1) if _TITLE.search(lines[place])), None)
    if last is None:
        return ""
    title = lines[last]
    # A title that is set in two lines: the upper one has neither the word of a plan nor that of an office.
    before = lines[last - 1] if last else ""
    if (
        before
        and not re.search(r"20\d\d年", title)
        and re.search(r"20\d\d年", before)
        and not _ISSUER.fullmatch(before)
    ):
        title = before + title
    forwarded = re.fullmatch(r".*印发.*《(.+)》.*", title)
    return mend(forwarded[1] if forwarded else title)


def _without_closing(lines: list[str], around: Around) -> list[str]:
    """A text without the lines that sign it; these give the issuer and the day."""
    kept = list(lines)
    while kept and (
        _is_closing(kept[-1]) or (not _SENTENCE.search(kept[-1]) and _ISSUER.fullmatch(kept[-1]))
    ):
        line = kept.pop()
        dated = _DATE.fullmatch(line)
        if dated and around.issued_on is None:
            try:
                around.issued_on = date(int(dated[1]), int(dated[2]), int(dated[3]))
            except ValueError:
                continue
        elif not around.issuer and line != "办公室" and _ISSUER.fullmatch(line):
            around.issuer = line
    return kept
