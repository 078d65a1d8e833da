"""Marks in a .docx: shading and comments on the cells of its tables, the list of all problems before everything else."""

from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree

from tasks.importing.errors import Unreadable
from tasks.importing.grid import LIST_HEADS, LIST_TITLE, CellPlace, Document
from tasks.importing.marking.listing import place_of
from tasks.importing.marking.marks import AUTHOR, MOST, NOTED, OPENING, WRONG, Mark, by_cell, note, summary
from tasks.importing.marking.parts import Parts
from tasks.importing.package import DAMAGED, Package, attribute, local
from tasks.importing.word import find_cells, is_list_table
from xigang_eco.plain import writable

_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"
_BOOKMARK = "_xigang_problem_"
# In a cell's properties, before its shading (ECMA-376 part 1, 17.4.69).
_BEFORE_SHADING = {"cnfStyle", "tcW", "gridSpan", "hMerge", "vMerge", "tcBorders"}
_COLOURS = {colour[2:] for colour in (WRONG, NOTED)}
# Of the list's columns, in hundredths of the page's width.
_SHARES = (8, 16, 14, 32, 20, 10)


def mark_document(package: Package, marks: Sequence[Mark]) -> bytes:
    """The document with these marks; those of an earlier time are gone. Raises `ImportFailure`."""
    return _Marker(package, marks).run()


