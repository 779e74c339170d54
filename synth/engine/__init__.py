"""The engine that talks to models: requests, their responses kept for good, pace, order, budget."""
