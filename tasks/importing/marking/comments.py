"""Comments (批注) on the cells of one sheet: the part with their texts, and the drawing with their boxes that Excel asks for."""

import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree
from openpyxl.utils import get_column_letter

from tasks.importing.marking.marks import AUTHOR, OPENING
from tasks.importing.marking.parts import STRICT, TRANSITIONAL, Parts
from tasks.importing.marking.sheetxml import Frame, Splice
from tasks.importing.package import local
from xigang_eco.plain import writable
from xigang_eco.sheets import count_lines

_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_DRAWING_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_V, _O, _X = (f"urn:schemas-microsoft-com:{name}" for name in ("vml", "office:office", "office:excel"))
_DRAWING = (
    f'<xml xmlns:v="{_V}" xmlns:o="{_O}" xmlns:x="{_X}"><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/>'
    "</o:shapelayout></xml>"
)
_SHAPE_TYPE = (
    f'<v:shapetype xmlns:v="{_V}" xmlns:o="{_O}" id="_x0000_t202" coordsize="21600,21600" o:spt="202" '
    'path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>'
    '<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_SHAPE = (
    f'<v:shape xmlns:v="{_V}" xmlns:o="{_O}" xmlns:x="{_X}" '
    'id="_x0000_s{id}" type="#_x0000_t202" style="position:absolute;margin-left:59.25pt;margin-top:1.5pt;'
    'width:{width}pt;height:{height}pt;z-index:{id};visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">'
    '<v:fill color2="#ffffe1"/><v:shadow color="black" obscured="t"/><v:path o:connecttype="none"/>'
    '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
    '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:AutoFill>False</x:AutoFill>'
    "<x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
)
_WIDTH, _LINE, _PADDING = 230, 13, 12
# Width of the box in characters of a sheet's column, for counting its lines.
_CHARACTERS = 40.0
_HEIGHT = re.compile(r"(height:)([\d.]+)(pt|px)")
# Points of a usual row, in which anchors count.
_ROW_POINTS = 14
Place = tuple[int, int]


