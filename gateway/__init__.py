"""The plant's narrow waist: judges facts, batches them upward, relays acknowledgements and commands downward."""
