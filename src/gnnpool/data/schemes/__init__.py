"""Split schemes that hold out what is unlike the training structures: one module each, with ``hold_out``.

``hold_out(crystals, *, seed, share, ...)`` returns :class:`gnnpool.data.held_out.HeldOut`: the structures to
test. :func:`gnnpool.data.splits.make_split` divides the others at random into training and validation.
"""
