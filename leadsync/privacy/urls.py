"""Addresses: Personal data."""

from django.urls import path

from leadsync.privacy.views import person, settings

app_name = "privacy"

urlpatterns = [
    path("leads/<int:pk>/personal/", person.person, name="person"),
    path("leads/<int:pk>/personal/file/", person.person_file, name="person_file"),
    path("leads/<int:pk>/erase/", person.erase, name="erase"),
    path("settings/privacy/", settings.find, name="find"),
    path("settings/privacy/erase/", settings.erase_unlinked, name="erase_unlinked"),
    path("settings/privacy/periods/", settings.periods, name="periods"),
    path("settings/privacy/erased/", settings.log, name="log"),
    path("settings/privacy/exports/", settings.taken_out, name="taken_out"),
]
