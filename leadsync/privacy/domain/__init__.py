"""When personal data are old enough: pure."""
