"""Pages of settings, and the way in."""
