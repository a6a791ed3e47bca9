"""What the animator sees: panels and menus. They show and ask; the work is the operators'."""
