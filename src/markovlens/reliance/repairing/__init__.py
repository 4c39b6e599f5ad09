"""Where a network breaks a specification: the words that show it, and a copy that learned them."""
