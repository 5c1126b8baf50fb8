"""LeadSync: one place where marketing and sales agree what a good lead is."""

from leadsync.celery import app as celery_app

__all__ = ["celery_app"]
