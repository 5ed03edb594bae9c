"""From requirements to all keys that satisfy them: equations between key bits, and the space they leave."""
