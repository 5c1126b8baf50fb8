"""The web server's application, which on SQLite gives up sooner while another process holds the file (`BUSY_MS`)."""

from leadsync.wsgi import application
from tests.faults import worker

__all__ = ["application", "worker"]
