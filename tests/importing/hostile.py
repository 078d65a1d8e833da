"""Packages with parts changed."""

import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest

from tasks.importing.errors import ImportFailure
from tasks.importing.excel import read_sheets
from tasks.importing.limits import FILING
from tasks.importing.reading import Source, read_plan
from tasks.importing.vetting import vetted

GRID = [["序号", "目标任务", "工作措施", "责任单位"], ["1", "治理扬尘", "加强工地管控。", "区住建局"]]
HEAD_XML = b'<?xml version="1.0" encoding="UTF-8"?>'


def changed(data: bytes, *, drop: str = "", **parts: bytes | Callable[[bytes], bytes]) -> bytes:
    """The package with parts replaced (by the end of their names, __ for the dot) or added."""
    source = zipfile.ZipFile(BytesIO(data))
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            if drop and name.endswith(drop):
                continue
            part = source.read(name)
            change = next((parts[key] for key in parts if name.endswith(key.replace("__", "."))), None)
            target.writestr(name, part if change is None else change(part) if callable(change) else change)
    return stream.getvalue()


def added(data: bytes, name: str, part: bytes) -> bytes:
    stream = BytesIO(data)
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as target:
        target.writestr(name, part)
    return stream.getvalue()


def refused(data: bytes | str, kind: type[ImportFailure], words: str) -> None:
    with pytest.raises(kind, match=words):
        read_plan(Source(data))


def refused_as_filing(data: bytes, kind: type[ImportFailure], words: str) -> None:
    """The same for a unit's workbook, which has less room."""
    with pytest.raises(kind, match=words):
        list(read_sheets(vetted(data, FILING)))
