"""From tidy tables to pictures, one kind of figure per file."""
