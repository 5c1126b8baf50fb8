"""Addresses of leads."""

from django.urls import URLPattern, path

from leads.views import queue

app_name = "leads"

urlpatterns: list[URLPattern] = [
    path("queue/", queue.queue, name="queue"),
    path("queue/<int:pk>/call/", queue.call, name="call"),
    path("queue/<int:pk>/mark/", queue.mark, name="mark"),
    path("queue/<int:pk>/tried/", queue.tried, name="tried"),
    path("queue/<int:pk>/next-step/", queue.next_step, name="next_step"),
    path("queue/<int:pk>/note/", queue.note, name="note"),
    path("queue/<int:pk>/answer/", queue.answer, name="answer"),
    path("queue/<int:pk>/return/", queue.give_back, name="give_back"),
    path("marks/<int:pk>/revert/", queue.revert, name="revert"),
]
