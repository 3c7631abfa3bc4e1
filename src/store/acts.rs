//! Histories of registers: acts that are appended, sealed, and never rewritten. Knows nothing of what is done.

use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    StoreError, Tx,
    keys::Place,
    row::{Columns, micros, widen},
};
use crate::domain::{acts::KeptAct, ids::OfficerId};

/// Where the acts of one register stand.
pub(super) struct History {
    /// `INSERT` of entry, number, time, officer and sealed act.
    pub insert: &'static str,
    /// `SELECT` of the acts of an entry by number.
    pub list: &'static str,
    /// `table.column` of what is sealed.
    pub sealed: &'static str,
}

impl History {
    /// Appends an act to the history of `entry`.
    pub(super) async fn append<A: Serialize + DeserializeOwned>(
        &self,
        tx: &mut Tx,
        (entry, no): (&str, u64),
        by: &OfficerId,
        at: Timestamp,
        act: &A,
    ) -> Result<(), StoreError> {
        let place = format!("{entry}/{no}");
        let sealed = tx.keys().seal_json(Place { column: self.sealed, row: &place }, act)?;
        sqlx::query(self.insert)
            .bind(entry.to_owned())
            .bind(widen(no, self.sealed)?)
            .bind(micros(at))
            .bind(by.as_str())
            .bind(sealed)
            .execute(tx.connection())
            .await?;
        Ok(())
    }

    /// What was done about `entry`, in order.
    pub(super) async fn of<A: DeserializeOwned>(
        &self,
        tx: &mut Tx,
        entry: &str,
    ) -> Result<Vec<KeptAct<A>>, StoreError> {
        let rows = sqlx::query(self.list).bind(entry.to_owned()).fetch_all(tx.connection()).await?;
        let keys = tx.keys();
        rows.iter()
            .map(|row| {
                let no: u64 = row.unsigned("no")?;
                let place = format!("{entry}/{no}");
                Ok(KeptAct {
                    no,
                    at: row.at("at")?,
                    by: row.parsed("officer_id")?,
                    act: keys
                        .open_json(Place { column: self.sealed, row: &place }, &row.text("act_sealed")?)?,
                })
            })
            .collect()
    }
}
