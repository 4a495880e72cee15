"""Side-by-side benchmarks: `make bench` prints them and writes `.leadline/bench.json`.

Timings on shared machines are noisy: compare ratios of one run, never numbers of two.
"""
