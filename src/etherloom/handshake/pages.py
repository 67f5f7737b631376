"""What a browser (or a stock client that looks before it speaks) gets from the port. Our own wording."""

from typing import Final

# Stock clients only talk to servers whose front page has these characters within its first 1,000 bytes
# (reference: session protocol, section 2.0).
MARKER: Final = "9C37197CA7C2428388C2E6E59B829B30"
HTML_TYPE: Final = "text/html; charset=utf-8"

_SENTENCES: Final = {
    403: "This request isn't allowed here.",
    404: "There is no such page.",
    501: "This server doesn't know that method.",
}


def front_page() -> bytes:
    """The page at the root."""
    return (
        f"<!doctype html>\n<!-- {MARKER} -->\n"
        '<html lang="en"><head><title>Etherloom</title></head>\n'
        "<body><h1>Etherloom</h1><p>A VPN server answers on this port.</p></body></html>\n"
    ).encode()


def error_page(status: int) -> bytes:
    """The page for a request that isn't served."""
    sentence = _SENTENCES[status]
    return (
        f'<!doctype html>\n<html lang="en"><head><title>{status}</title></head>\n'
        f"<body><h1>{status}</h1><p>{sentence}</p></body></html>\n"
    ).encode()
