"""Office files are zip archives, and zip archives carry the time of day: here they get the same bytes every time."""

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

# The earliest time that the format knows, and what Office writes itself.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_LEVEL = 6
# An archive of this kind begins with the list of its types, its relations next: some readers look there first.
_FIRST = ("[Content_Types].xml", "_rels/.rels")
_MS_DOS = 0


def zip_parts(parts: dict[str, bytes]) -> bytes:
    """An archive of `parts` (name → content), whatever their order, the clock and the machine."""
    names = [name for name in _FIRST if name in parts] + sorted(set(parts) - set(_FIRST))
    stream = BytesIO()
    with ZipFile(stream, "w") as archive:
        for name in names:
            info = ZipInfo(name, _EPOCH)
            info.compress_type = ZIP_DEFLATED
            info.create_system = _MS_DOS
            archive.writestr(info, parts[name], compresslevel=_LEVEL)
    return stream.getvalue()


def unzip_parts(data: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rezip(data: bytes, replaced: dict[str, bytes] | None = None) -> bytes:
    """An archive that a library wrote, once more with fixed times and order, some of its parts exchanged."""
    return zip_parts({**unzip_parts(data), **(replaced or {})})
