"""Speed, measured side by side in one process and printed as ratios: the machines are too noisy for absolute times."""
