"""AsyncAPI documents: checking them, comparing them."""
