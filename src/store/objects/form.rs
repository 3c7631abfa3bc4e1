//! How an object lies in the store: sealed. Pure: bytes in, bytes out; nothing depends on where they lie.
//!
//! ```text
//! magic 8 · form 1 · number of the master key 4 · nonce 24 · envelope 88      the header, HEADER_BYTES
//! piece · tag 16 · piece · tag 16 · …                                         the content
//! ```
//! The envelope (XChaCha20-Poly1305 by the master key, bound to what stands before it) holds the key of this object
//! alone, the BLAKE3 of its plain bytes and their length. The content is AES-256-GCM by that key in pieces of
//! [`PIECE_BYTES`], the last one shorter, none left out: the nonce of a piece is its place and whether it is the last
//! (STREAM, Hoang et al. 2015). So a piece can be opened without the others, and one that is missing, moved, doubled
//! or another object's opens nowhere. A key that seals one object needs no random nonces.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use openssl::{
    cipher::Cipher,
    cipher_ctx::{CipherCtx, CipherCtxRef},
    error::ErrorStack,
};

use crate::{
    domain::ids::ContentHash,
    store::{StoreError, keys::Keys},
};

const MAGIC: &[u8; 8] = b"\x89sohoa\r\n";
const FORM: u8 = 1;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
const KEY_BYTES: usize = 32;
const HASH_BYTES: usize = 32;
/// What the envelope is bound to.
const BOUND_BYTES: usize = MAGIC.len() + 1 + 4;
const ENVELOPE_BYTES: usize = KEY_BYTES + HASH_BYTES + 8 + TAG_BYTES;
/// Length of the header.
pub(super) const HEADER_BYTES: usize = BOUND_BYTES + NONCE_BYTES + ENVELOPE_BYTES;
/// Plain bytes of a piece: a range costs at most two of them more.
const PIECE_BYTES: usize = 64 << 10;

const DAMAGED: StoreError = StoreError::Corrupt { what: "an object" };

/// What the envelope of an object holds.
pub(super) struct Envelope {
    key: [u8; KEY_BYTES],
    /// Of the plain bytes.
    pub hash: ContentHash,
    n_bytes: u64,
}

/// The number of the master key under which these first bytes of an object stand; `None` when it lies in clear.
pub(super) fn master_of(header: &[u8]) -> Option<u32> {
    let rest = header.strip_prefix(MAGIC)?.strip_prefix(&[FORM])?;
    if header.len() < HEADER_BYTES {
        return None;
    }
    Some(u32::from_be_bytes(*rest.first_chunk()?))
}

/// `plain`, whose BLAKE3 is `hash`, sealed by a key of its own.
///
/// # Errors
/// [`StoreError::NoRandomness`].
pub(super) fn seal(keys: &Keys, hash: &ContentHash, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    seal_in(PIECE_BYTES, keys, hash, plain)
}

/// The plain bytes of `sealed`, which must be those of `hash`.
///
/// # Errors
/// [`StoreError::Corrupt`], [`StoreError::KeyMissing`].
pub(super) fn open(keys: &Keys, hash: &ContentHash, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
    open_in(PIECE_BYTES, keys, hash, sealed)
}

/// Puts the envelope of `sealed` under the master key that seals; its content stays as it is.
///
/// # Errors
/// As [`open()`].
pub(super) fn rewrap(keys: &Keys, sealed: &mut [u8]) -> Result<(), StoreError> {
    let envelope = envelope_of(keys, sealed)?;
    let header = header_of(keys, &envelope)?;
    sealed.get_mut(..HEADER_BYTES).ok_or(DAMAGED)?.copy_from_slice(&header);
    Ok(())
}

