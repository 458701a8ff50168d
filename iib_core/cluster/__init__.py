"""Groups of files: topics by the meaning of their prompts, the graph of their keywords, and plans
that sort files into folders.
"""
