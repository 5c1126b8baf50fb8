"""Use cases of leads: one call, one transaction, state and event and notice and touch together."""
