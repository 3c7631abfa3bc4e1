//! Whose papers: the only place with identifiers of owners, as keyed hash and ciphertext.
//!
//! A number belongs to one owner. A name with a birth date or founding year never does: it leads to
//! candidates, among whom a person chooses. Knows nothing of papers.

use jiff::Timestamp;
use unicode_normalization::UnicodeNormalization;

use super::{
    Keys, NewRow, StoreError, Tx,
    keys::{Lookup, Place},
    row::{Columns, micros},
};
use crate::domain::{
    code::OwnerKey,
    ids::{OrganisationId, OwnerId, OwnerNumber},
    owner::Profile,
};

const CIPHERTEXT: &str = "owner_identifier.ciphertext";
const PROFILE: &str = "owner.profile_sealed";
/// Mergers that are followed at most: each is an act of a person.
const MOST_MERGERS: usize = 64;

/// A number or name by which an owner is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifier {
    /// Row id, opaque.
    pub id: String,
    /// The number or name.
    pub key: OwnerKey,
    /// Since when.
    pub added_at: Timestamp,
}

/// Who that owner is today: another one, where the two were found to be one; `None` when there never was one.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn current(tx: &mut Tx, owner: &OwnerId) -> Result<Option<OwnerId>, StoreError> {
    let mut here = owner.clone();
    for _ in 0..MOST_MERGERS {
        let row = sqlx::query("SELECT merged_into FROM owner WHERE id = $1")
            .bind(here.as_str())
            .fetch_optional(tx.connection())
            .await?;
        let Some(row) = row else { return Ok(None) };
        match row.parsed_opt("merged_into")? {
            Some(next) => here = next,
            None => return Ok(Some(here)),
        }
    }
    Err(StoreError::Corrupt { what: "owner.merged_into" })
}

/// As [`current`], and keeps others from merging or splitting him until the transaction ends.
///
/// # Errors
/// [`StoreError::Missing`] when there never was one; those of the database.
pub async fn hold(tx: &mut Tx, owner: &OwnerId) -> Result<OwnerId, StoreError> {
    let mut here = owner.clone();
    for _ in 0..MOST_MERGERS {
        // The write is the lock: SELECT FOR UPDATE is not known everywhere.
        let row = sqlx::query("UPDATE owner SET kind = kind WHERE id = $1 RETURNING merged_into")
            .bind(here.as_str())
            .fetch_optional(tx.connection())
            .await?;
        let row = row.ok_or(StoreError::Missing { what: "an owner" })?;
        match row.parsed_opt("merged_into")? {
            Some(next) => here = next,
            None => return Ok(here),
        }
    }
    Err(StoreError::Corrupt { what: "owner.merged_into" })
}

/// The owner and all who were found to be him, himself first.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn all_of(tx: &mut Tx, owner: &OwnerId) -> Result<Vec<OwnerId>, StoreError> {
    let mut all = vec![owner.clone()];
    let mut next = 0;
    while let Some(into) = all.get(next).cloned() {
        let rows = sqlx::query("SELECT id FROM owner WHERE merged_into = $1 ORDER BY created_at, id")
            .bind(into.as_str())
            .fetch_all(tx.connection())
            .await?;
        for row in rows {
            let id = row.parsed("id")?;
            if !all.contains(&id) {
                all.push(id);
            }
        }
        next += 1;
    }
    Ok(all)
}

/// A new owner without keys, of the kind of `like`.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn insert_like(tx: &mut Tx, like: &OwnerId, at: Timestamp) -> Result<OwnerId, StoreError> {
    let owner = OwnerId::new();
    sqlx::query(
        "INSERT INTO owner (id, kind, created_at) SELECT $1, kind, CAST($2 AS BIGINT) FROM owner WHERE id = $3",
    )
    .bind(owner.as_str())
    .bind(micros(at))
    .bind(like.as_str())
    .execute(tx.connection())
    .await?;
    Ok(owner)
}

/// `person` or `organisation`.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn kind_of(tx: &mut Tx, owner: &OwnerId) -> Result<String, StoreError> {
    let row = sqlx::query("SELECT kind FROM owner WHERE id = $1").bind(owner.as_str());
    row.fetch_one(tx.connection()).await?.text("kind")
}

/// What is known of an owner beside his keys.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn profile(tx: &mut Tx, owner: &OwnerId) -> Result<Profile, StoreError> {
    let row = sqlx::query("SELECT profile_sealed FROM owner WHERE id = $1")
        .bind(owner.as_str())
        .fetch_optional(tx.connection())
        .await?;
    let sealed = match row {
        Some(row) => row.text_opt("profile_sealed")?,
        None => None,
    };
    let place = Place { column: PROFILE, row: owner.as_str() };
    sealed.map_or_else(|| Ok(Profile::default()), |sealed| tx.keys().open_json(place, &sealed))
}

/// Keeps what is known of an owner, in the place of what was said before.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn describe(tx: &mut Tx, owner: &OwnerId, profile: &Profile) -> Result<(), StoreError> {
    let sealed = tx.keys().seal_json(Place { column: PROFILE, row: owner.as_str() }, profile)?;
    sqlx::query("UPDATE owner SET profile_sealed = $1 WHERE id = $2")
        .bind(sealed)
        .bind(owner.as_str())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// The identifiers of an owner, oldest first.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn identifiers(tx: &mut Tx, owner: &OwnerId) -> Result<Vec<Identifier>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, ciphertext, added_at FROM owner_identifier WHERE owner_id = $1 ORDER BY added_at, id",
    )
    .bind(owner.as_str())
    .fetch_all(tx.connection())
    .await?;
    let keys = tx.keys();
    rows.iter()
        .map(|row| {
            let id = row.text("id")?;
            let key = keys.open_json(Place { column: CIPHERTEXT, row: &id }, &row.text("ciphertext")?)?;
            Ok(Identifier { key, added_at: row.at("added_at")?, id })
        })
        .collect()
}

