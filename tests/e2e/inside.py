"""Runs Python inside the installation, once a line of input: a JSON string in, a JSON object out.

Started as a program, with the environment of the installation. LeadSync is loaded once; each piece runs in a child of
its own, so that it sees the database as it stands and leaves nothing behind.
"""

import contextlib
import io
import json
import os
import sys
import tempfile
import traceback
from typing import IO

import django


def run(code: str, out: IO[str]) -> None:
    """What the piece printed, and whether it ran to its end."""
    said = io.StringIO()
    is_done = True
    with contextlib.redirect_stdout(said):
        try:
            exec(compile(code, "<inside>", "exec"), {"__name__": "__main__"})
        except Exception:
            is_done = False
            traceback.print_exc(file=said)
    json.dump({"is_done": is_done, "said": said.getvalue()}, out)


def main() -> None:
    sys.path.insert(0, os.getcwd())
    django.setup()
    for line in sys.stdin:
        with tempfile.TemporaryFile("w+") as out:
            child = os.fork()
            if not child:
                run(json.loads(line), out)
                out.flush()
                os._exit(0)
            _child, status = os.waitpid(child, 0)
            out.seek(0)
            lost = json.dumps({"is_done": False, "said": f"ended with {status}"})
            sys.stdout.write((out.read() or lost) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
