//! What papers leave behind so that they are known again when they are scanned another time.
//!
//! Traits are kept as keyed hashes, looks sealed: the database alone tells neither a word nor whether
//! somebody has a paper. Looked up by index: never more than `CROWD` rows for each trait of a paper,
//! however many papers there are. Knows nothing of how two papers are compared.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    Keys, StoreError, Tx,
    keys::{Lookup, Place},
    row::{Columns, micros},
};
use crate::domain::{
    ids::PaperId,
    rescan::{PageLooks, SameBy, Traits},
};

const LOOKS: &str = "paper_print.looks_sealed";
/// A trait that so many papers have tells nothing of one of them.
const CROWD: usize = 64;
/// Traits kept of one paper: figures, names, phrases.
const MOST_TRAITS: [usize; 3] = [12, 8, 8];
/// Traits that two papers share at least before they are compared.
const LEAST_SHARED: usize = 3;

/// Keeps what is remembered of a paper, in the place of what was.
///
/// # Errors
/// [`StoreError::Missing`] when the paper isn't kept.
pub async fn keep(
    tx: &mut Tx,
    paper: &PaperId,
    traits: &Traits,
    looks: &[PageLooks],
) -> Result<(), StoreError> {
    drop_print(tx, paper).await?;
    let sealed = tx.keys().seal(Place { column: LOOKS, row: paper.as_str() }, &packed(looks))?;
    let print_no = number_of(&tx.keys(), paper.as_str());
    sqlx::query(
        "INSERT INTO paper_print (paper_id, print_no, n_pages, looks_sealed) VALUES ($1, $2, $3, $4)",
    )
    .bind(paper.as_str())
    .bind(print_no)
    .bind(i64::try_from(looks.len()).map_err(|_| StoreError::Corrupt { what: "paper_print.n_pages" })?)
    .bind(sealed)
    .execute(tx.connection())
    .await?;
    for key in keys_of(&tx.keys(), traits) {
        if holders(tx, key).await?.len() >= CROWD {
            continue;
        }
        sqlx::query("INSERT INTO paper_trait (trait_key, print_no) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(key)
            .bind(print_no)
            .execute(tx.connection())
            .await?;
    }
    Ok(())
}

/// Forgets a paper: its print, and that it is the same as another one, in both directions.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn forget(tx: &mut Tx, paper: &PaperId) -> Result<(), StoreError> {
    drop_print(tx, paper).await?;
    sqlx::query("DELETE FROM paper_before WHERE paper_id = $1 OR earlier_id = $1")
        .bind(paper.as_str())
        .execute(tx.connection())
        .await?;
    Ok(())
}

async fn drop_print(tx: &mut Tx, paper: &PaperId) -> Result<(), StoreError> {
    let print_no = number_of(&tx.keys(), paper.as_str());
    for sql in ["DELETE FROM paper_trait WHERE print_no = $1", "DELETE FROM paper_print WHERE print_no = $1"]
    {
        sqlx::query(sql).bind(print_no).execute(tx.connection()).await?;
    }
    Ok(())
}

/// Other papers with as many pages that share traits with these, those that share most first; at most
/// `limit`.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn alike(
    tx: &mut Tx,
    paper: &PaperId,
    traits: &Traits,
    n_pages: usize,
    limit: usize,
) -> Result<Vec<PaperId>, StoreError> {
    let own = number_of(&tx.keys(), paper.as_str());
    let mut shared: BTreeMap<i64, usize> = BTreeMap::new();
    for key in keys_of(&tx.keys(), traits) {
        for holder in holders(tx, key).await? {
            *shared.entry(holder).or_default() += 1;
        }
    }
    shared.retain(|holder, n| *holder != own && *n >= LEAST_SHARED);
    let mut found: Vec<(i64, usize)> = shared.into_iter().collect();
    found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let mut papers = Vec::new();
    for (holder, _) in found {
        let row = sqlx::query("SELECT paper_id FROM paper_print WHERE print_no = $1 AND n_pages = $2")
            .bind(holder)
            .bind(i64::try_from(n_pages).unwrap_or(i64::MAX))
            .fetch_optional(tx.connection())
            .await?;
        if let Some(row) = row {
            papers.push(row.parsed("paper_id")?);
        }
        if papers.len() == limit {
            break;
        }
    }
    Ok(papers)
}

/// Papers that have a trait: of a crowd, no more than make it one.
async fn holders(tx: &mut Tx, key: i64) -> Result<Vec<i64>, StoreError> {
    let rows = sqlx::query("SELECT print_no FROM paper_trait WHERE trait_key = $1 LIMIT $2")
        .bind(key)
        .bind(i64::try_from(CROWD).unwrap_or(i64::MAX))
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(|row| row.int("print_no")).collect()
}

/// How the pages of a paper look; `None` when nothing is remembered of it.
///
/// # Errors
/// [`StoreError::Sealed`], [`StoreError::Corrupt`] and those of the database.
pub async fn looks(tx: &mut Tx, paper: &PaperId) -> Result<Option<Vec<PageLooks>>, StoreError> {
    let row = sqlx::query("SELECT looks_sealed FROM paper_print WHERE paper_id = $1")
        .bind(paper.as_str())
        .fetch_optional(tx.connection())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let place = Place { column: LOOKS, row: paper.as_str() };
    let bytes = tx.keys().open_sealed(place, &row.text("looks_sealed")?)?;
    unpacked(&bytes).map(Some).ok_or(StoreError::Corrupt { what: LOOKS })
}

