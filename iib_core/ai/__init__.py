"""What language models are used for: prompts as vectors, titles of topics, chat.

Works with nothing configured, by models of our own.
"""
