"""What pages and services ask about leads, each with a fixed number of queries."""