class Comments:
    """The comments of the sheet `part`. Keys of `Place`: row from 1, column from 0."""

    def __init__(self, parts: Parts, part: str, main: str) -> None:
        self.parts, self.part, self.main = parts, part, main
        self.strict = "purl" in main
        self.name = parts.related(part, "comments")
        self.root = parts.tree(self.name) if self.name else None
        self.before = len(self._list) if self.root is not None else 0

    @property
    def _list(self) -> Any:
        assert self.root is not None
        found = next((child for child in self.root if local(child) == "commentList"), None)
        return etree.SubElement(self.root, self._tag("commentList")) if found is None else found

    def _tag(self, name: str) -> str:
        return f"{{{self.main}}}{name}"

    def write(self, notes: Mapping[str, tuple[Place, str]], frame: Frame) -> list[Splice]:
        """Take away what earlier marks said, add `notes` (address → place and text). What must change in the sheet itself."""
        gone = self._clear() if self.root is not None else []
        if not notes and self.root is None:
            return []
        if self.name is None or self.root is None:
            self.name = self.parts.free_name("xl/comments{}.xml")
            self.root = etree.Element(self._tag("comments"), nsmap={None: self.main})
            etree.SubElement(self.root, self._tag("authors"))
            self.parts.declare(self.name, _COMMENTS_TYPE)
            self.parts.relate(self.part, "comments", self.name, strict=self.strict)
        known = {(item.get("ref") or "").replace("$", ""): item for item in self._list}
        added: dict[Place, str] = {}
        for address, (place, text) in notes.items():
            if address in known:
                self._append(known[address], text)
            else:
                self._new(address, text)
            added[place] = text
        self._sort()
        self.parts.put(self.name, self.root)
        own = {place for address, (place, _) in notes.items() if address in known}
        return self._draw(added, own, gone, frame)

    # Texts.

    def _clear(self) -> list[str]:
        """Earlier marks' texts go, comments with nothing else in them wholly: their addresses."""
        gone = []
        for item in list(self._list):
            text = next((child for child in item if local(child) == "text"), None)
            if text is None:
                continue
            runs = [child for child in text if local(child) in ("r", "t")]
            place = next((at for at, run in enumerate(runs) if OPENING in _words(run)), None)
            if place is None:
                continue
            first = runs[place]
            for run in runs[place + 1 :]:
                text.remove(run)
            words = [child for child in first.iter() if local(child) == "t"]
            words[0].text = "".join(child.text or "" for child in words).partition(OPENING)[0].rstrip("\n")
            for child in words[1:]:
                child.getparent().remove(child)
            if not _words(text).strip():
                gone.append((item.get("ref") or "").replace("$", ""))
                self._list.remove(item)
        return gone

    def _new(self, address: str, text: str) -> None:
        item = etree.SubElement(self._list, self._tag("comment"), ref=address, authorId=str(self._author()))
        self._runs(etree.SubElement(item, self._tag("text")), text)

    def _append(self, item: Any, text: str) -> None:
        """Under what somebody else wrote there."""
        body = next((child for child in item if local(child) == "text"), None)
        if body is None:
            body = etree.SubElement(item, self._tag("text"))
        bare = [child for child in body if local(child) == "t"]
        for child in bare:
            # Text without runs: it becomes one, for what follows has a look of its own.
            run = etree.Element(self._tag("r"))
            body.replace(child, run)
            run.append(child)
        self._runs(body, text, before="\n\n" if _words(body).strip() else "")

    def _runs(self, body: Any, text: str, before: str = "") -> None:
        head, _, rest = text.partition("\n")
        for words, is_bold in ((before + head, True), ("\n" + rest, False)):
            run = etree.SubElement(body, self._tag("r"))
            look = etree.SubElement(run, self._tag("rPr"))
            if is_bold:
                etree.SubElement(look, self._tag("b"))
            etree.SubElement(look, self._tag("sz"), val="9")
            etree.SubElement(look, self._tag("rFont"), val="宋体")
            etree.SubElement(look, self._tag("charset"), val="134")
            child = etree.SubElement(run, self._tag("t"))
            child.text = writable(words)
            child.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")

    def _author(self) -> int:
        assert self.root is not None
        authors = next((child for child in self.root if local(child) == "authors"), None)
        if authors is None:
            authors = etree.Element(self._tag("authors"))
            self.root.insert(0, authors)
        for number, author in enumerate(authors):
            if author.text == AUTHOR:
                return number
        etree.SubElement(authors, self._tag("author")).text = AUTHOR
        return len(authors) - 1

    def _sort(self) -> None:
        """By rows, as Excel writes them."""

        def key(item: Any) -> tuple[int, int, str]:
            match = re.fullmatch(r"\$?([A-Z]{1,3})\$?(\d{1,7})", item.get("ref") or "")
            return (int(match[2]), len(match[1]), match[1]) if match else (0, 0, "")

        self._list[:] = sorted(self._list, key=key)

    # Boxes.

    def _draw(self, notes: dict[Place, str], own: set[Place], gone: list[str], frame: Frame) -> list[Splice]:
        drawing = self.parts.relations(self.part).get(frame.legacy_id or "", ("", ""))[1]
        splices: list[Splice] = []
        if frame.legacy_id is None or drawing not in self.parts:
            drawing = self.parts.free_name("xl/drawings/vmlDrawing{}.vml")
            self.parts.put(drawing, _DRAWING.encode())
            self.parts.declare(drawing, _DRAWING_TYPE, by_ending=True)
            key = self.parts.relate(self.part, "vmlDrawing", drawing, strict=self.strict)
            kinds = STRICT if self.strict else TRANSITIONAL
            tag = f'<%slegacyDrawing xmlns:r="{kinds}" r:id="{key}"/>'.encode() % frame.prefix
            splices.append(Splice(*(frame.legacy_tag or (frame.legacy_at, frame.legacy_at)), tag))
        root = self._drawing(drawing)
        taken = 1024
        drawn: set[Place] = set()
        for shape in [child for child in root if local(child) == "shape"]:
            named = re.fullmatch(r"_x0000_s(\d{1,9})", shape.get("id") or "")
            taken = max(taken, int(named[1]) if named else 0)
            place = _place(shape)
            if place is not None and place in notes:
                drawn.add(place)
                if place in own:
                    _grow(shape, notes[place])
            elif place is not None and _address(place) in gone:
                root.remove(shape)
        new = [place for place in notes if place not in drawn]
        if new and not any(
            local(child) == "shapetype" and child.get("id") == "_x0000_t202" for child in root
        ):
            root.append(etree.fromstring(_SHAPE_TYPE))
        for number, place in enumerate(new, taken + 1):
            size = {"width": _WIDTH, "height": _height(notes[place])}
            xml = _SHAPE.format(id=number, row=place[0] - 1, column=place[1], **size)
            root.append(etree.fromstring(xml))
        # Without a declaration, as Excel writes it.
        self.parts.put(drawing, etree.tostring(root, encoding="UTF-8", xml_declaration=False))
        return splices

    def _drawing(self, name: str) -> Any:
        """The drawing; what Excel writes into one is not always well-formed."""
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True
        )
        try:
            root = etree.fromstring(self.parts.read(name), parser)
        except etree.LxmlError:
            root = None
        if root is None or root.getroottree().docinfo.doctype:
            return etree.fromstring(_DRAWING)
        return root


def _words(element: Any) -> str:
    return "".join(child.text or "" for child in element.iter() if local(child) == "t")


def _height(text: str) -> int:
    return count_lines(escape(text), _CHARACTERS) * _LINE + _PADDING


def _of_note(shape: Any, name: str) -> Any:
    """A property of a comment's box; None where it has none, or the shape is none."""
    for data in shape:
        if local(data) == "ClientData" and data.get("ObjectType") == "Note":
            return next((child for child in data if local(child) == name), None)
    return None


def _place(shape: Any) -> Place | None:
    row, column = _of_note(shape, "Row"), _of_note(shape, "Column")
    if row is None or column is None:
        return None
    numbers = [(child.text or "").strip() for child in (row, column)]
    return (
        (int(numbers[0]) + 1, int(numbers[1]))
        if all(re.fullmatch(r"\d{1,7}", text) for text in numbers)
        else None
    )


def _address(place: Place) -> str:
    return f"{get_column_letter(place[1] + 1)}{place[0]}"


def _grow(shape: Any, text: str) -> None:
    """Give somebody's box room for `text` below what is in it: its height, and the row where it ends."""
    more = _height(text)
    style = shape.get("style") or ""
    scale = {"pt": 1.0, "px": 96 / 72}
    shape.set(
        "style",
        _HEIGHT.sub(
            lambda match: f"{match[1]}{float(match[2]) + more * scale[match[3]]:g}{match[3]}", style, count=1
        ),
    )
    anchor = _of_note(shape, "Anchor")
    numbers = [] if anchor is None else (anchor.text or "").split(",")
    if len(numbers) == 8 and numbers[6].strip().isdigit():
        numbers[6] = f" {int(numbers[6]) + -(-more // _ROW_POINTS)}"
        anchor.text = ",".join(numbers)
