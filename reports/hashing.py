"""An upload of which only the hash is kept: the bytes pass through and are stored nowhere, not even for a while."""

import hashlib
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class HashedUpload(UploadedFile):
    """Name, size and SHA-256 of a file that was sent; its content is gone."""

    def __init__(self, name: str, size: int, sha256: str) -> None:
        super().__init__(file=BytesIO(), name=name, size=size)
        self.sha256 = sha256


class HashingHandler(FileUploadHandler):
    """Put in the place of Django's handlers, which keep files in memory or in a temporary folder."""

    chunk_size = 1 << 20

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._digest = hashlib.sha256()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._digest.update(raw_data)

    def file_complete(self, file_size: int) -> HashedUpload:
        return HashedUpload(self.file_name or "", file_size, self._digest.hexdigest())
