"""Speed, measured as ratios side by side in one run. Each module prints one JSON object on its last line."""