/// Opens the envelope in the first bytes of an object.
///
/// # Errors
/// As [`open()`].
pub(super) fn envelope_of(keys: &Keys, sealed: &[u8]) -> Result<Envelope, StoreError> {
    let master = master_of(sealed).ok_or(DAMAGED)?;
    let (bound, rest) = sealed.split_at(BOUND_BYTES);
    let (nonce, rest) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(DAMAGED)?;
    let envelope = rest.get(..ENVELOPE_BYTES).ok_or(DAMAGED)?;
    let plain = XChaCha20Poly1305::new(&keys.wrapping(master)?.into())
        .decrypt(&XNonce::from(*nonce), Payload { msg: envelope, aad: bound })
        .map_err(|_| DAMAGED)?;
    let (key, rest) = plain.split_first_chunk::<KEY_BYTES>().ok_or(DAMAGED)?;
    let (hash, rest) = rest.split_first_chunk::<HASH_BYTES>().ok_or(DAMAGED)?;
    let n_bytes = u64::from_be_bytes(rest.try_into().map_err(|_| DAMAGED)?);
    let hash: String = blake3::Hash::from_bytes(*hash).to_hex().to_string();
    let hash = ContentHash::parse(&hash).map_err(|_| DAMAGED)?;
    Ok(Envelope { key: *key, hash, n_bytes })
}

fn header_of(keys: &Keys, envelope: &Envelope) -> Result<Vec<u8>, StoreError> {
    let master = keys.active();
    let mut header = Vec::with_capacity(HEADER_BYTES);
    header.extend_from_slice(MAGIC);
    header.push(FORM);
    header.extend_from_slice(&master.to_be_bytes());
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|_| StoreError::NoRandomness)?;
    let mut plain = envelope.key.to_vec();
    plain.extend_from_slice(blake3::Hash::from_hex(envelope.hash.as_str()).map_err(|_| DAMAGED)?.as_bytes());
    plain.extend_from_slice(&envelope.n_bytes.to_be_bytes());
    let sealed = XChaCha20Poly1305::new(&keys.wrapping(master)?.into())
        .encrypt(&XNonce::from(nonce), Payload { msg: &plain, aad: &header })
        .map_err(|_| DAMAGED)?;
    header.extend_from_slice(&nonce);
    header.extend_from_slice(&sealed);
    Ok(header)
}

fn seal_in(piece: usize, keys: &Keys, hash: &ContentHash, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(|_| StoreError::NoRandomness)?;
    let mut sealed = header_of(keys, &Envelope { key, hash: hash.clone(), n_bytes: plain.len() as u64 })?;
    sealed.reserve_exact(plain.len() + n_pieces(piece, plain.len()) * TAG_BYTES);
    seal_pieces(piece, &key, plain, &mut sealed)
        .map_err(|_| StoreError::Corrupt { what: "the library that seals objects" })?;
    Ok(sealed)
}

fn seal_pieces(piece: usize, key: &[u8], plain: &[u8], sealed: &mut Vec<u8>) -> Result<(), ErrorStack> {
    let mut cipher = CipherCtx::new()?;
    cipher.encrypt_init(Some(Cipher::aes_256_gcm()), Some(key), None)?;
    let n_pieces = n_pieces(piece, plain.len());
    for place in 0..n_pieces {
        let bytes = &plain[place * piece..plain.len().min((place + 1) * piece)];
        cipher.encrypt_init(None, None, Some(&nonce_of(place, place + 1 == n_pieces)))?;
        let start = sealed.len();
        sealed.extend_from_slice(bytes);
        run(&mut cipher, &mut sealed[start..])?;
        let mut tag = [0; TAG_BYTES];
        cipher.tag(&mut tag)?;
        sealed.extend_from_slice(&tag);
    }
    Ok(())
}

fn open_in(piece: usize, keys: &Keys, hash: &ContentHash, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
    let envelope = envelope_of(keys, sealed)?;
    let content = &sealed[HEADER_BYTES..];
    let n_bytes = usize::try_from(envelope.n_bytes).map_err(|_| DAMAGED)?;
    let tags = n_pieces(piece, n_bytes).checked_mul(TAG_BYTES);
    if envelope.hash != *hash || tags.and_then(|tags| tags.checked_add(n_bytes)) != Some(content.len()) {
        return Err(DAMAGED);
    }
    let plain = open_pieces(piece, &envelope.key, content, n_bytes).map_err(|_| DAMAGED)?;
    if ContentHash::of(&plain) == *hash { Ok(plain) } else { Err(DAMAGED) }
}

