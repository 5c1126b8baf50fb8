"""WSGI entry point: `gunicorn leadsync.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadsync.settings")

application = get_wsgi_application()
