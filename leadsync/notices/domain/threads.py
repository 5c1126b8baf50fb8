"""Threads: what notices are about. No framework."""

import re

_ONE_THING = re.compile(r"\d")


def thread_of(url: str) -> str:
    """The thread that a notice with this address belongs to: one lead, one question, one campaign, one contact point.

    Such an address holds a number. What is about nothing in particular ("/queue/") or about everybody ("/definition/")
    is no thread: "".
    """
    return url if url.startswith("/") and not url.startswith("//") and _ONE_THING.search(url) else ""
