"""Browser components: one LivePanel a screen, fed with compact messages; structure and commands only."""
