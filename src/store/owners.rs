//! Whose papers: the only place with identifiers of owners, as keyed hash and ciphertext.
//!
//! A number belongs to one owner. A name with a birth date or founding year never does: it leads to
//! candidates, among whom a person chooses. Knows nothing of papers.

use jiff::Timestamp;
use unicode_normalization::UnicodeNormalization;

use super::{
    StoreError, Tx,
    keys::{Lookup, Place},
    row::{Columns, micros},
};
use crate::domain::{
    code::OwnerKey,
    ids::{OrganisationId, OwnerId, OwnerNumber},
};

const CIPHERTEXT: &str = "owner_identifier.ciphertext";

/// The owner of that number, made when there is none; for a name, always a new provisional owner.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn find_or_create(tx: &mut Tx, key: &OwnerKey, at: Timestamp) -> Result<OwnerId, StoreError> {
    if let Some(number) = key.number()
        && let Some(owner) = find(tx, number).await?
    {
        return Ok(owner);
    }
    let owner = OwnerId::new();
    sqlx::query("INSERT INTO owner (id, kind, created_at) VALUES ($1, $2, $3)")
        .bind(owner.as_str())
        .bind(nature(key))
        .bind(micros(at))
        .execute(tx.connection())
        .await?;
    if add_identifier(tx, &owner, key, at).await? {
        return Ok(owner);
    }
    // Another transaction brought the same number first; this owner never was.
    sqlx::query("DELETE FROM owner WHERE id = $1").bind(owner.as_str()).execute(tx.connection()).await?;
    let number = key.number().ok_or(StoreError::AlreadyExists)?;
    find(tx, number).await?.ok_or(StoreError::Busy)
}

/// The owner of that number.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn find(tx: &mut Tx, number: &OwnerNumber) -> Result<Option<OwnerId>, StoreError> {
    let lookup = lookup_key(tx, &OwnerKey::Numbered { number: number.clone() });
    let row = sqlx::query("SELECT owner_id FROM owner_identifier WHERE lookup_key = $1 AND is_number = 1")
        .bind(lookup)
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| row.parsed("owner_id")).transpose()
}

/// All owners known by that key: candidates, oldest first, never an answer when it is a name.
///
/// Names are compared without case, and wherever the tone mark is placed (hòa, hoà).
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn find_named(tx: &mut Tx, key: &OwnerKey) -> Result<Vec<OwnerId>, StoreError> {
    let lookup = lookup_key(tx, key);
    let rows =
        sqlx::query("SELECT owner_id FROM owner_identifier WHERE lookup_key = $1 ORDER BY added_at, id")
            .bind(lookup)
            .fetch_all(tx.connection())
            .await?;
    rows.iter().map(|row| row.parsed("owner_id")).collect()
}

/// All keys of an owner, oldest first; empty when there is no such owner.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn keys_of(tx: &mut Tx, owner: &OwnerId) -> Result<Vec<OwnerKey>, StoreError> {
    let rows =
        sqlx::query("SELECT id, ciphertext FROM owner_identifier WHERE owner_id = $1 ORDER BY added_at, id")
            .bind(owner.as_str())
            .fetch_all(tx.connection())
            .await?;
    let keys = tx.keys();
    rows.iter()
        .map(|row| {
            let id = row.text("id")?;
            keys.open_json(Place { column: CIPHERTEXT, row: &id }, &row.text("ciphertext")?)
        })
        .collect()
}

/// False when the key is a number that belongs to somebody already.
async fn add_identifier(
    tx: &mut Tx,
    owner: &OwnerId,
    key: &OwnerKey,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let id = uuid::Uuid::now_v7().to_string();
    let sealed = tx.keys().seal_json(Place { column: CIPHERTEXT, row: &id }, key)?;
    let lookup = lookup_key(tx, key);
    let added = sqlx::query(
        "INSERT INTO owner_identifier (id, owner_id, kind, is_number, lookup_key, ciphertext, added_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (lookup_key) WHERE is_number = 1 DO NOTHING",
    )
    .bind(&id)
    .bind(owner.as_str())
    .bind(kind(key))
    .bind(i64::from(key.number().is_some()))
    .bind(lookup)
    .bind(sealed)
    .bind(micros(at))
    .execute(tx.connection())
    .await?;
    Ok(added.rows_affected() == 1)
}

fn lookup_key(tx: &Tx, key: &OwnerKey) -> String {
    tx.keys().lookup_key(Lookup::Owner, &[kind(key), &canonical(key)])
}

fn nature(key: &OwnerKey) -> &'static str {
    match kind(key) {
        "person12" | "person9" | "name+date" => "person",
        _ => "organisation",
    }
}

fn kind(key: &OwnerKey) -> &'static str {
    match key {
        OwnerKey::Numbered { number } => match number {
            OwnerNumber::Person(_) => "person12",
            OwnerNumber::OldPerson(_) => "person9",
            OwnerNumber::Organisation(OrganisationId::Agency(_)) => "agency",
            OwnerNumber::Organisation(OrganisationId::Tax(_)) => "tax",
        },
        OwnerKey::NamedPerson { .. } => "name+date",
        OwnerKey::NamedOrganisation { .. } => "name+year",
    }
}

/// One text for all ways of writing the same key.
fn canonical(key: &OwnerKey) -> String {
    match key {
        OwnerKey::Numbered { number } => canonical_number(number),
        OwnerKey::NamedPerson { name, born } => format!("{} {born}", folded(name.as_str())),
        OwnerKey::NamedOrganisation { name, founded } => format!("{} {founded}", folded(name.as_str())),
    }
}

/// One text for both directions of writing an agency; others have one form.
pub(super) fn canonical_number(number: &OwnerNumber) -> String {
    match number {
        OwnerNumber::Organisation(id) => id.canonical(),
        person => person.as_str().to_owned(),
    }
}

/// Lower case, with the tone of each syllable behind it: where it was placed no longer matters.
fn folded(name: &str) -> String {
    let syllable = |text: &str| {
        let is_tone = |c: &char| matches!(c, '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}');
        let (tones, letters): (String, String) = text.to_lowercase().nfd().partition(is_tone);
        letters + &tones
    };
    name.split_whitespace().map(syllable).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_wherever_its_tone_is_placed() {
        for (a, b, same) in [
            ("Nguyễn Hòa", "NGUYỄN HOÀ", true),
            ("Trần Thúy", "Trần Thuý", true),
            ("Đỗ Ấm", "Đỗ Ầm", false),
            ("Đỗ Âm", "Đỗ Am", false),
            ("Dỗ Ấm", "Đỗ Ấm", false),
            ("Lê Hoa", "Lê Hòa", false),
        ] {
            assert_eq!(folded(a) == folded(b), same, "{a} / {b}");
        }
    }
}
