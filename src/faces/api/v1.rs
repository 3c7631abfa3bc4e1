//! One file per resource: wire structs, handlers, their description.

pub(super) mod archive;
pub(super) mod audit;
pub(super) mod batches;
pub(super) mod breaches;
pub(super) mod catalogue;
pub(super) mod changes;
pub(super) mod documents;
pub(super) mod dossiers;
pub(super) mod history;
pub(super) mod lessons;
pub(super) mod manual_codes;
pub(super) mod owners;
pub(super) mod pages;
pub(super) mod papers;
pub(super) mod reuse;
pub(super) mod signing;
pub(super) mod subject_requests;
pub(super) mod verifications;

use serde::Serialize;
use utoipa::ToSchema;

/// A page of a list; `next` asks for the one after it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ListOut<T> {
    /// The items.
    pub(super) items: Vec<T>,
    /// Opaque; null on the last page.
    pub(super) next: Option<String>,
}