/// `content` has the length that `n_bytes` need.
fn open_pieces(piece: usize, key: &[u8], content: &[u8], n_bytes: usize) -> Result<Vec<u8>, ErrorStack> {
    let mut plain = Vec::with_capacity(n_bytes);
    let mut cipher = CipherCtx::new()?;
    cipher.decrypt_init(Some(Cipher::aes_256_gcm()), Some(key), None)?;
    let n_pieces = n_pieces(piece, n_bytes);
    for (place, sealed) in content.chunks(piece + TAG_BYTES).enumerate() {
        let (bytes, tag) = sealed.split_at(sealed.len() - TAG_BYTES);
        cipher.decrypt_init(None, None, Some(&nonce_of(place, place + 1 == n_pieces)))?;
        cipher.set_tag(tag)?;
        let start = plain.len();
        plain.extend_from_slice(bytes);
        run(&mut cipher, &mut plain[start..])?;
    }
    Ok(plain)
}

/// Seals or opens `bytes` where they are; an error is a tag that does not fit.
fn run(cipher: &mut CipherCtxRef, bytes: &mut [u8]) -> Result<(), ErrorStack> {
    if !bytes.is_empty() {
        cipher.cipher_update_inplace(bytes, bytes.len())?;
    }
    cipher.cipher_final(&mut []).map(drop)
}

/// Nothing at all is one piece without bytes.
fn n_pieces(piece: usize, n_bytes: usize) -> usize {
    n_bytes.div_ceil(piece).max(1)
}

