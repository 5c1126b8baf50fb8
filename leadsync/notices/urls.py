"""Addresses of notices."""

from django.urls import path

from leadsync.notices import views

app_name = "notices"

urlpatterns = [
    path("notifications/", views.notices, name="list"),
    path("notifications/<int:pk>/open/", views.open_notice, name="open"),
    path("notifications/read/", views.read_all, name="read_all"),
]
