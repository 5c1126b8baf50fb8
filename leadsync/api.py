"""The API's router: every app's viewsets under /api/v1/, the schema beside them."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
