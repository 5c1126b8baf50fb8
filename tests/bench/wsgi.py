"""What gunicorn serves in a bench: the product, and under /floor/ bare views behind the least of middleware.

Both live in one process, so that they share its warmth and its troubles, and only their own work differs.
"""

from collections.abc import Callable, Iterable
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler
from django.test.utils import override_settings

# Sign-in by session and protection of forms: nobody can do with less.
LEAST = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]

django.setup(set_prefix=False)
_product = WSGIHandler()
with override_settings(MIDDLEWARE=LEAST):  # read once, when a handler is made
    _floor = WSGIHandler()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Route by the beginning of the path."""
    handler = _floor if environ.get("PATH_INFO", "").startswith("/floor/") else _product
    answer: Iterable[bytes] = handler(environ, start_response)
    return answer
