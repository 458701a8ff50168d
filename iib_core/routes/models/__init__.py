"""Request and answer models of the routers that have many. Plain fields, for pydantic 1 and 2."""
