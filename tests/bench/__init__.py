"""`make bench`: how fast LeadSync is, as ratios to the least that any solution would have to do. See docs/testing.md."""
