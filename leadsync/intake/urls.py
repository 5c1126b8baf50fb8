"""Addresses: Hosted forms, sources that send by themselves, and their messages."""

from django.urls import URLPattern, path

from leadsync.intake.views import forms, public, receiving

app_name = "intake"

urlpatterns: list[URLPattern] = [
    path("campaigns/<int:pk>/forms/", forms.form_list, name="forms"),
    path("campaigns/<int:pk>/forms/new/", forms.new, name="form_new"),
    path("campaigns/<int:pk>/forms/preview/", forms.preview, name="form_preview"),
    path("forms/<int:pk>/", forms.edit, name="form"),
    path("forms/<int:pk>/switch/", forms.switch, name="form_switch"),
    path("f/embed.js", public.embed_script, name="embed"),
    path("f/<slug:key>/", public.hosted_form, name="public"),
    path("f/<slug:key>/thanks/", public.thanks, name="public_thanks"),
    path("in/<slug:key>/", receiving.message, name="receive"),
]
