"""Training: data sets, networks, tasks and the loop. PyTorch lives here and in `export`, never in `addon`."""
