"""The HTTP words of the server: what its API takes and gives, and what the feed carries. Pure."""
