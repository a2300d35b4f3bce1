"""What people and machines can have done: one verb a file, one transaction each."""
