"""Language models: vectors of prompts, titles of topics, chat.

Everything works without a service, by built-in models.
"""
