"""What people type about leads and the agreement; the rules themselves are in the services."""
