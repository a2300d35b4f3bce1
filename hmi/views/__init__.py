"""What each screen shows, as plain data: cards in, view model out. Pure."""
