"""Prints the medians of the runs of bench/passthrough (a line of direct, pgbouncer, pgtandem for each round) and the
medians of the ratios within a round: neighbours in time share the machine's mood, so their ratio is steadier."""

import statistics
import sys

with open(sys.argv[1]) as file:
    runs = [tuple(map(float, line.split())) for line in file]
columns = [f"{statistics.median(column):9.0f}" for column in zip(*runs)]
ratios = [f"{statistics.median(run[2] / run[base] for run in runs):9.2f}" for base in (1, 0)]
print(*columns, " ", *ratios)
