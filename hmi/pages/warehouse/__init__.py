"""Screens of the warehouse: line-side stock and calls."""
