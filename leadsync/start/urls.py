"""Addresses: the first steps of a company."""

from django.urls import path

from leadsync.start.views import pages

app_name = "start"

urlpatterns = [
    path("start/", pages.page, name="page"),
    path("start/panel/", pages.panel, name="panel"),
    path("start/put-aside/", pages.put_aside, name="put_aside"),
]
