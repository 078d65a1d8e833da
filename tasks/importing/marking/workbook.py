"""Marks in a .xlsx: fills and comments on its cells, the list of all problems as its first sheet."""

from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree

from tasks.importing.errors import Unreadable
from tasks.importing.excel import list_sheets
from tasks.importing.grid import LIST_SHEET, LIST_TITLE, CellPlace
from tasks.importing.marking.comments import Comments
from tasks.importing.marking.listing import list_sheet
from tasks.importing.marking.marks import MOST, NOTED, WRONG, Mark, by_cell, note
from tasks.importing.marking.parts import STRICT, TRANSITIONAL, Parts
from tasks.importing.marking.sheetxml import Cells, Splice, corners, frame_of, spliced
from tasks.importing.marking.styles import Styles
from tasks.importing.package import DAMAGED, Package, attribute, local

_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"


def mark_workbook(package: Package, marks: Sequence[Mark]) -> bytes:
    """The workbook with these marks; those of an earlier time are gone. Raises `ImportFailure`."""
    return _Marker(package, marks).run()


class _Marker:
    def __init__(self, package: Package, marks: Sequence[Mark]) -> None:
        self.marks = marks
        self.limits = package.limits
        self.parts = Parts(package)
        self.book = package.main_part()
        self.root = self.parts.tree(self.book)
        self.main = etree.QName(self.root).namespace or ""
        self.styles = Styles(self.parts, self.book, self.main)
        self.relations = self.parts.relations(self.book)

    def run(self) -> bytes:
        self._remove_lists()
        cells: dict[str, dict[CellPlace, list[Mark]]] = {}
        for place, said in list(by_cell(self.marks).items())[:MOST]:
            cells.setdefault(place.sheet, {})[place] = said
        for element in self._sheets():
            kind, part = self.relations.get(attribute(element, "id") or "", ("", ""))
            if part in self.parts and kind in ("worksheet", "chartsheet", "dialogsheet"):
                own = cells.get(element.get("name") or "", {}) if kind == "worksheet" else {}
                self._sheet(part, own, is_grid=kind == "worksheet")
        if self.marks:
            self._add_list()
        self.styles.save()
        self.parts.put(self.book, self.root)
        return self.parts.packed()

    # Cells.

    def _sheet(self, part: str, cells: Mapping[CellPlace, Sequence[Mark]], *, is_grid: bool) -> None:
        data = self.parts.read(part)
        frame = frame_of(data)
        # The list is what opens; two selected sheets would be written on together.
        splices: list[Splice] = list(frame.selected) if self.marks else []
        if is_grid:
            places = {(place.row, place.column): list(own) for place, own in cells.items()}
            for place, corner in corners(frame, places, self.limits.covered).items():
                places.setdefault(corner, []).extend(places.pop(place))
            if places or self.styles.old:
                splices += self._fills(data, frame, places)
            notes = {
                CellPlace(row, column).address: ((row, column), note(own))
                for (row, column), own in sorted(places.items())
            }
            splices += Comments(self.parts, part, self.main).write(notes, frame)
        if splices:
            self.parts.put(part, spliced(data, splices))

    def _fills(
        self, data: bytes, frame: Any, places: Mapping[tuple[int, int], Sequence[Mark]]
    ) -> list[Splice]:
        wanted: dict[int, set[int]] = {}
        for row, column in places:
            wanted.setdefault(row, set()).add(column)

        def marked(row: int, column: int, style: int) -> int:
            wrong = any(mark.is_wrong for mark in places[row, column])
            return self.styles.marked(style, WRONG if wrong else NOTED)

        return Cells(data, frame, wanted, marked, self.styles.old, self.styles.freed).run()

    # The list.

    def _sheets(self) -> list[Any]:
        group = self._group("sheets")
        if group is None:
            raise Unreadable(DAMAGED)
        return [element for element in group if local(element) == "sheet"]

    def _group(self, name: str) -> Any:
        return next((child for child in self.root if local(child) == name), None)

    def _remove_lists(self) -> None:
        """Lists of an earlier time, which their first line tells from a sheet that somebody called so."""
        lists = list_sheets(self.parts.package)
        for place, element in reversed(list(enumerate(self._sheets()))):
            if element.get("name") not in lists or len(self._sheets()) == 1:
                continue
            part = self.relations[attribute(element, "id") or ""][1]
            for _kind, target in self.parts.relations(part).values():
                if target in self.parts and "comments" in target.lower():
                    self.parts.remove(target)
            self.parts.remove(part)
            self.parts.unrelate(self.book, part)
            element.getparent().remove(element)
            self._shift(place, -1)

    def _add_list(self) -> None:
        names = {(element.get("name") or "").lower() for element in self._sheets()}
        name, number = LIST_SHEET, 1
        while name.lower() in names:
            number += 1
            name = LIST_TITLE if number == 2 else f"{LIST_SHEET}{number}"
        part = self.parts.free_name("xl/worksheets/sheet{}.xml")
        self.parts.put(part, list_sheet(self.marks, self.styles))
        self.parts.declare(part, _SHEET_TYPE)
        strict = "purl" in self.main
        key = self.parts.relate(self.book, "worksheet", part, strict=strict)
        ids = [
            int(element.get("sheetId") or 0)
            for element in self._sheets()
            if (element.get("sheetId") or "0").isdigit()
        ]
        group = self._group("sheets")
        sheet = etree.Element(f"{{{self.main}}}sheet", name=name, sheetId=str(max(ids, default=0) + 1))
        sheet.set(f"{{{STRICT if strict else TRANSITIONAL}}}id", key)
        self._shift(0, 1)
        group.insert(0, sheet)
        for element in self.root.iter():
            if local(element) == "workbookView":
                element.attrib.pop("firstSheet", None)
                element.set("activeTab", "0")

    def _shift(self, place: int, by: int) -> None:
        """What counts sheets by their place, after one came or went there."""
        for element in list(self.root.iter()):
            names = {"definedName": "localSheetId", "workbookView": "activeTab"}
            name = names.get(local(element))
            value = (element.get(name) or "") if name else ""
            if name is None or not value.isdigit():
                continue
            at = int(value)
            if by < 0 and at == place and local(element) == "definedName":
                element.getparent().remove(element)
            elif at > place or (by > 0 and at == place):
                element.set(name, str(max(0, at + by)))
