"""Addresses of notices."""

from django.urls import path

from leadsync.notices import views

app_name = "notices"

urlpatterns = [
    path("notifications/", views.notices, name="list"),
    path("notifications/<int:pk>/open/", views.open_notice, name="open"),
    path("notifications/read/", views.read_all, name="read_all"),
    path("notifications/mute/", views.mute, name="mute"),
    path("notifications/choices/", views.choose, name="choose"),
    path("mails/stop/<str:token>/", views.stop, name="stop"),
    path("mails/mute/<str:token>/", views.mute_by_mail, name="mute_by_mail"),
    path("settings/webhook/", views.webhook, name="webhook"),
    path("settings/webhook/test/", views.webhook_try, name="webhook_test"),
    path("settings/webhook/forget/", views.webhook_forget, name="webhook_forget"),
    path("settings/outbox/", views.outbox_page, name="outbox"),
    path("settings/outbox/retry/", views.outbox_retry_all, name="outbox_retry_all"),
    path("settings/outbox/<int:pk>/retry/", views.outbox_retry, name="outbox_retry"),
    path("settings/outbox/<int:pk>/drop/", views.outbox_drop, name="outbox_drop"),
]
