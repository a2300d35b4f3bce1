"""What makes a plant's bus safe: its certificate authority, and the broker's accounts, rules and settings."""
