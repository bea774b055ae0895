"""What is promised in time, measured. Commands, not tests: a number depends on the machine.

`make bench` runs them all; `python -m benchmarks.<name>` one.
"""
