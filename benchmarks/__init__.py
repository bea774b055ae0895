"""What is promised in time, measured. Commands, not tests: a number depends on the machine.

`python -m benchmarks.detection`, `python -m benchmarks.flags`, `python -m benchmarks.health`,
`python -m benchmarks.imports`, `python -m benchmarks.incidents`,
`python -m benchmarks.redis_commands`, `python -m benchmarks.rollback`.
"""
