"""Pictures of crystals, and of what their atoms contribute."""
