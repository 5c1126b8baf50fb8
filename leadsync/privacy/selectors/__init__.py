"""What is known about one person, and what is to be erased."""
