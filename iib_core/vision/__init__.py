"""What is in pictures, as models see it that run here: vectors of pictures and of words."""
