"""Pure rules of people and working time."""
