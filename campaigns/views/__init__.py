"""Pages of campaigns and channels."""
