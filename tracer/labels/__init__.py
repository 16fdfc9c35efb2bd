"""QR codes for tins: symbols, labels, sheets, and a code for the terminal."""
