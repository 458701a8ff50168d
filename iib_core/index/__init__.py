"""The index: keeps the rows of the database in sync with the files on the disk."""
