"""From trial records to tables."""
