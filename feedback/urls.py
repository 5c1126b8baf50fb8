"""Addresses of feedback."""

from django.urls import path

from feedback import views

app_name = "feedback"

urlpatterns = [
    path("questions/", views.question_list, name="questions"),
    path("questions/ask/", views.ask, name="ask"),
    path("questions/<int:pk>/", views.question, name="question"),
    path("questions/<int:pk>/reply/", views.reply, name="reply"),
    path("questions/<int:pk>/close/", views.close, name="close"),
    path("questions/<int:pk>/reopen/", views.reopen, name="reopen"),
]
