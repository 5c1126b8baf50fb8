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
from django_structlog.celery.steps import DjangoStructLogInitStep

from leadsync.core import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadsync.settings")

broker.install()
app = Celery("leadsync")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# What a page logs and what the task it started logs carry the same request id.
app.steps["worker"].add(DjangoStructLogInitStep)

MINUTE = 60.0


def _every(task: str, seconds: float) -> dict[str, Any]:
    """A message nobody took within two intervals is worth nothing: the next one finds the same work."""
    return {"task": task, "schedule": seconds, "options": {"expires": 2 * seconds}}


def _at(task: str, moment: crontab) -> dict[str, Any]:
    return {"task": task, "schedule": moment, "options": {"expires": 30 * MINUTE}}


@app.on_after_configure.connect
def _schedule(sender: Celery, **_kwargs: Any) -> None:
    """What beat starts. A second beat does no harm: see `leadsync.core.beats`.

    Written when the settings are read for the first time: importing this module must not need them yet.
    """
    tick = settings.TICK_SECONDS
    sender.conf.beat_schedule = {
        "sweep": _every("leads.sweep", tick),
        "upkeep": _every("leads.upkeep", tick),
        "watch-leads": _every("leads.watch", tick),
        "watch-work": _every("leads.watch_work", tick * 10),
        "watch-kpi": _every("kpi.watch", tick),
        "watch-outbox": _every("notices.watch", tick),
        "start": _every("start.watch", tick * 10),
        "route-again": _every("leads.route_again", tick),
        "rollup": _every("kpi.rollup", tick / 3),
        "deliver": _every("notices.deliver", tick / 3),
        "tell-company": _every("notices.tell_company", tick / 3),
        "monday": _every("kpi.monday", tick),
        "imports": _every("leads.resume_imports", tick),
        "agreement": _every("leads.agreement", tick),
        "lookalikes": _every("leads.lookalikes", tick),
        "disputes": _every("feedback.settle", tick),
        "pieces": _every("feedback.settle_pieces", tick),
        "watch-feedback": _every("feedback.watch", tick),
        "wins": _every("exchange.wins", tick),
        "wins-of-the-week": _every("exchange.digest", tick),
        "listening": _every("exchange.watch", 10 * tick),
        "webhooks": _every("hooks.deliver", tick / 3),
        "webhooks-housekeeping": _at("hooks.housekeeping", crontab(minute="27")),
        "messages": _every("intake.take", tick),
        "meetings": _every("meetings.plan", tick),
        "meetings-watch": _every("meetings.watch", tick),
        "contact-points": _every("campaigns.check_points", tick),
        "test-leads": _every("intake.send_test_leads", tick),
        "watch-contact-points": _every("campaigns.watch", tick),
        "rollup-nightly": _at("kpi.rollup_full", crontab(hour="2", minute="17")),
        "retention": _at("privacy.retention", crontab(hour="3", minute="41")),
        "housekeeping": _at("notices.housekeeping", crontab(minute="7")),
    }


@setup_logging.connect
def _keep_our_logging(**_kwargs: Any) -> None:
    """Celery would replace the log configuration of the settings by its own; connecting here stops that."""
    logging.config.dictConfig(settings.LOGGING)
