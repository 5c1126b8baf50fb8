"""What pages of campaigns and channels need to know."""
