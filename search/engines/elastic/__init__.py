"""The production engine: Elasticsearch 8.19 or 9. `engine.py` answers; its neighbours help it."""
