"""The words that the server speaks over HTTP with its screens."""