class _Marker:
    def __init__(self, package: Package, marks: Sequence[Mark]) -> None:
        self.package, self.marks = package, marks
        self.parts = Parts(package)
        self.part = package.main_part()
        self.root = self.parts.tree(self.part)
        self.w = etree.QName(self.root).namespace or ""
        self.strict = "purl" in self.w
        body = next((child for child in self.root if local(child) == "body"), None)
        if body is None:
            raise Unreadable(DAMAGED)
        self.body = body
        self.name = self.parts.related(self.part, "comments")
        self.comments = self.parts.tree(self.name) if self.name else None
        self.number = 0

    def run(self) -> bytes:
        self._clear()
        self.number = self._last_id()
        if self.marks:
            document, origins = find_cells(self.package, self.root)
            cells = dict(list(by_cell(self.marks).items())[:MOST])
            # Places in one merged cell are one mark.
            found: dict[int, tuple[Sequence[Any], list[CellPlace]]] = {}
            for place in cells:
                if elements := _elements(document, origins, place):
                    found.setdefault(id(elements), (elements, []))[1].append(place)
            names: dict[CellPlace, str] = {}
            for number, (elements, places) in enumerate(found.values(), 1):
                name = f"{_BOOKMARK}{number}"
                self._mark(elements, [mark for place in places for mark in cells[place]], name)
                names |= dict.fromkeys(places, name)
            self._add_list(names)
        if self.name is not None and self.comments is not None:
            self.parts.put(self.name, self.comments)
        self.parts.put(self.part, self.root)
        return self.parts.packed()

    # XML.

    def _tag(self, name: str) -> str:
        return f"{{{self.w}}}{name}"

    def _make(self, tag: str, /, *children: Any, **attributes: str) -> Any:
        element = etree.Element(self._tag(tag))
        for key, value in attributes.items():
            element.set(self._tag(key), value)
        element.extend(children)
        return element

    def _run(self, text: str, *, bold: bool = False, half_points: int = 21, link: bool = False) -> Any:
        fonts = self._make("rFonts", ascii="宋体", hAnsi="宋体", eastAsia="宋体")
        look = [fonts, *([self._make("b")] if bold else [])]
        if link:
            look.append(self._make("color", val="0B5394"))
        look.append(self._make("sz", val=str(half_points)))
        if link:
            look.append(self._make("u", val="single"))
        words = self._make("t")
        words.text = writable(text)
        words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        return self._make("r", self._make("rPr", *look), words)

    # Earlier marks.

    def _clear(self) -> None:
        """Take away what an earlier marking has put in: comments, shading, bookmarks and the list."""
        gone = set()
        if self.comments is not None:
            for comment in list(self.comments):
                if attribute(comment, "author") == AUTHOR and OPENING in _text(comment):
                    gone.add(attribute(comment, "id"))
                    self.comments.remove(comment)
        for element in list(self.root.iter()):
            tag = local(element)
            if tag in ("commentRangeStart", "commentRangeEnd", "commentReference"):
                if attribute(element, "id") in gone:
                    parent = element.getparent()
                    # The reference has a run of its own, for nothing else.
                    alone = tag == "commentReference" and local(parent) == "r"
                    _detach(parent if alone else element)
            elif tag == "shd" and (attribute(element, "fill") or "").upper() in _COLOURS:
                self._unshade(element)
        marked = {
            attribute(element, "id")
            for element in self.root.iter(self._tag("bookmarkStart"))
            if (attribute(element, "name") or "").startswith(_BOOKMARK)
        }
        for element in list(self.root.iter(self._tag("bookmarkStart"), self._tag("bookmarkEnd"))):
            if attribute(element, "id") in marked:
                _detach(element)
        self._remove_list()

    def _unshade(self, element: Any) -> None:
        """What the cell's own shading was stands as the colour, which a plain shading does not show."""
        if local(element.getparent()) != "tcPr":
            return
        own = attribute(element, "color") or "auto"
        if own == "auto":
            element.getparent().remove(element)
        else:
            element.set(self._tag("fill"), own)
            element.set(self._tag("color"), "auto")

    def _remove_list(self) -> None:
        front = []
        for element in self.body:
            tag = local(element)
            front.append(element)
            if tag == "tbl":
                break
            if tag != "p" or (_text(element) and len(front) == 1 and _text(element) != LIST_TITLE):
                return
        if not front or local(front[-1]) != "tbl" or not is_list_table(front[-1]):
            return
        behind = front[-1].getnext()
        if behind is not None and local(behind) == "p" and not _text(behind):
            front.append(behind)
        for element in front:
            self.body.remove(element)

    # Cells.

    def _last_id(self) -> int:
        names = ("bookmarkStart", "commentReference", "commentRangeStart", "comment")
        roots = [self.root, *([self.comments] if self.comments is not None else [])]
        taken = [0]
        for root in roots:
            for element in root.iter(*(self._tag(name) for name in names)):
                value = attribute(element, "id") or ""
                taken.append(int(value) if value.isascii() and value.isdigit() and len(value) < 9 else 0)
        return max(taken)

    def _mark(self, elements: Sequence[Any], marks: Sequence[Mark], bookmark: str) -> None:
        colour = WRONG if any(mark.is_wrong for mark in marks) else NOTED
        for element in elements:
            self._shade(element, colour[2:])
        self.number += 1
        first = elements[0]
        paragraphs = [child for child in first.iter(self._tag("p")) if _own_cell(child) is first]
        if not paragraphs:
            paragraphs = [etree.SubElement(first, self._tag("p"))]
        start, end = paragraphs[0], paragraphs[-1]
        key = str(self.number)
        place = 1 if len(start) and local(start[0]) == "pPr" else 0
        for offset, name in enumerate(("bookmarkStart", "commentRangeStart")):
            extra = {"name": bookmark} if name == "bookmarkStart" else {}
            start.insert(place + offset, self._make(name, id=key, **extra))
        end.append(self._make("commentRangeEnd", id=key))
        end.append(self._make("bookmarkEnd", id=key))
        end.append(self._make("r", self._make("commentReference", id=key)))
        self._comment(key, note(marks))

    def _shade(self, cell: Any, colour: str) -> None:
        properties = next((child for child in cell if local(child) == "tcPr"), None)
        if properties is None:
            properties = self._make("tcPr")
            cell.insert(0, properties)
        own = next((child for child in properties if local(child) == "shd"), None)
        under = "auto"
        if own is not None:
            fill = attribute(own, "fill") or "auto"
            under = fill if attribute(own, "val") in ("clear", None) and len(fill) == 6 else "auto"
            properties.remove(own)
        place = sum(1 for child in properties if local(child) in _BEFORE_SHADING)
        properties.insert(place, self._make("shd", val="clear", color=under, fill=colour))

    def _comment(self, key: str, text: str) -> None:
        if self.comments is None:
            self.name = self.parts.free_name("word/comments{}.xml")
            self.comments = etree.Element(self._tag("comments"), nsmap={"w": self.w})
            self.parts.declare(self.name, _TYPE)
            self.parts.relate(self.part, "comments", self.name, strict=self.strict)
        head, _, rest = text.partition("\n")
        lines = [self._make("p", self._run(head, bold=True, half_points=18))]
        lines += [self._make("p", self._run(line, half_points=18)) for line in rest.split("\n")]
        self.comments.append(self._make("comment", *lines, id=key, author=AUTHOR, initials="平台"))

    # The list.

    def _add_list(self, names: Mapping[CellPlace, str]) -> None:
        rows = [self._row([(head, "center", None, "") for head in LIST_HEADS], is_head=True)]
        for number, mark in enumerate(self.marks[:MOST], 1):
            wrong, advice = mark.parts
            link = names.get(mark.place, "") if mark.place is not None else ""
            rows.append(
                self._row(
                    [
                        (str(number), "center", None, ""),
                        (place_of(mark), "left", None, link),
                        (mark.column or "—", "left", None, ""),
                        (wrong, "left", None, ""),
                        (advice or "—", "left", None, ""),
                        (mark.kind, "center", WRONG if mark.is_wrong else NOTED, ""),
                    ]
                )
            )
        sides = ("top", "left", "bottom", "right", "insideH", "insideV")
        borders = [self._make(side, val="single", sz="4", space="0", color="808080") for side in sides]
        table = self._make(
            "tbl",
            self._make(
                "tblPr",
                self._make("tblW", w="5000", type="pct"),
                self._make("tblBorders", *borders),
                self._make("tblLayout", type="fixed"),
            ),
            self._make("tblGrid", *(self._make("gridCol", w=str(share * 90)) for share in _SHARES)),
            *rows,
        )
        rest = len(self.marks) - MOST
        said = summary(self.marks) + (f"其余 {rest} 个问题未列出，更正后重新上传时再列。" if rest > 0 else "")
        page = self._make("p", self._make("r", self._make("br", type="page")))
        title = self._make("p", self._run(LIST_TITLE, bold=True, half_points=28))
        self.body[0:0] = [title, self._make("p", self._run(said)), table, page]

    def _row(self, cells: Sequence[tuple[str, str, str | None, str]], *, is_head: bool = False) -> Any:
        """A row of (text, alignment, fill, bookmark to link to)."""
        properties = [self._make("cantSplit"), *([self._make("tblHeader")] if is_head else [])]
        row = self._make("tr", self._make("trPr", *properties))
        for (text, side, fill, link), share in zip(cells, _SHARES, strict=True):
            own = [self._make("tcW", w=str(share * 50), type="pct")]
            if fill or is_head:
                own.append(self._make("shd", val="clear", color="auto", fill=fill[2:] if fill else "E8F3EF"))
            own.append(self._make("vAlign", val="center"))
            run = self._run(text, bold=is_head, half_points=18, link=bool(link))
            words = self._make("hyperlink", run, anchor=link) if link else run
            spacing = self._make("spacing", before="20", after="20")
            paragraph = self._make("p", self._make("pPr", spacing, self._make("jc", val=side)), words)
            row.append(self._make("tc", self._make("tcPr", *own), paragraph))
        return row


def _elements(document: Document, origins: Mapping[int, Sequence[Any]], place: CellPlace) -> Sequence[Any]:
    """The cell at `place`, all elements that it is merged of; where its row ends before it, the row's last cell."""
    tables = document.tables
    if not 0 <= place.table < len(tables):
        return ()
    for row in tables[place.table].rows:
        if row.number == place.row:
            known = [cell for cell in row.cells[: place.column + 1] if id(cell) in origins]
            known = known or [cell for cell in row.cells if id(cell) in origins]
            return origins[id(known[-1])] if known else ()
    return ()


def _own_cell(paragraph: Any) -> Any:
    return next((parent for parent in paragraph.iterancestors() if local(parent) == "tc"), None)


def _detach(element: Any) -> None:
    """Take out an element that has no text of its own, not what follows it."""
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _text(element: Any) -> str:
    return "".join(child.text or "" for child in element.iter("{*}t")).strip()
