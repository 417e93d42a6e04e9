"""Bundles: finished trials and what identifies their data, in a folder that anyone can ship, read and verify."""
