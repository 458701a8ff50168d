"""Search as people type it: a small language and the table of its fields."""
