"""Addresses of leads."""

from django.urls import URLPattern, path

from leads.views import definition, queue

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
    path("definition/", definition.definition, name="definition"),
    path("definition/new/", definition.new, name="definition_new"),
    path("definition/<int:number>/", definition.version, name="definition_version"),
    path("definition/<int:number>/edit/", definition.edit, name="definition_edit"),
    path("definition/<int:number>/propose/", definition.propose, name="definition_propose"),
    path("definition/<int:number>/sign/", definition.sign, name="definition_sign"),
]
