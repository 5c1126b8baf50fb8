"""Say early, and in words, that the demo's port is taken; the web server would say it late, amid others.

Run as a script, before anything is built: `python leadsync/demo/port.py`, with the port in `PORT`.
"""

import os
import socket
import sys


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def main() -> str | None:
    """Return what to tell the user and fail with, or nothing when the port can be used."""
    wanted = os.environ.get("PORT", "8000")
    if not wanted.isdigit() or not 0 < int(wanted) < 65536:
        return f"PORT is {wanted!r}; it must be a number from 1 to 65535."
    if not is_free(int(wanted)):
        return f"Port {wanted} is taken, perhaps by another demo. Choose another: make demo PORT=8123"
    return None


if __name__ == "__main__":
    sys.exit(main())
