"""Blobs, queues and the short-lived links to blobs. The only room that knows the Azure SDK."""
