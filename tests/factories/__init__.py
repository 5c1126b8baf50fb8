"""Objects for tests, one module per app. `from tests.factories.accounts import person`."""
