"""What people type about campaigns and channels; the rules themselves are in the services."""
