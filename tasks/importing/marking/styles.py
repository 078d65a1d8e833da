"""Cell styles of a workbook with the fill of a mark, and without it again.

A solid fill shows only its first colour, so that the second one keeps what the cell's own was: a mark can be taken away.
"""

from copy import deepcopy
from typing import Any

from lxml import etree

from tasks.importing.errors import Unreadable
from tasks.importing.marking.marks import NOTED, WRONG
from tasks.importing.marking.parts import Parts
from tasks.importing.package import DAMAGED, local

PART = "xl/styles.xml"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
# A workbook without styles has those that every program takes for granted.
_PLAIN = (
    '<styleSheet xmlns="%s"><fonts count="1"><font><sz val="11"/><name val="宋体"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs></styleSheet>'
)
_COLOURS = {WRONG, NOTED}


class Styles:
    """The styles part, to which styles are added."""

    def __init__(self, parts: Parts, book: str, main: str) -> None:
        self.parts = parts
        self.name = parts.related(book, "styles") or ""
        self.main = main
        if self.name:
            self.root = parts.tree(self.name)
        else:
            self.name = parts.free_name("xl/styles{}.xml")
            self.root = etree.fromstring((_PLAIN % main).encode())
            parts.declare(self.name, _TYPE)
            parts.relate(book, "styles", self.name, strict="purl" in main)
        self.formats = self._group("cellXfs")
        self.fills = self._group("fills")
        if self.formats is None or len(self.formats) == 0 or self.fills is None:
            raise Unreadable(DAMAGED)
        # Those that marks of earlier times have.
        marks = {number for number, fill in enumerate(self.fills) if _colour(fill, "fgColor") in _COLOURS}
        self.old = frozenset(
            number for number, style in enumerate(self.formats) if _integer(style.get("fillId")) in marks
        )
        self._made: dict[tuple[int, str], int] = {}
        self._fills: dict[tuple[int, str], int] = {}

    def save(self) -> None:
        self.parts.put(self.name, self.root)

    def marked(self, style: int, colour: str) -> int:
        """The style like this one in a mark's colour. Over an earlier mark, what was under that is kept."""
        key = (style, colour)
        if key not in self._made:
            old = self.formats[style if 0 <= style < len(self.formats) else 0]
            fill = self._marked_fill(_integer(old.get("fillId")), colour)
            self._made[key] = self._with_fill(old, fill)
        return self._made[key]

    def freed(self, style: int) -> int:
        """The style that a marked one was made of."""
        key = (style, "")
        if key not in self._made:
            old = self.formats[style]
            self._made[key] = self._with_fill(old, self._own_fill(_integer(old.get("fillId"))))
        return self._made[key]

    def _with_fill(self, style: Any, fill: int) -> int:
        new = deepcopy(style)
        new.set("fillId", str(fill))
        new.set("applyFill", "1")
        return self._append(self.formats, new)

    def _marked_fill(self, fill: int, colour: str) -> int:
        key = (fill, colour)
        if key not in self._fills:
            own = self.fills[fill] if 0 <= fill < len(self.fills) else None
            under = None
            if own is not None:
                # Over an earlier mark: what that one keeps.
                name = "bgColor" if _colour(own, "fgColor") in _COLOURS else "fgColor"
                under = _find(own, name) if _is_solid(own) else None
            self._fills[key] = self._append(self.fills, self._solid({"rgb": colour}, under))
        return self._fills[key]

    def _own_fill(self, fill: int) -> int:
        key = (fill, "")
        if key not in self._fills:
            under = _find(self.fills[fill], "bgColor")
            plain = under is None or under.get("indexed") == "64" or not under.attrib
            self._fills[key] = 0 if plain else self._append(self.fills, self._solid(dict(under.attrib), None))
        return self._fills[key]

    def _solid(self, colour: dict[str, str], under: Any) -> Any:
        fill = etree.Element(self._tag("fill"))
        pattern = etree.SubElement(fill, self._tag("patternFill"), patternType="solid")
        etree.SubElement(pattern, self._tag("fgColor"), colour)
        below = etree.SubElement(pattern, self._tag("bgColor"))
        for name, value in ({"indexed": "64"} if under is None else dict(under.attrib)).items():
            below.set(name, value)
        return fill

    # Styles of our own sheet.

    def add(self, *, font: str, fill: str = "", border: str = "", alignment: str = "") -> int:
        """A style of these, each as the inner XML of its element; fill as ARGB."""
        fonts, borders = self._group("fonts"), self._group("borders")
        if fonts is None or borders is None:
            raise Unreadable(DAMAGED)
        style = self._element(
            f'<xf numFmtId="0" applyFont="1" applyFill="1" applyBorder="1">{alignment}</xf>'
        )
        style.set("fontId", str(self._append(fonts, self._element(f"<font>{font}</font>"))))
        fill_id = self._append(self.fills, self._solid({"rgb": fill}, None)) if fill else 0
        style.set("fillId", str(fill_id))
        style.set("borderId", str(self._append(borders, self._element(f"<border>{border}</border>"))))
        style.set("applyAlignment", "1")
        return self._append(self.formats, style)

    def _element(self, xml: str) -> Any:
        tag = xml[1 : min(place for sign in " />" if (place := xml.find(sign)) > 0)]
        return etree.fromstring(xml.replace(f"<{tag}", f'<{tag} xmlns="{self.main}"', 1))

    def _tag(self, name: str) -> str:
        return f"{{{self.main}}}{name}"

    def _group(self, name: str) -> Any:
        return next((child for child in self.root if local(child) == name), None)

    @staticmethod
    def _append(group: Any, element: Any) -> int:
        group.append(element)
        count = sum(1 for child in group if isinstance(child.tag, str))
        group.set("count", str(count))
        return count - 1


def _find(fill: Any, name: str) -> Any:
    return next((child for child in fill.iter() if local(child) == name), None)


def _colour(fill: Any, name: str) -> str:
    found = _find(fill, name) if _is_solid(fill) else None
    return "" if found is None else (found.get("rgb") or "").upper()


def _is_solid(fill: Any) -> bool:
    pattern = _find(fill, "patternFill")
    return pattern is not None and pattern.get("patternType") == "solid"


def _integer(text: str | None) -> int:
    try:
        return int(text or 0)
    except ValueError:
        return 0
