"""HTTP routes: each reads, asks the domain, and answers. No route decides anything itself."""
