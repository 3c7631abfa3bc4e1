//! stub until sig-a
use super::{
    locate::Located,
    verdict::{Coverage, Modification},
};
use crate::engines::pdf::revisions::RevisedPdf;
#[derive(Default)]
pub struct Limits;
pub struct Change {
    pub message: String,
}
pub struct Changes {
    pub level: Modification,
    pub is_complete: bool,
    pub items: Vec<Change>,
}
pub fn after(_: &RevisedPdf<'_>, located: &[Located<'_>], which: usize, _: &Limits) -> Changes {
    let is_whole = located[which].coverage == Coverage::WholeFile;
    Changes {
        level: if is_whole { Modification::None } else { Modification::Permitted },
        is_complete: true,
        items: Vec::new(),
    }
}
