"""Screens of managers and planners: plant overview and work orders."""
