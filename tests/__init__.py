"""The tests: sentences about what a user would notice."""
