"""The numbers that Word writes in front of paragraphs by itself (自动编号): they are not in the text, and people see them.

Rules: ECMA-376 part 1, 17.9 (numbering). Formats that plans do not use give no label.
"""

from dataclasses import dataclass, field
from typing import Any

from tasks.importing.numerals import chinese
from tasks.importing.package import Package, attribute, local

_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_HIGHEST = 9_999


def _label(kind: str, number: int) -> str | None:
    if kind in ("decimal", "decimalFullWidth", "decimalHalfWidth", "decimalZero"):
        return f"{number:02d}" if kind == "decimalZero" else str(number)
    if kind.startswith(("chinese", "taiwanese", "japanese", "ideograph")):
        return chinese(number)
    if kind.startswith("decimalEnclosed"):
        return _CIRCLED[number - 1] if 1 <= number <= len(_CIRCLED) else str(number)
    if kind in ("lowerLetter", "upperLetter") and 1 <= number <= 26:
        return chr((97 if kind == "lowerLetter" else 65) + number - 1)
    return None


@dataclass
class _Level:
    kind: str = "decimal"
    text: str = ""
    start: int = 1


@dataclass
class Style:
    """What matters of a paragraph style. `outline`: heading level from 1, None for body text."""

    outline: int | None = None
    list_id: str | None = None
    list_level: int = 0


@dataclass
class Numbering:
    """Counts the paragraphs of every list as they pass, in document order."""

    lists: dict[str, dict[int, _Level]] = field(default_factory=dict)
    # Lists that share an abstract definition share its counters.
    shared: dict[str, str] = field(default_factory=dict)
    _counts: dict[str, dict[int, int]] = field(default_factory=dict)

    def label(self, list_id: str, level: int) -> str:
        """The label of the next paragraph at this level of this list, without the blank behind it."""
        levels = self.lists.get(list_id)
        if not levels or level not in levels:
            return ""
        counts = self._counts.setdefault(self.shared.get(list_id, list_id), {})
        here = levels[level]
        counts[level] = min(counts.get(level, here.start - 1) + 1, _HIGHEST)
        for deeper in [other for other in counts if other > level]:
            del counts[deeper]
        if here.kind in ("bullet", "none"):
            return ""
        text = here.text
        for number in range(9):
            mark = f"%{number + 1}"
            if mark in text:
                other = levels.get(number, here)
                shown = _label(other.kind, counts.get(number, other.start))
                if shown is None:
                    return ""
                text = text.replace(mark, shown)
        return text.strip()


def _number(value: str | None, default: int) -> int:
    try:
        return max(0, min(int(value or default), _HIGHEST))
    except ValueError:
        return default


def _child(element: Any, name: str) -> Any:
    return next((child for child in element if local(child) == name), None)


def _value(element: Any, name: str) -> str | None:
    child = _child(element, name)
    return None if child is None else attribute(child, "val")


def _levels(element: Any) -> dict[int, _Level]:
    found: dict[int, _Level] = {}
    for child in element:
        if local(child) == "lvl":
            found[_number(attribute(child, "ilvl"), 0)] = _Level(
                kind=_value(child, "numFmt") or "decimal",
                text=(_value(child, "lvlText") or "")[:60],
                start=_number(_value(child, "start"), 1),
            )
    return found


def read_numbering(package: Package, part: str | None) -> Numbering:
    """The lists of a Word file; none where it has none."""
    numbering = Numbering()
    if part is None or part not in package:
        return numbering
    abstract: dict[str, dict[int, _Level]] = {}
    root = package.tree(part)
    for child in root:
        if local(child) == "abstractNum":
            abstract[attribute(child, "abstractNumId") or ""] = _levels(child)
    for child in root:
        if local(child) != "num":
            continue
        name = attribute(child, "numId") or ""
        base = _value(child, "abstractNumId") or ""
        levels = dict(abstract.get(base, {}))
        overridden = False
        for override in child:
            if local(override) != "lvlOverride":
                continue
            level = _number(attribute(override, "ilvl"), 0)
            levels.update({level: own} if (own := _levels(override).get(level)) else {})
            start = _value(override, "startOverride")
            if start is not None and level in levels:
                levels[level] = _Level(levels[level].kind, levels[level].text, _number(start, 1))
                overridden = True
        numbering.lists[name] = levels
        # A list with a start of its own counts for itself.
        numbering.shared[name] = f"num:{name}" if overridden else f"abstract:{base}"
    return numbering


def read_styles(package: Package, part: str | None) -> dict[str, Style]:
    """Paragraph styles by id, what they inherit included."""
    if part is None or part not in package:
        return {}
    own: dict[str, tuple[str | None, Style]] = {}
    for child in package.tree(part):
        if local(child) != "style":
            continue
        style = Style()
        name = (_value(child, "name") or "").lower()
        if name.startswith("heading ") and name[8:].isdigit():
            style.outline = _number(name[8:], 1)
        properties = _child(child, "pPr")
        if properties is not None:
            outline = _value(properties, "outlineLvl")
            if outline is not None and _number(outline, 9) < 9:
                style.outline = _number(outline, 0) + 1
            numbers = _child(properties, "numPr")
            if numbers is not None:
                style.list_id = _value(numbers, "numId")
                style.list_level = _number(_value(numbers, "ilvl"), 0)
        own[attribute(child, "styleId") or ""] = (_value(child, "basedOn"), style)

    def inherited(name: str) -> Style:
        outline: int | None = None
        list_id: str | None = None
        level = 0
        seen: set[str] = set()
        current: str | None = name
        while current in own and current not in seen:
            seen.add(current)
            parent, style = own[current]
            outline = outline if outline is not None else style.outline
            if list_id is None and style.list_id is not None:
                list_id, level = style.list_id, style.list_level
            current = parent
        return Style(outline, list_id, level)

    return {name: inherited(name) for name in own}
