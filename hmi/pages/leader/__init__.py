"""Screens of team leaders: what waits for somebody's judgement."""
