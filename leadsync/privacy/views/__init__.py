"""The pages about personal data."""
