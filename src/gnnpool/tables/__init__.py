"""From trial records to printed tables, one kind of table per file."""