fn nonce_of(place: usize, is_last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&(place as u64).to_be_bytes());
    nonce[11] = u8::from(is_last);
    nonce
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Small pieces, so that every byte and every border can be tried.
    const PIECE: usize = 32;

    fn sealed(keys: &Keys, plain: &[u8]) -> (ContentHash, Vec<u8>) {
        let hash = ContentHash::of(plain);
        let sealed = seal_in(PIECE, keys, &hash, plain).unwrap();
        (hash, sealed)
    }

    fn bytes(n: usize) -> Vec<u8> {
        (0..n).map(|i| (i * 31 % 251) as u8).collect()
    }

    #[test]
    fn what_was_sealed_opens_at_every_length() {
        let keys = Keys::ephemeral().unwrap();
        for n in (0..=4 * PIECE + 1).chain([1000]) {
            let plain = bytes(n);
            let (hash, object) = sealed(&keys, &plain);
            assert_eq!(open_in(PIECE, &keys, &hash, &object).unwrap(), plain, "{n}");
            assert_eq!(object.len(), HEADER_BYTES + n + n.div_ceil(PIECE).max(1) * TAG_BYTES);
            assert_eq!(master_of(&object[..HEADER_BYTES]), Some(1));
            assert_eq!(envelope_of(&keys, &object[..HEADER_BYTES]).unwrap().hash, hash);
            let shown = |part: &[u8]| n >= 8 && object.windows(part.len()).any(|window| window == part);
            assert!(!shown(&plain[..n.min(8)]), "{n}: plain bytes are seen");
        }
        // And with the pieces that are written.
        for n in [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES] {
            let plain = bytes(n);
            let hash = ContentHash::of(&plain);
            let object = seal(&keys, &hash, &plain).unwrap();
            assert_eq!(open(&keys, &hash, &object).unwrap(), plain, "{n}");
        }
    }

    #[test]
    fn the_same_bytes_are_never_sealed_alike() {
        let keys = Keys::ephemeral().unwrap();
        let (one, two) = (sealed(&keys, &[0; 100]).1, sealed(&keys, &[0; 100]).1);
        assert_ne!(one[HEADER_BYTES..HEADER_BYTES + PIECE], two[HEADER_BYTES..HEADER_BYTES + PIECE]);
        let piece = |n: usize| &one[HEADER_BYTES + n * (PIECE + TAG_BYTES)..][..PIECE];
        assert_ne!(piece(0), piece(1));
    }

    #[test]
    fn whatever_was_done_to_an_object_is_told() {
        let keys = Keys::ephemeral().unwrap();
        let plain = bytes(3 * PIECE + 5);
        let (hash, object) = sealed(&keys, &plain);
        let check = |what: &str, altered: &[u8]| match open_in(PIECE, &keys, &hash, altered) {
            Err(StoreError::Corrupt { .. } | StoreError::KeyMissing { .. }) => {}
            other => panic!("{what}: {other:?}"),
        };
        for place in 0..object.len() {
            for bit in [1, 0x80] {
                let mut altered = object.clone();
                altered[place] ^= bit;
                check(&format!("byte {place}"), &altered);
            }
            check(&format!("cut at {place}"), &object[..place]);
        }
        let piece = |n: usize| {
            let start = HEADER_BYTES + n * (PIECE + TAG_BYTES);
            start..(start + PIECE + TAG_BYTES).min(object.len())
        };
        let put = |pieces: &[&[u8]]| [&object[..HEADER_BYTES], &pieces.concat()].concat();
        let [first, second, third, last] = [0, 1, 2, 3].map(|n| &object[piece(n)]);
        check("two swapped", &put(&[second, first, third, last]));
        check("one left out", &put(&[first, third, last]));
        check("one doubled", &put(&[first, first, second, third, last]));
        check("one in the place of another", &put(&[first, first, third, last]));
        check("more behind it", &put(&[first, second, third, last, last]));
        check("one byte more", &[&object[..], b"0"].concat());
        check("nothing", b"");

        // Parts of another object, and of the same bytes sealed another time.
        for other in [sealed(&keys, &bytes(3 * PIECE + 6)).1, sealed(&keys, &plain).1] {
            check("another's piece", &put(&[first, &other[piece(1)], third, last]));
            check("another's header", &[&other[..HEADER_BYTES], &object[HEADER_BYTES..]].concat());
        }
        let (other_hash, other) = sealed(&keys, &bytes(7));
        check("another object", &other);
        assert!(open_in(PIECE, &keys, &other_hash, &other).is_ok());
        // Of a length that ends with a piece: the last piece taken away leaves whole ones.
        let (hash, object) = sealed(&keys, &bytes(2 * PIECE));
        let cut = &object[..object.len() - PIECE - TAG_BYTES];
        assert!(open_in(PIECE, &keys, &hash, cut).is_err());
    }

    #[test]
    fn only_the_keys_it_was_sealed_with_open_it_and_clear_bytes_are_no_object() {
        let keys = Keys::ephemeral().unwrap();
        let (hash, object) = sealed(&keys, b"abc");
        let other = open_in(PIECE, &Keys::ephemeral().unwrap(), &hash, &object);
        assert!(matches!(other, Err(StoreError::Corrupt { .. })));
        for clear in [&b"abc"[..], b"", b"%PDF-1.7", &object[..HEADER_BYTES - 1]] {
            assert_eq!(master_of(clear), None);
            assert!(matches!(open(&keys, &hash, clear), Err(StoreError::Corrupt { .. })));
        }
    }

    #[test]
    fn the_envelope_goes_to_the_newest_key_and_the_content_stays() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open_or_create(&folder.path().join("keys")).unwrap();
        let (hash, mut object) = sealed(&keys, b"abc");
        let before = object.clone();
        keys.add_to_file(2).unwrap();
        keys.settle(2, Default::default());
        rewrap(&keys, &mut object).unwrap();
        assert_eq!((master_of(&before), master_of(&object)), (Some(1), Some(2)));
        assert_eq!(before[HEADER_BYTES..], object[HEADER_BYTES..]);
        keys.drop_from_file(1).unwrap();
        assert_eq!(open_in(PIECE, &keys, &hash, &object).unwrap(), b"abc");
        assert!(matches!(open_in(PIECE, &keys, &hash, &before), Err(StoreError::KeyMissing { id: 1 })));
    }
}