/// Takes identifiers away that were added by an act that is taken back.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn forget_identifiers(tx: &mut Tx, ids: &[String]) -> Result<(), StoreError> {
    for id in ids {
        sqlx::query("DELETE FROM owner_identifier WHERE id = $1").bind(id).execute(tx.connection()).await?;
    }
    Ok(())
}

/// The owner of that number, made when there is none; for a name, always a new provisional owner.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn find_or_create(tx: &mut Tx, key: &OwnerKey, at: Timestamp) -> Result<OwnerId, StoreError> {
    if let Some(number) = key.number()
        && find(tx, number).await?.is_some()
    {
        return held(tx, number).await;
    }
    let owner = OwnerId::new();
    new_row(&owner, key, at).insert(tx, "").await?;
    if add_identifier(tx, &owner, key, at).await? {
        return Ok(owner);
    }
    // Another transaction brought the same number first; this owner never was.
    sqlx::query("DELETE FROM owner WHERE id = $1").bind(owner.as_str()).execute(tx.connection()).await?;
    let number = key.number().ok_or(StoreError::AlreadyExists)?;
    held(tx, number).await
}

/// The row of an owner who becomes known by a key.
pub fn new_row(owner: &OwnerId, key: &OwnerKey, at: Timestamp) -> NewRow {
    NewRow::of("owner").with("id", owner.as_str()).with("kind", nature(key)).with("created_at", micros(at))
}

/// The owner of a number, kept from being merged or split: asked again once he is held.
async fn held(tx: &mut Tx, number: &OwnerNumber) -> Result<OwnerId, StoreError> {
    for _ in 0..MOST_MERGERS {
        let owner = find(tx, number).await?.ok_or(StoreError::Busy)?;
        hold(tx, &owner).await?;
        if find(tx, number).await? == Some(owner.clone()) {
            return Ok(owner);
        }
    }
    Err(StoreError::Busy)
}

/// The owner of that number.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn find(tx: &mut Tx, number: &OwnerNumber) -> Result<Option<OwnerId>, StoreError> {
    let lookup = lookup_key(&tx.keys(), &OwnerKey::Numbered { number: number.clone() });
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
    let lookup = lookup_key(&tx.keys(), key);
    let rows =
        sqlx::query("SELECT owner_id FROM owner_identifier WHERE lookup_key = $1 ORDER BY added_at, id")
            .bind(lookup)
            .fetch_all(tx.connection())
            .await?;
    let mut owners: Vec<OwnerId> = Vec::with_capacity(rows.len());
    for row in rows {
        let owner = row.parsed("owner_id")?;
        // One who was kept as two may bear the name twice.
        if !owners.contains(&owner) {
            owners.push(owner);
        }
    }
    Ok(owners)
}

/// All keys of an owner, oldest first; empty when there is no such owner.
///
/// # Errors
/// [`StoreError::Sealed`] and those of the database.
pub async fn keys_of(tx: &mut Tx, owner: &OwnerId) -> Result<Vec<OwnerKey>, StoreError> {
    Ok(identifiers(tx, owner).await?.into_iter().map(|identifier| identifier.key).collect())
}

/// Makes an owner known by a further key; `false` when it is a number that belongs to somebody already.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn add_identifier(
    tx: &mut Tx,
    owner: &OwnerId,
    key: &OwnerKey,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let row = identifier_row(&tx.keys(), owner, key, at)?;
    row.insert(tx, "ON CONFLICT (lookup_key) WHERE is_number = 1 DO NOTHING").await
}

/// The row of a key by which an owner is known.
///
/// # Errors
/// [`StoreError::NoRandomness`].
pub fn identifier_row(
    keys: &Keys,
    owner: &OwnerId,
    key: &OwnerKey,
    at: Timestamp,
) -> Result<NewRow, StoreError> {
    let id = uuid::Uuid::now_v7().to_string();
    Ok(NewRow::of("owner_identifier")
        .with("id", id.as_str())
        .with("owner_id", owner.as_str())
        .with("kind", kind(key))
        .with("is_number", i64::from(key.number().is_some()))
        .with("lookup_key", lookup_key(keys, key))
        .with("ciphertext", keys.seal_json(Place { column: CIPHERTEXT, row: &id }, key)?)
        .with("added_at", micros(at)))
}

fn lookup_key(keys: &Keys, key: &OwnerKey) -> String {
    keys.lookup_key(Lookup::Owner, &[kind(key), &canonical(key)])
}

/// `person` or `organisation`.
pub fn nature(key: &OwnerKey) -> &'static str {
    match kind(key) {
        "person12" | "person9" | "passport" | "name+date" => "person",
        _ => "organisation",
    }
}

fn kind(key: &OwnerKey) -> &'static str {
    match key {
        OwnerKey::Numbered { number } => match number {
            OwnerNumber::Person(_) => "person12",
            OwnerNumber::OldPerson(_) => "person9",
            OwnerNumber::Passport(_) => "passport",
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
