"""What changes people, the company and working time; one use case each, called through its module."""
