"""Addresses of notices."""

from django.urls import path

from leadsync.notices import views, views_alerts

app_name = "notices"

urlpatterns = [
    path("notifications/", views.notices, name="list"),
    path("notifications/<int:pk>/open/", views.open_notice, name="open"),
    path("notifications/read/", views.read_all, name="read_all"),
    path("notifications/mute/", views.mute, name="mute"),
    path("notifications/choices/", views.choose, name="choose"),
    path("alerts/", views_alerts.alerts, name="alerts"),
    path("alerts/<int:pk>/", views_alerts.alert, name="alert"),
    path("alerts/<int:pk>/acknowledge/", views_alerts.acknowledge, name="alert_acknowledge"),
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
