"""The pages by who uses them; each joins a view, a LivePanel and the commands of that screen."""
