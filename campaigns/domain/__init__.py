"""Decisions about campaigns, without a framework."""
