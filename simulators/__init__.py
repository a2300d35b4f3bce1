"""Machines, scales and a whole plant that speak the real protocols and know the truth."""
