"""The HTTP face of Kanta: FastAPI routers over the pipeline and the database."""
