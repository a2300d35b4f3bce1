"""The server's SQL, one noun a file, with one typed function for each query."""
