"""What the platform would deploy: built by its own command, checked, started, asked.

`python -m dev.bundle` builds a clean copy of the tree and prints a table of its functions. The
checks are pure readings of the built folder, so that they can be tried on small made ones.
"""
