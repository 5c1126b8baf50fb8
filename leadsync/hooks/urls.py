"""Addresses: Outgoing webhooks and what they sent."""

from django.urls import URLPattern, path

from leadsync.hooks import views

app_name = "hooks"

urlpatterns: list[URLPattern] = [
    path("settings/webhooks/", views.listed, name="list"),
    path("settings/webhooks/new/", views.add, name="new"),
    path("settings/webhooks/<int:pk>/", views.edit, name="endpoint"),
    path("settings/webhooks/<int:pk>/switch/", views.switch, name="switch"),
    path("settings/webhooks/<int:pk>/secret/", views.renew, name="renew"),
    path("settings/webhooks/<int:pk>/test/", views.try_out, name="test"),
    path("settings/webhooks/<int:pk>/delete/", views.delete, name="delete"),
    path("settings/webhooks/<int:pk>/log/", views.log, name="log"),
    path("settings/webhooks/<int:pk>/log/again/", views.again_all, name="again_all"),
    path("settings/webhooks/<int:pk>/log/<int:delivery>/again/", views.again, name="again"),
    path("settings/webhooks/<int:pk>/log/<int:delivery>/drop/", views.drop, name="drop"),
]
