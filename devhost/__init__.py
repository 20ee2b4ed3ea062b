"""Runs an Azure Functions app on one machine: PostgreSQL, Azurite and the triggers of `function_app.py`."""
