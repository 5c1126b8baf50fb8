"""How each department answers the other: gate, work and benefit, questions."""

from django.apps import AppConfig


class Feedback(AppConfig):
    name = "feedback"
    label = "feedback"
    verbose_name = "Feedback"
