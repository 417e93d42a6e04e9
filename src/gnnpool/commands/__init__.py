"""The commands of `gnnpool`, one module each: HELP, add (its arguments) and run (its exit status).

The modules import what takes time inside of run, so that `gnnpool --help` starts at once.
"""
