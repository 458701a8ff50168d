"""Searches: the query language and its fields, criteria as values, results and snapshots."""
