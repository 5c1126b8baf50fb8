"""Channels, contact points, campaigns and what they cost."""

from django.apps import AppConfig


class Campaigns(AppConfig):
    name = "campaigns"
    label = "campaigns"
    verbose_name = "Campaigns"
