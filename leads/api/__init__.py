"""Leads and what belongs to them over the API, by subject: serializers beside the views that use them."""
