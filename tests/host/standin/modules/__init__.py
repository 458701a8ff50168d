"""What of the WebUI's ``modules`` an extension sees, written anew for the tests.

Everything below it (gradio, fastapi, ...) is real.
"""
