"""From graph and split files to one trial record."""
