"""What a device says and means, and which equipment has which device: YAML and its strict loader."""
