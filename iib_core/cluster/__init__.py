"""Groups of files: topics by what their prompts mean, the graph of their keywords, and plans that
sort files into folders.
"""
