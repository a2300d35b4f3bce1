"""Pure decisions about orders, stock and quality: values in, what happened out."""
