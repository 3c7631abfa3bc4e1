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
pub(super) mod national;
pub(super) mod owner_acts;
pub(super) mod owners;
pub(super) mod pages;
pub(super) mod papers;
pub(super) mod retention;
pub(super) mod reuse;
pub(super) mod search;
pub(super) mod signing;
pub(super) mod subject_requests;
pub(super) mod verifications;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Api, cursor, problem::Problem};
use crate::domain::officer::{ActingOfficer, Actor};

/// A page of a list; `next` asks for the one after it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ListOut<T> {
    /// The items.
    pub(super) items: Vec<T>,
    /// Opaque; null on the last page.
    pub(super) next: Option<String>,
}

/// Which page of a list.
#[derive(Deserialize)]
pub(super) struct PageIn {
    after: Option<String>,
    limit: Option<u32>,
}

impl PageIn {
    /// The page of a list that is at hand whole, and where it goes on.
    fn page<T>(
        &self,
        api: &Api,
        officer: &ActingOfficer,
        list: &str,
        items: Vec<T>,
        id_of: impl Fn(&T) -> String,
    ) -> Result<(Vec<T>, Option<String>), Problem> {
        let by = Actor::from(officer);
        let after = cursor::place(api, &by, list, self.after.as_deref())?;
        let limit = self.limit.unwrap_or(100).clamp(1, 500);
        let (items, next) = cursor::page(items, id_of, after.as_deref(), limit)?;
        Ok((items, next.map(|place| cursor::made(api, &by, list, &place))))
    }
}
