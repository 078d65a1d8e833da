"""Reading pages as a browser does: the forms on them with their fields, and the links."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class PageForm:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    # Names that a person may type or choose freely, and the offered values of lists.
    free: list[str] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.links: list[str] = []
        self._form: PageForm | None = None
        self._textarea: str | None = None
        self._select: str | None = None
        # A control outside its form, tied to it by the attribute form="…".
        self.by_id: dict[str, PageForm] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if tag == "form":
            self._form = PageForm(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
            if "id" in given:
                self.by_id[given["id"]] = self._form
            return
        form = self.by_id.get(given.get("form", "")) or self._form
        name = given.get("name")
        if form is None or not name:
            if tag == "option" and form is not None and self._select:
                form.choices[self._select].append(given.get("value", ""))
            return
        if tag == "input" and given.get("type") not in ("submit", "button", "file"):
            kind = given.get("type", "text")
            if kind in ("radio", "checkbox"):
                form.choices.setdefault(name, []).append(given.get("value", "on"))
                if "checked" in given:
                    form.fields[name] = given.get("value", "on")
            else:
                form.fields[name] = given.get("value", "")
                if kind != "hidden":
                    form.free.append(name)
        elif tag == "textarea":
            form.fields[name] = ""
            form.free.append(name)
            self._textarea = name
        elif tag == "select":
            form.choices.setdefault(name, [])
            self._select = name

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._textarea = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._textarea and self._form:
            self._form.fields[self._textarea] += data


def read(html: str) -> tuple[list[PageForm], list[str]]:
    """The forms and the link targets of a page."""
    reader = _Reader()
    reader.feed(html)
    return reader.forms, reader.links
