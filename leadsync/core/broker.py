"""The embedded broker, a folder of messages, made safe for a reader that looks often.

Kombu's own transport lets a reader take a message away while it is still being written; half a message is no JSON, and
the worker ends. Here a message appears under its name only when it is whole.
"""

import os
import uuid
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Writes beside the name that readers look for, and puts the whole message there in one step."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Put a message into a queue. Raises `ChannelError` where the folder cannot be written to."""
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        whole = Path(self.data_folder_out) / name
        part = whole.with_name(f"{name}.part")  # readers pass over names that end otherwise
        try:
            part.write_bytes(str_to_bytes(dumps(payload)))
            os.replace(part, whole)
        except OSError as error:
            raise ChannelError(f"Cannot add {name} to {self.data_folder_out}") from error


class Transport(filesystem.Transport):
    """Kombu's transport with channels that show no half messages."""

    Channel = Channel


def install() -> None:
    """Let broker addresses that begin with `filesystem:` mean this transport; called by `leadsync.celery`."""
    TRANSPORT_ALIASES["filesystem"] = f"{Transport.__module__}:{Transport.__qualname__}"
