"""The index: what is on the disk, kept in step with the rows of the database."""
