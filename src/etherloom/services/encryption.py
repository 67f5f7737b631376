"""How peers must protect their connections: the ciphers and the TLS versions that the server accepts.

The certificate is another matter (see certificates); which cipher is the fastest, the engine's.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from etherloom.state import keys
from etherloom.state.changes import Operation, Origin, Put
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot


async def set_encryption(
    owner: Owner, ciphers: Sequence[str] | None, tls_minimum: str | None, origin: Origin
) -> None:
    """Change what is given. No ciphers means all of them, the fastest first."""

    def derive(snapshot: Snapshot) -> Sequence[Operation]:
        settings: Final = snapshot.server
        changed = replace(
            settings,
            ciphers=settings.ciphers if ciphers is None else tuple(name.upper() for name in ciphers),
            tls_minimum=settings.tls_minimum if tls_minimum is None else tls_minimum,
        )
        return [Put(keys.SERVER_SETTINGS, changed)]

    await owner.apply(derive, origin)
