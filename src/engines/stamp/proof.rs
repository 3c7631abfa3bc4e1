//! Whether earlier signatures are worth what they were: the proof before anything is kept.

use serde::{Deserialize, Serialize};

use crate::engines::{
    pdf::growing::GrowingFile,
    signature::verdict::{Coverage, Integrity, Modification, SignatureReport, Verdict},
};

/// Judges all signatures of a file.
pub type Verify<'a> = &'a dyn Fn(&GrowingFile) -> Vec<SignatureReport>;

/// A signature that was there before the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousSignature {
    /// Full name of its field.
    pub field: String,
    /// What it was worth.
    pub before: Verdict,
    /// What it is worth now; `None` on a copy, where no signature is.
    pub after: Option<Verdict>,
}

/// Each earlier signature with its verdict before and after; `None` when one is worth less, or gone.
pub fn compare(before: &[SignatureReport], after: &[SignatureReport]) -> Option<Vec<PreviousSignature>> {
    before
        .iter()
        .map(|old| {
            let mut same = after.iter().filter(|new| new.field == old.field);
            let (new, None) = (same.next()?, same.next()) else { return None };
            let is_kept = new.verdict <= old.verdict
                && (new.integrity == Integrity::Intact || old.integrity == Integrity::Broken)
                && (new.modification_after != Modification::Forbidden
                    || old.modification_after == Modification::Forbidden)
                && matches!(new.coverage, Coverage::WholeFile | Coverage::WholeRevision);
            is_kept.then(|| PreviousSignature {
                field: old.field.clone(),
                before: old.verdict,
                after: Some(new.verdict),
            })
        })
        .collect()
}

/// What they were worth before a copy was made without them.
pub(super) fn left_behind(before: &[SignatureReport]) -> Vec<PreviousSignature> {
    before
        .iter()
        .map(|old| PreviousSignature { field: old.field.clone(), before: old.verdict, after: None })
        .collect()
}
