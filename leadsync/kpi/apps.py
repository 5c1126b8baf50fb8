"""One KPI expressed in sales: plan, roll-up, dashboard."""

from django.apps import AppConfig


class Kpi(AppConfig):
    name = "leadsync.kpi"
    label = "kpi"
    verbose_name = "KPI"
