"""The library for agents over the Model Context Protocol. Its package is imported by ``iib mcp``
only.
"""
