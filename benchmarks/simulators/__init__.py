"""Those who are compared: what they are called with, and the same circuit in each one's own form."""
