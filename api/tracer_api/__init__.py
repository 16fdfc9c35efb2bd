"""The web server: it reads the mirror, holds no key, and sends what a phone can check."""
