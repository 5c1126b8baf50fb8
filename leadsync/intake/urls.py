"""Addresses: Hosted forms, sources that send by themselves, and their messages."""

from django.urls import URLPattern, path

from leadsync.intake.views import public

app_name = "intake"

urlpatterns: list[URLPattern] = [
    path("f/embed.js", public.embed_script, name="embed"),
    path("f/<slug:key>/", public.hosted_form, name="public"),
    path("f/<slug:key>/thanks/", public.thanks, name="public_thanks"),
]
