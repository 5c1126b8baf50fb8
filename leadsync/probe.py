"""The health check of a web container: ask the web process beside it, exit with 1 when it does not answer.

Run as a script (`python -P leadsync/probe.py`), so that a check every few seconds loads no application.
"""

import http.client
import os
import sys


def main() -> int:
    """Return 0 when `/healthz` answers 200 within four seconds, else 1."""
    host = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip(" .*") or "localhost"
    web = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=4)
    try:
        web.request("GET", "/healthz", headers={"Host": host})
        return 0 if web.getresponse().status == 200 else 1
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        web.close()


if __name__ == "__main__":
    sys.exit(main())
