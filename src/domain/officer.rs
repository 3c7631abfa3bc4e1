//! Who acts: officers with their roles, and systems of other agencies with their scopes.
//!
//! What each may do stands in [`super::rights`]. Knows nothing of passwords, sessions and tokens.

use std::{collections::BTreeSet, net::IpAddr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{ClientId, OfficerId, PersonalId, UnitId};

/// Công chức: who stands on every act (Điều 10 khoản 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Officer {
    /// Row id.
    pub id: OfficerId,
    /// Họ và tên.
    pub full_name: String,
    /// Mã định danh cá nhân.
    pub personal_id: PersonalId,
    /// Name of the unit.
    pub unit: Option<String>,
}

/// What an officer is in an installation (Điều 8); one officer may be several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Công chức tiếp nhận, at the one-stop desk.
    ReceptionClerk,
    /// Công chức xử lý.
    CaseHandler,
    /// Người phụ trách: what is exceptional, and secret papers.
    Supervisor,
    /// Người kiểm tra: reads the trace, changes nothing.
    Auditor,
    /// Quản trị: accounts, catalogue, systems; no papers.
    Administrator,
}

impl Role {
    /// All of them, in the order in which pages show them.
    pub const ALL: [Self; 5] =
        [Self::ReceptionClerk, Self::CaseHandler, Self::Supervisor, Self::Auditor, Self::Administrator];

    /// The name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReceptionClerk => "reception_clerk",
            Self::CaseHandler => "case_handler",
            Self::Supervisor => "supervisor",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }

    /// The role of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// What pages call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::ReceptionClerk => "Tiếp nhận",
            Self::CaseHandler => "Xử lý hồ sơ",
            Self::Supervisor => "Phụ trách",
            Self::Auditor => "Kiểm tra",
            Self::Administrator => "Quản trị",
        }
    }
}

/// The roles of one officer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Roles(BTreeSet<Role>);

impl Roles {
    /// Every role: of the one officer of an installation without accounts.
    pub fn all() -> Self {
        Role::ALL.into_iter().collect()
    }

    /// Whether any of `wanted` is among them.
    pub fn any(&self, wanted: &[Role]) -> bool {
        wanted.iter().any(|role| self.0.contains(role))
    }

    /// The roles in order.
    pub fn iter(&self) -> impl Iterator<Item = Role> {
        self.0.iter().copied()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        Self(roles.into_iter().collect())
    }
}

/// An officer who has signed in: needed by every function that acts in somebody's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActingOfficer {
    /// Who.
    pub officer: Officer,
    /// Thời gian đăng nhập xử lý.
    pub signed_in_at: Timestamp,
    /// What the officer is here.
    pub roles: Roles,
    /// Where the officer works; `None` in an installation without accounts.
    pub unit: Option<UnitId>,
    /// Where the request came from; `None` of acts that came by no network.
    pub address: Option<IpAddr>,
}

impl ActingOfficer {
    /// The officer of an installation without accounts, who is everything there.
    pub fn alone(officer: Officer, signed_in_at: Timestamp) -> Self {
        Self { officer, signed_in_at, roles: Roles::all(), unit: None, address: None }
    }
}

/// What a system of another agency may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Look owners and documents up, and read them.
    ReadDocuments,
    /// Follow the changes.
    ReadChanges,
    /// Have signatures judged.
    Verify,
    /// The catalogue.
    ReadCatalogue,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::ReadDocuments, Self::ReadChanges, Self::Verify, Self::ReadCatalogue];

    /// The name on the wire, as in OAuth 2.0 (RFC 6749, 3.3).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadDocuments => "documents.read",
            Self::ReadChanges => "changes.read",
            Self::Verify => "verify",
            Self::ReadCatalogue => "catalogue.read",
        }
    }

    /// The scope of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }
}

/// Names of scopes with blanks between, as OAuth 2.0 carries them (RFC 6749, 3.3).
pub fn scope_names(scopes: &BTreeSet<Scope>) -> String {
    scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
}

/// The scopes of that text; `None` when one is unknown.
pub fn parse_scopes(names: &str) -> Option<BTreeSet<Scope>> {
    names.split(' ').map(Scope::parse).collect()
}

/// A system of another agency, or the portal, which has shown who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActingClient {
    /// Row id.
    pub id: ClientId,
    /// What it is called.
    pub name: String,
    /// What it may ask now.
    pub scopes: BTreeSet<Scope>,
    /// When it showed who it is.
    pub signed_in_at: Timestamp,
    /// Where the request came from.
    pub address: Option<IpAddr>,
}

/// Who asks: a person or a system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person.
    Officer(ActingOfficer),
    /// A system.
    Client(ActingClient),
}

impl Actor {
    /// The opaque id: of officers and systems, never the same.
    pub fn id(&self) -> &str {
        match self {
            Self::Officer(acting) => acting.officer.id.as_str(),
            Self::Client(acting) => acting.id.as_str(),
        }
    }
}

impl From<ActingOfficer> for Actor {
    fn from(acting: ActingOfficer) -> Self {
        Self::Officer(acting)
    }
}

impl From<&ActingOfficer> for Actor {
    fn from(acting: &ActingOfficer) -> Self {
        Self::Officer(acting.clone())
    }
}

impl From<ActingClient> for Actor {
    fn from(acting: ActingClient) -> Self {
        Self::Client(acting)
    }
}

/// What an officer wrote as the reason of an act, without blanks around it; `None` where nothing was written.
pub fn stated(reason: &str) -> Option<&str> {
    Some(reason.trim()).filter(|reason| !reason.is_empty())
}

/// What somebody keyed, trimmed; `None` when nothing is left, or more than `most` letters.
pub fn stated_within(said: &str, most: usize) -> Option<&str> {
    stated(said).filter(|said| said.chars().count() <= most)
}
