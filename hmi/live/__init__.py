"""The live plant inside this process: one model that follows the feed, and everyone who watches it."""
