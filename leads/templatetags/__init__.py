"""Panels of leads for the pages of other apps."""
