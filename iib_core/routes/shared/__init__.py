"""What several routers use: guards, errors, JSON, bodies, login, jobs and shared models.

Nothing here imports a router.."""
