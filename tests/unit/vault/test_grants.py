"""Whoever has a grant opens that document at home; nobody else does, and no other document."""

import io
from pathlib import Path

import pytest
from vaults import CUSTOMS, OWNER, VaultWorld, doc_id_of, some_bytes

from tracer.errors import DamagedDocumentError, InputError, NotFoundError, VerificationError
from tracer.vault.container import ContainerName
from tracer.vault.grants import SEALED_BYTES, Grant, seal_dek, unseal_dek
from tracer.vault.opening import create_recipient_key, open_container, open_recipient_key
from tracer.vault.vault import PART_FILE, PART_VIEW

PAPER = some_bytes(100_000, seed=2)
PURPOSE = "customs clearance"


@pytest.fixture
def keys(tmp_path: Path) -> list[tuple[bytes, bytes]]:
    """Two recipients: customs, and somebody else."""
    made = [create_recipient_key(tmp_path / f"{name}.json", "p", light=True) for name in ("a", "b")]
    return [(key.private, key.public) for key in made]


def grant(world: VaultWorld, public_key: bytes, number: int = 1, valid_s: int = 60) -> Grant:
    return world.vault.grant(
        doc_id_of(number),
        grantee=CUSTOMS,
        public_key=public_key,
        expires_at_unix=world.now_unix + valid_s,
        purpose=PURPOSE,
    )


def open_at_home(
    world: VaultWorld, sealed: bytes | None, private: bytes, number: int = 1, part: str = PART_FILE
) -> bytes:
    """What customs does with the container that the vault sends."""
    assert sealed is not None
    container = io.BytesIO(b"".join(world.vault.container(doc_id_of(number), part)))
    name = ContainerName(doc_id_of(number), OWNER, part)
    return b"".join(open_container(container, name, sealed, private))


class TestGrant:
    def test_opens_every_part_at_home(
        self, world: VaultWorld, keys: list[tuple[bytes, bytes]]
    ) -> None:
        world.put(1, PAPER)
        (private, public), _ = keys
        made = grant(world, public)
        assert len(made.sealed_dek or b"") == SEALED_BYTES
        world.put(1, b"{}", PART_VIEW)
        assert open_at_home(world, made.sealed_dek, private) == PAPER
        assert open_at_home(world, made.sealed_dek, private, part=PART_VIEW) == b"{}"

    def test_opens_for_nobody_else_and_nothing_else(
        self, world: VaultWorld, keys: list[tuple[bytes, bytes]]
    ) -> None:
        world.put(1, PAPER)
        world.put(2, PAPER)
        (private, public), (other_private, _) = keys
        made = grant(world, public)
        with pytest.raises(VerificationError, match="another recipient"):
            open_at_home(world, made.sealed_dek, other_private)
        with pytest.raises(VerificationError, match="another recipient"):
            open_at_home(world, made.sealed_dek, private, number=2)
        assert made.sealed_dek is not None
        dek = unseal_dek(made.sealed_dek, doc_id_of(1), private)
        with pytest.raises(DamagedDocumentError):
            open_at_home(world, seal_dek(dek, doc_id_of(2), public), private, number=2)

    def test_no_bit_of_a_sealed_key_can_be_flipped(self, keys: list[tuple[bytes, bytes]]) -> None:
        (private, public), _ = keys
        sealed = seal_dek(bytes(32), doc_id_of(1), public)
        for at in range(len(sealed)):
            damaged = bytearray(sealed)
            damaged[at] ^= 1
            with pytest.raises(VerificationError):
                unseal_dek(bytes(damaged), doc_id_of(1), private)

    def test_is_listed_for_the_grantee_until_it_ends(
        self, world: VaultWorld, keys: list[tuple[bytes, bytes]]
    ) -> None:
        world.put(1, PAPER)
        world.put(2, PAPER)
        first, second = grant(world, keys[0][1]), grant(world, keys[0][1], 2, valid_s=10)

        def listed() -> list[str]:
            return [it.doc_id for it in world.vault.list_documents(grantee=CUSTOMS)]

        assert listed() == [doc_id_of(1), doc_id_of(2)]
        world.now_unix += 10
        assert listed() == [doc_id_of(1)]
        assert not second.is_live(world.now_unix)
        world.vault.revoke_grant(doc_id_of(1), first.grant_id)
        world.vault.revoke_grant(doc_id_of(1), first.grant_id)
        assert listed() == []
        (kept,) = world.vault.grants(doc_id_of(1))
        assert (kept.sealed_dek, kept.revoked_at_unix) == (None, world.now_unix)
        assert not kept.is_live(world.now_unix)
        assert "sealed" not in str(kept.to_json())

    def test_is_gone_with_the_document(
        self, world: VaultWorld, keys: list[tuple[bytes, bytes]]
    ) -> None:
        world.put(1, PAPER)
        grant(world, keys[0][1])
        world.vault.erase(doc_id_of(1))
        assert [it.sealed_dek for it in world.vault.grants(doc_id_of(1))] == [None]
        with pytest.raises(NotFoundError):
            grant(world, keys[0][1])

    @pytest.mark.parametrize("public_key", [b"", b"short", bytes(32)])
    def test_an_unusable_key_is_refused(self, world: VaultWorld, public_key: bytes) -> None:
        world.put(1, PAPER)
        with pytest.raises(InputError, match="X25519"):
            grant(world, public_key)
        assert world.vault.grants(doc_id_of(1)) == []

    @pytest.mark.parametrize("valid_s", [0, -1])
    def test_one_that_has_ended_is_refused(
        self, world: VaultWorld, keys: list[tuple[bytes, bytes]], valid_s: int
    ) -> None:
        world.put(1, PAPER)
        with pytest.raises(InputError, match="expired"):
            grant(world, keys[0][1], valid_s=valid_s)

    @pytest.mark.parametrize("purpose", ["", "  ", "x" * 201])
    def test_says_what_it_is_for(
        self, world: VaultWorld, keys: list[tuple[bytes, bytes]], purpose: str
    ) -> None:
        world.put(1, PAPER)
        with pytest.raises(InputError, match="purpose"):
            world.vault.grant(
                doc_id_of(1),
                grantee=CUSTOMS,
                public_key=keys[0][1],
                expires_at_unix=world.now_unix + 1,
                purpose=purpose,
            )

    def test_one_that_never_was_is_not_found(self, world: VaultWorld) -> None:
        world.put(1, PAPER)
        with pytest.raises(NotFoundError):
            world.vault.revoke_grant(doc_id_of(1), "0" * 32)


class TestRecipientKey:
    def test_is_kept_behind_a_passphrase(self, tmp_path: Path) -> None:
        made = create_recipient_key(tmp_path / "key.json", "p", light=True)
        assert open_recipient_key(tmp_path / "key.json", "p") == made
