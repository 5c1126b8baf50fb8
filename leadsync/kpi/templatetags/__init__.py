"""Blocks of kpi that stand on pages."""
