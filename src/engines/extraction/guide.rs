//! What an installation knows beside the catalogue: templates of kinds of paper, and agencies.

use super::{
    agency::{Agencies, Directory},
    template::{Kind, Templates},
};

/// Templates and agencies, made ready for reading. Made once; reading shares it.
#[derive(Debug, Clone)]
pub struct Guide {
    kinds: Vec<Kind>,
    agencies: Directory,
}

impl Guide {
    /// Makes both ready.
    pub fn new(templates: &Templates, agencies: &Agencies) -> Self {
        Self { kinds: templates.iter().cloned().map(Kind::new).collect(), agencies: Directory::new(agencies) }
    }

    /// What the program carries.
    pub fn built_in() -> Self {
        Self::new(&Templates::built_in(), &Agencies::built_in())
    }

    pub(super) fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    pub(super) fn agencies(&self) -> &Directory {
        &self.agencies
    }
}
