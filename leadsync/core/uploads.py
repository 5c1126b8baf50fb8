"""What an upload may be: received in pieces onto the disk, and one that is too large is not even received."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile


class NotTooLarge(FileUploadHandler):
    """Stands before Django's handlers: a file beyond `FILE_UPLOAD_MOST_BYTES` is passed over as it comes in.

    The form is still read, so that its page can say why; `too_large_upload` tells.
    """

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self._left = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Each file has its own size."""
        super().new_file(*args, **kwargs)
        self._left = settings.FILE_UPLOAD_MOST_BYTES
        length = self.request.META.get("CONTENT_LENGTH", "") if self.request else ""
        # The form around the file is small; a message larger than all of it holds a file too large.
        if length.isdecimal() and int(length) > self._left + settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            self._refuse()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Hand the piece on. Raises `SkipFile` where it is one too many."""
        self._left -= len(raw_data)
        if self._left < 0:
            self._refuse()
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Somebody else keeps the file."""

    def _refuse(self) -> None:
        if self.request is not None:
            self.request.META[TOO_LARGE] = True
        raise SkipFile


TOO_LARGE = "leadsync.too_large_upload"


def is_too_large(request: Any) -> bool:
    """Whether a file of this request was passed over because of its size. Read `FILES` first."""
    return bool(request.META.get(TOO_LARGE))
