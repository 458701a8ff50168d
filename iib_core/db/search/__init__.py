"""The search engine: criteria become SQL, a planner chooses how it is run, and texts are rechecked."""
