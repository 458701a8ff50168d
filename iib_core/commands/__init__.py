"""The commands of ``iib``, a module a group: each adds its commands to the parser."""
