"""Checks of the machine, the folders and the configuration, before hours are spent."""
