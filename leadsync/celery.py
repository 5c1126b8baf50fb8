"""The Celery application and the beat schedule.

Work is always derived from the database: a message is only a hint that there may be some, so a lost,
doubled or late message changes nothing but the moment at which the work is done.
"""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadsync.settings")

app = Celery("leadsync")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

MINUTE = 60.0

app.conf.beat_schedule = {
    "sweep": {"task": "leads.sweep", "schedule": MINUTE},
    "rollup": {"task": "kpi.rollup", "schedule": 20.0},
    "deliver": {"task": "notices.deliver", "schedule": 20.0},
    "imports": {"task": "leads.resume_imports", "schedule": MINUTE},
    "rollup-nightly": {"task": "kpi.rollup_full", "schedule": crontab(hour="2", minute="17")},
    "housekeeping": {"task": "notices.housekeeping", "schedule": crontab(minute="7")},
}


@setup_logging.connect
def _keep_our_logging(**_kwargs: Any) -> None:
    """Celery would replace the log configuration of the settings by its own; connecting here stops that."""
    logging.config.dictConfig(settings.LOGGING)
