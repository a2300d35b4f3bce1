"""Screens of the operator: Run and the job queue."""
