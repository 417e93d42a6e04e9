"""Bundles: finished trials and what identifies their data, in a folder that can be shipped and verified."""
