"""Addresses: Outgoing webhooks and what they sent."""

from django.urls import URLPattern

app_name = "hooks"

urlpatterns: list[URLPattern] = []
