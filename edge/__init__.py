"""Reads devices, turns raw values into facts, and keeps them until the server has committed them."""
