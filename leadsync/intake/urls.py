"""Addresses: Hosted forms, sources that send by themselves, and their messages."""

from django.urls import URLPattern, path

from leadsync.intake.views import forms, inbox, public, receiving, sources

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
    path("settings/sources/", sources.source_list, name="sources"),
    path("settings/sources/new/", sources.new_source, name="source_new"),
    path("settings/sources/<int:pk>/", sources.source, name="source"),
    path("settings/sources/<int:pk>/heard/", sources.heard, name="source_heard"),
    path("settings/sources/<int:pk>/switch/", sources.switch, name="source_switch"),
    path("settings/sources/<int:pk>/renew/", sources.renew, name="source_renew"),
    path("settings/sources/<int:pk>/credentials/", sources.credentials, name="source_credentials"),
    path("settings/sources/<int:pk>/mapping/", sources.mapping, name="source_mapping"),
    path("intake/", inbox.inbox, name="inbox"),
    path("intake/try-again/", inbox.retry_all, name="retry_all"),
    path("intake/<int:pk>/", inbox.message, name="message"),
    path("intake/<int:pk>/try-again/", inbox.retry, name="retry"),
    path("intake/<int:pk>/drop/", inbox.drop, name="drop"),
    path("intake/<int:pk>/bring-back/", inbox.bring_back, name="bring_back"),
    path("intake/<int:pk>/take/", inbox.take_after_all, name="take_after_all"),
]
