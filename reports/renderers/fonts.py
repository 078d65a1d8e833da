"""Which font file prints what, and how wide it sets each character.

Every role has one face of its own; behind it stand the wide face and whatever else FONT_DIR holds. The choice, with the
SHA-256 of each file, is part of the frozen document: a renderer that finds another file than the one named there refuses.
"""

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from threading import Thread
from typing import Any

from fontTools.ttLib import TTFont, TTLibError

from reports.renderers.metrics import Metrics, UnreadableFontError, metrics

FOLDER = Path(__file__).resolve().parent.parent / "fonts"

# Role → the free file. 宋体 is the wide face, which also prints whatever the others lack.
FREE = {
    "title": "FandolSong-Bold.otf",
    "fang": "FandolFang-Regular.otf",
    "hei": "FandolHei-Regular.otf",
    "kai": "FandolKai-Regular.otf",
    "song": "NotoSerifSC-Regular.otf",
}
WIDE = "wide"
# The marks of these, half as wide, for where two of them meet (script/halve_marks.py). Licensed faces have none.
HALF = {"fang": "FandolFang-Half.otf", "hei": "FandolHei-Half.otf", "kai": "FandolKai-Half.otf"}
# Role → names of licensed faces, the best first. Names as fonts call themselves, in Chinese or in Latin letters.
LICENSED = {
    "title": (r"方正小标宋", r"FZXiaoBiaoSong", r"小标宋", r"XiaoBiaoSong"),
    "fang": (r"仿宋_GB2312", r"FangSong_GB2312", r"^仿宋$", r"^FangSong$", r"方正仿宋", r"FZFangSong"),
    "hei": (r"^黑体$", r"^SimHei$", r"方正黑体", r"FZHei"),
    "kai": (r"楷体_GB2312", r"KaiTi_GB2312", r"^楷体$", r"^KaiTi$", r"方正楷体", r"FZKai"),
    "song": (r"^宋体$", r"^SimSun$", r"方正书宋", r"FZShuSong"),
}


class FontError(Exception):
    """A font of the document is not there, or is not the one it was frozen with. The text is in Chinese."""


def choose_fonts(font_dir: str) -> list[dict[str, Any]]:
    """The faces for a new document, as they are frozen in it: {"role", "file", "licensed", "sha256"}.

    `font_dir` is FONT_DIR, empty for the free fonts alone. Files there that serve no role stand last, as role "extra0" …:
    they print what even the wide face lacks.
    """
    licensed = licensed_faces(font_dir)
    chosen = {
        role: next(
            (path for name in names for path, own in licensed.items() if _is_called(own, name)),
            None,
        )
        for role, names in LICENSED.items()
    }
    fonts = [
        _entry(role, path, licensed=True) if path else _entry(role, FOLDER / FREE[role], licensed=False)
        for role, path in chosen.items()
    ]
    fonts.append(_entry(WIDE, FOLDER / FREE["song"], licensed=False))
    fonts += [
        _entry(f"half-{role}", FOLDER / file, licensed=False)
        for role, file in HALF.items()
        if chosen[role] is None
    ]
    others = [path for path in licensed if path not in chosen.values()]
    return fonts + [_entry(f"extra{n}", path, licensed=True) for n, path in enumerate(others)]


def licensed_faces(font_dir: str) -> dict[Path, set[str]]:
    """The font files of FONT_DIR by name, each with what it calls itself."""
    if not font_dir:
        return {}
    folder = Path(font_dir)
    if not folder.is_dir():
        raise FontError(f"FONT_DIR 所指的文件夹不存在：{font_dir}。")
    return {
        path: _names(path, path.stat().st_mtime_ns)
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in {".ttf", ".otf"}
    }


@cache
def _names(path: Path, changed: int) -> set[str]:
    try:
        with TTFont(path, lazy=True) as font:
            return {record.toUnicode() for record in font["name"].names if record.nameID in (1, 4, 6, 16)}
    except (TTLibError, KeyError, UnicodeDecodeError) as error:
        raise FontError(f"字体文件 {path.name} 无法读取。") from error