/// Notes that `paper` is the same as `earlier`, in the place of what was noted before.
///
/// # Errors
/// [`StoreError::Missing`] when one of them isn't kept.
pub async fn note_before(
    tx: &mut Tx,
    paper: &PaperId,
    earlier: Option<(&PaperId, SameBy)>,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM paper_before WHERE paper_id = $1")
        .bind(paper.as_str())
        .execute(tx.connection())
        .await?;
    let Some((earlier, same_by)) = earlier else { return Ok(()) };
    sqlx::query("INSERT INTO paper_before (paper_id, earlier_id, same_by, found_at) VALUES ($1, $2, $3, $4)")
        .bind(paper.as_str())
        .bind(earlier.as_str())
        .bind(same_by.as_str())
        .bind(micros(at))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// The paper that `paper` is the same as, and how that is known.
///
/// # Errors
/// [`StoreError::Corrupt`] and those of the database.
pub async fn before(tx: &mut Tx, paper: &PaperId) -> Result<Option<(PaperId, SameBy)>, StoreError> {
    let row = sqlx::query("SELECT earlier_id, same_by FROM paper_before WHERE paper_id = $1")
        .bind(paper.as_str())
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| {
        let by = SameBy::parse(&row.text("same_by")?);
        Ok((row.parsed("earlier_id")?, by.ok_or(StoreError::Corrupt { what: "paper_before.same_by" })?))
    })
    .transpose()
}

/// The keys of a paper. Where there are more traits than are kept, those with the smallest keys are taken:
/// the same ones of another scan, whatever else the reader read differently there.
fn keys_of(keys: &Keys, traits: &Traits) -> BTreeSet<i64> {
    let kinds = [("figures", &traits.figures), ("names", &traits.names), ("phrases", &traits.phrases)];
    let mut all = BTreeSet::new();
    for ((kind, texts), most) in kinds.into_iter().zip(MOST_TRAITS) {
        let of_kind: BTreeSet<i64> = texts.iter().map(|text| key_of(keys, kind, text)).collect();
        all.extend(of_kind.into_iter().take(most));
    }
    all
}

/// What stands for a paper among the traits.
fn number_of(keys: &Keys, paper: &str) -> i64 {
    key_of(keys, "paper", paper)
}

/// The first 64 bits of the keyed hash: few enough to be small, and what collides is compared anyway.
fn key_of(keys: &Keys, kind: &str, text: &str) -> i64 {
    let mut hasher = keys.hasher(Lookup::PaperTrait);
    hasher.update(kind.as_bytes()).update(&[0]).update(text.as_bytes());
    let mut first = [0; 8];
    hasher.finalize_xof().fill(&mut first);
    i64::from_le_bytes(first)
}

/// Each page as its position, the length of its picture, and the picture.
fn packed(looks: &[PageLooks]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for page in looks {
        // A picture longer than its length can say is left out, rather than mistaken for others.
        let ink: &[u8] = if page.ink.len() <= usize::from(u16::MAX) { &page.ink } else { &[] };
        bytes.extend(page.position.to_le_bytes());
        bytes.extend((ink.len() as u16).to_le_bytes());
        bytes.extend(ink);
    }
    bytes
}

fn unpacked(mut bytes: &[u8]) -> Option<Vec<PageLooks>> {
    let mut looks = Vec::new();
    while let Some((position, rest)) = bytes.split_first_chunk::<4>() {
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (ink, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
        looks.push(PageLooks { position: u32::from_le_bytes(*position), ink: ink.to_vec() });
        bytes = rest;
    }
    bytes.is_empty().then_some(looks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_come_out_as_they_went_in() {
        let page = |position, ink: &[u8]| PageLooks { position, ink: ink.to_vec() };
        for looks in [vec![], vec![page(1, &[])], vec![page(1, &[1, 2]), page(3, &[9; 700])]] {
            let bytes = packed(&looks);
            assert_eq!(unpacked(&bytes), Some(looks.clone()));
            for cut in 1..bytes.len().min(8) {
                assert_ne!(unpacked(&bytes[..bytes.len() - cut]), Some(looks.clone()));
            }
        }
        assert_eq!(unpacked(&[1, 0, 0]), None);
    }

    #[test]
    fn the_same_traits_are_taken_of_two_readings() {
        let keys = Keys::ephemeral().unwrap();
        let words = |range: std::ops::Range<u32>| range.map(|n| n.to_string()).collect();
        let first = keys_of(&keys, &Traits { phrases: words(0..300), ..Traits::default() });
        let second = keys_of(&keys, &Traits { phrases: words(10..310), ..Traits::default() });
        assert_eq!((first.len(), second.len()), (MOST_TRAITS[2], MOST_TRAITS[2]));
        let n_shared = first.intersection(&second).count();
        assert!(n_shared >= LEAST_SHARED, "{n_shared}");
        // The same text is another trait as a name, and under other keys.
        let name = keys_of(&keys, &Traits { names: words(0..1), ..Traits::default() });
        let figure = keys_of(&keys, &Traits { figures: words(0..1), ..Traits::default() });
        let elsewhere =
            keys_of(&Keys::ephemeral().unwrap(), &Traits { names: words(0..1), ..Traits::default() });
        assert!(name.is_disjoint(&figure) && name.is_disjoint(&elsewhere));
    }
}
