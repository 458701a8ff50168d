"""The image library's pure-Python core: no web host, no gradio."""

__version__ = "0.1.0"