def _is_called(own: set[str], name: str) -> bool:
    return any(re.search(name, candidate, re.IGNORECASE) for candidate in own)


def _entry(role: str, path: Path, *, licensed: bool) -> dict[str, Any]:
    return {"role": role, "file": path.name, "licensed": licensed, "sha256": _hash(path)}


def hash_ahead(fonts: list[dict[str, Any]], font_dir: str) -> None:
    """Hash the files of a document in a thread, before FontStack asks: 35 MB, and no Python is needed for it."""

    def hash_all() -> None:
        for entry in fonts:
            with suppress(OSError):
                _hash(_place(entry, font_dir))

    Thread(target=hash_all, name="fonts", daemon=True).start()


def _place(entry: dict[str, Any], font_dir: str) -> Path:
    """Where a document's font is on this machine."""
    return (Path(font_dir) if entry["licensed"] else FOLDER) / Path(entry["file"]).name


def _hash(path: Path) -> str:
    stat = path.stat()
    return _sha256(path, stat.st_mtime_ns, stat.st_size)


@cache
def _sha256(path: Path, changed: int, size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass(frozen=True)
class Face:
    """A font file with its characters' widths, in thousandths of the type size."""

    role: str
    path: Path

    @property
    def family(self) -> str:
        """What the document calls it, also inside the PDF: the name of its file, if that is one a PDF may use."""
        return self.path.stem if re.fullmatch(r"[A-Za-z0-9-]+", self.path.stem) else f"Licensed-{self.role}"

    @cached_property
    def _metrics(self) -> Metrics:
        stat = self.path.stat()
        try:
            return metrics(self.path, stat.st_mtime_ns, stat.st_size)
        except UnreadableFontError as error:
            raise FontError(f"字体文件 {self.path.name} 无法读取。") from error

    def advance(self, char: str) -> float | None:
        """The width of `char`; None where the face lacks it."""
        return self._metrics.advance(char)


# What tells a stack of fonts from others: each face with when its file was written.
StackKey = tuple[tuple[Face, int], ...]


class FontStack:
    """The faces of a document, found on this machine and checked against their frozen SHA-256."""

    def __init__(self, fonts: list[dict[str, Any]], font_dir: str) -> None:
        self.faces: dict[str, Face] = {}
        for entry in fonts:
            path = _place(entry, font_dir)
            if not path.is_file():
                raise FontError(f"缺少字体文件 {entry['file']}。")
            if _hash(path) != entry["sha256"]:
                raise FontError(f"字体文件 {entry['file']} 与文稿记录的不一致。")
            self.faces[entry["role"]] = Face(entry["role"], path)
        self._behind = [self.faces[role] for role in self.faces if role == WIDE or role.startswith("extra")]
        self._found: dict[tuple[str, str], tuple[str, float] | None] = {}

    @property
    def key(self) -> StackKey:
        return tuple((face, face.path.stat().st_mtime_ns) for face in self.faces.values())

    def find(self, role: str, char: str) -> tuple[str, float] | None:
        """(role of the face that prints `char`, its width in thousandths of the type size); None: no face has it."""
        key = (role, char)
        if key not in self._found:
            self._found[key] = next(
                (
                    (face.role, width)
                    for face in (self.faces[role], *self._behind)
                    if (width := face.advance(char)) is not None
                ),
                None,
            )
        return self._found[key]

    def half(self, role: str, char: str) -> tuple[str, float] | None:
        """Likewise for the half-width form of a mark that the face of `role` prints; None: there is none."""
        face = self.faces.get(f"half-{role}")
        width = face.advance(char) if face else None
        return (face.role, width) if face and width is not None else None

    def missing(self, text: str) -> list[str]:
        """The characters of `text` that no face prints, each once, in order of appearance."""
        return [
            char for char in dict.fromkeys(text) if char not in "\n\r\t " and self.find("fang", char) is None
        ]
