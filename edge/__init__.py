"""The edge agent: reads devices, turns raw values into facts, keeps them on disk until the server has committed them."""
