"""What pictures and videos show: files that look alike, duplicates, and how they are resolved."""
