"""Benchmarks: figures as ratios that are measured in one run, so that they hold on any machine."""
