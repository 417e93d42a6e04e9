"""One reader for each form in which structures come."""
