"""The panel in a real window: an animator's five minutes, clicked through, with screenshots to look at."""
