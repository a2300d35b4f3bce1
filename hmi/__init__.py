"""The plant's screens: terminals and boards that hold no business rule."""
