"""A package of parts that is written again with some of them changed. Only vetted packages come here."""

import zipfile
from io import BytesIO

from lxml import etree

from tasks.importing.errors import Unreadable
from tasks.importing.package import DAMAGED, Package, local, relations_part

_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
TRANSITIONAL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT = "http://purl.oclc.org/ooxml/officeDocument/relationships"
CONTENT_TYPES = "[Content_Types].xml"


def serialized(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


class Parts:
    """The parts of a package, and those that replace them or come in addition. Names as `Package` has them."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.changed: dict[str, bytes] = {}
        self.removed: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name.lower() not in self.removed and (name.lower() in self._names or name in self.package)

    @property
    def _names(self) -> set[str]:
        return {name.lower() for name in self.changed}

    def read(self, name: str) -> bytes:
        """A part as UTF-8 or what else it is; XML in UTF-16 is turned into UTF-8."""
        changed = next((data for key, data in self.changed.items() if key.lower() == name.lower()), None)
        return changed if changed is not None else self.package.read(name)

    def tree(self, name: str) -> etree._Element:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            return etree.fromstring(self.read(name), parser)
        except etree.LxmlError as error:
            raise Unreadable(DAMAGED) from error

    def put(self, name: str, part: bytes | etree._Element) -> None:
        data = part if isinstance(part, bytes) else serialized(part)
        for known in list(self.changed):
            if known.lower() == name.lower():
                del self.changed[known]
        self.removed.discard(name.lower())
        self.changed[name] = data

    def remove(self, name: str) -> None:
        self.changed = {key: data for key, data in self.changed.items() if key.lower() != name.lower()}
        self.removed.add(name.lower())
        self._forget_type(name)

    def free_name(self, pattern: str) -> str:
        """The first name that no part has yet; `pattern` with {} for its number."""
        number = 1
        while (name := pattern.format(number)) in self or name.lower() in self.removed:
            number += 1
        return name

    # Relations and types.

    def relate(self, part: str, kind: str, target: str, *, strict: bool = False) -> str:
        """The id of a new relation of `part` to another part of the package. `kind`: the last word of its type."""
        name = relations_part(part)
        if name in self:
            root = self.tree(name)
        else:
            root = etree.Element(f"{{{_RELATIONS}}}Relationships", nsmap={None: _RELATIONS})
        taken = {relation.get("Id") for relation in root}
        number = len(taken) + 1
        while (key := f"rId{number}") in taken:
            number += 1
        relation = etree.SubElement(root, f"{{{_RELATIONS}}}Relationship")
        relation.set("Id", key)
        relation.set("Type", f"{STRICT if strict else TRANSITIONAL}/{kind}")
        relation.set("Target", f"/{target}")
        self.put(name, root)
        return key

    def unrelate(self, part: str, target: str) -> None:
        """Take away the relations of `part` to `target`."""
        known = self.relations(part)
        name = relations_part(part)
        root = self.tree(name)
        for relation in list(root):
            if known.get(relation.get("Id") or "", ("", ""))[1].lower() == target.lower():
                root.remove(relation)
        self.put(name, root)

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """As `Package.relations`, with those that were added."""
        name = relations_part(part)
        if name not in self:
            return {}
        return self.package.relations_in(self.tree(name), part)

    def related(self, part: str, kind: str) -> str | None:
        """The part that the first relation of this kind points to, if it is there."""
        return next(
            (target for own, target in self.relations(part).values() if own == kind and target in self), None
        )

    def declare(self, name: str, content_type: str, *, by_ending: bool = False) -> None:
        root = self.tree(CONTENT_TYPES)
        if by_ending:
            ending = name.rpartition(".")[2]
            if any(
                local(item) == "Default" and (item.get("Extension") or "").lower() == ending for item in root
            ):
                return
            item = etree.Element(f"{{{_TYPES}}}Default")
            item.set("Extension", ending)
            root.insert(0, item)
        else:
            item = etree.SubElement(root, f"{{{_TYPES}}}Override")
            item.set("PartName", f"/{name}")
        item.set("ContentType", content_type)
        self.put(CONTENT_TYPES, root)

    def _forget_type(self, name: str) -> None:
        root = self.tree(CONTENT_TYPES)
        for item in list(root):
            if (item.get("PartName") or "").lstrip("/").lower() == name.lower():
                root.remove(item)
        self.put(CONTENT_TYPES, root)

    def packed(self) -> bytes:
        """The file. Parts that were not changed are as they were, in their order."""
        stream = BytesIO()
        changed = {name.lower(): (name, data) for name, data in self.changed.items()}
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
            for name, entry in self.package.entries():
                if name in self.removed:
                    continue
                info = zipfile.ZipInfo(entry.filename, entry.date_time)
                stored = entry.compress_type == zipfile.ZIP_STORED
                info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
                if name in changed:
                    target.writestr(info, changed.pop(name)[1])
                    continue
                with target.open(info, "w") as out:
                    source = self.package.open(name)
                    while data := source.read(1 << 20):
                        out.write(data)
            for name, data in changed.values():
                target.writestr(name, data)
        return stream.getvalue()
