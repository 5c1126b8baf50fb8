"""Pages of kpi."""
