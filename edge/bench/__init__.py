"""What an engineer does at the bench: check files, look into a device once, walk its nodes, record and replay it."""
