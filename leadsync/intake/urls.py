"""Addresses: Hosted forms, sources that send by themselves, and their messages."""

from django.urls import URLPattern

app_name = "intake"

urlpatterns: list[URLPattern] = []
