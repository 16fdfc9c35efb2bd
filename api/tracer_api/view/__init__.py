"""From a passport to the words and shapes of the page; no HTTP and no database here."""
