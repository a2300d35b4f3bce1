"""The HTTP door: one router for each noun, refusals as problem details."""
