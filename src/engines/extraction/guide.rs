//! What an installation knows beside the catalogue: templates of kinds of paper, agencies, and how sure
//! a value must be to be promised.

use super::{
    agency::{Agencies, Directory},
    template::{Kind, Templates},
};
use crate::domain::{fields::Threshold, lessons::Lesson};

/// Templates and agencies, made ready for reading. Made once; reading shares it.
#[derive(Debug, Clone)]
pub struct Guide {
    kinds: Vec<Kind>,
    agencies: Directory,
    threshold: Threshold,
}

impl Guide {
    /// Makes both ready.
    pub fn new(templates: &Templates, agencies: &Agencies) -> Self {
        Self {
            kinds: templates.iter().cloned().map(Kind::new).collect(),
            agencies: Directory::new(agencies),
            threshold: Threshold::default(),
        }
    }

    /// The same, asking a person for what is less sure than this.
    #[must_use]
    pub fn with_threshold(self, threshold: Threshold) -> Self {
        Self { threshold, ..self }
    }

    /// The same, with agencies and short forms that officers taught; what is known stays.
    #[must_use]
    pub fn with_lessons<'a>(self, lessons: impl IntoIterator<Item = &'a Lesson>) -> Self {
        Self { agencies: self.agencies.taught(lessons), ..self }
    }

    /// Whether `short` stands for another agency than `name` already, in whatever letters.
    pub fn names_another(&self, short: &str, name: &str) -> bool {
        self.agencies.names_another(short, name)
    }

    /// What the program carries.
    pub fn built_in() -> Self {
        Self::new(&Templates::built_in(), &Agencies::built_in())
    }

    pub(super) fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// How sure a value must be to be proposed as read.
    pub fn threshold(&self) -> Threshold {
        self.threshold
    }

    pub(super) fn agencies(&self) -> &Directory {
        &self.agencies
    }
}
