"""The folder of messages: whoever looks at any moment finds whole messages or none."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection

from leadsync.core.broker import Channel


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("messages", "control", "processed"):
        (tmp_path / name).mkdir()
    return tmp_path


def connected(folder: Path) -> Connection:
    """As the settings of the embedded default connect, whatever broker the environment names."""
    options = {
        "data_folder_in": str(folder / "messages"),
        "data_folder_out": str(folder / "messages"),
        "control_folder": str(folder / "control"),
        "store_processed": True,
        "processed_folder": str(folder / "processed"),
    }
    return Connection("filesystem://localhost", transport_options=options)


def test_a_message_is_there_whole_or_not_at_all(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    replace: Callable[..., Any] = os.replace

    def watched(source: Path, target: Path) -> None:
        seen.append([name for name in os.listdir(folder / "messages") if name.endswith(".msg")])
        replace(source, target)

    monkeypatch.setattr(os, "replace", watched)
    with connected(folder) as connection:
        channel = connection.default_channel
        assert isinstance(channel, Channel)
        channel._put("celery", {"one": 1})
    assert seen == [[]]
    (name,) = os.listdir(folder / "messages")
    assert json.loads((folder / "messages" / name).read_text()) == {"one": 1}


def test_what_was_put_is_taken_once_and_half_a_message_never(folder: Path) -> None:
    with connected(folder) as connection:
        channel = connection.default_channel
        assert isinstance(channel, Channel)
        (folder / "messages" / "1_x.celery.msg.part").write_text('{"body": ')
        channel._put("celery", {"one": 1})
        assert channel._get("celery") == {"one": 1}
        with pytest.raises(Empty):
            channel._get("celery")
