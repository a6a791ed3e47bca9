"""What the animator can do, one file each; thin: gather the selection, call the rooms below, report."""
