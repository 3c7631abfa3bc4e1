//! A database of either engine, and people who do not exist.

use jiff::{Timestamp, civil::date};
use sohoa::{
    domain::{
        catalogue::Catalogue,
        code::{CodeNumber, DocumentCode, DocumentTypeCode, OwnerKey},
        dossier::{Dossier, ExpectedPages, Paper, PaperState},
        eligibility::{HandedInAs, PaperRole},
        fields::ConfirmedFields,
        ids::{
            ComponentCode, ContentHash, DocumentNumber, DossierId, OfficerId, OwnerId, OwnerNumber, PaperId,
            PersonalId, ProcedureCode, RecordId,
        },
        officer::{ActingOfficer, Officer},
        record::{SignatureState, StoredRecord},
        retention::Keeping,
        validity::ValidityPeriod,
    },
    store::{
        Db, Keys, Tx,
        catalogues::{self, InForce},
        codes, dossiers, officers, owners, papers,
    },
};
use tempfile::TempDir;

use crate::support::postgres;

/// Identifiers that must never stand in a database in clear.
pub const CITIZEN: &str = "001085012345";
pub const CITIZEN_NAME: &str = "Nguyễn Thị Ưỡng";
pub const OFFICER_NUMBER: &str = "079190000001";
pub const OFFICER_NAME: &str = "Trần Văn Kiểm";

/// One database, and how to open it again.
pub struct World {
    pub db: Db,
    pub url: String,
    pub key_file: std::path::PathBuf,
    pub is_sqlite: bool,
    _folder: TempDir,
}

/// Runs a test on both engines, each in a database of its own.
pub async fn each_engine(test: impl AsyncFn(World)) {
    for is_sqlite in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let url = if is_sqlite {
            format!("sqlite://{}?mode=rwc", folder.path().join("sohoa.db").display())
        } else {
            postgres::fresh_database().await
        };
        let key_file = folder.path().join("keys");
        let db = Db::open(&url, Keys::open_or_create(&key_file).unwrap()).await.unwrap();
        test(World { db: db.clone(), url, key_file, is_sqlite, _folder: folder }).await;
        db.close().await;
    }
}

/// In force from the beginning of a year on, by nobody's decision.
pub fn since(year: i16) -> InForce<'static> {
    InForce { from: date(year, 1, 1), decision_number: None, by: None }
}

impl World {
    pub async fn write<T>(&self, act: impl AsyncFnOnce(&mut Tx) -> T) -> T {
        let mut tx = self.db.write().await.unwrap();
        let answer = act(&mut tx).await;
        tx.commit().await.unwrap();
        answer
    }

    pub async fn read<T>(&self, look: impl AsyncFnOnce(&mut Tx) -> T) -> T {
        let mut tx = self.db.read().await.unwrap();
        look(&mut tx).await
    }

    /// Behind the store's back.
    pub async fn raw(&self) -> sqlx::AnyConnection {
        use sqlx::Connection;
        sqlx::AnyConnection::connect(&self.url).await.unwrap()
    }

    /// An officer, a catalogue and a dossier: what every paper needs.
    pub async fn with_dossier(&self) -> (Officer, Dossier) {
        let officer = officer(OFFICER_NUMBER);
        let dossier = self
            .write(async |tx| {
                officers::insert(tx, &officer, at(0)).await.unwrap();
                let catalogue =
                    catalogues::insert(tx, &Catalogue::starting(), since(1), at(0)).await.unwrap();
                let dossier = Dossier {
                    id: DossierId::new(),
                    procedure: Some(ProcedureCode::parse("1.001776").unwrap()),
                    catalogue,
                    opened_at: at(1),
                    opened_by: officer.id.clone(),
                    unit: None,
                    handed_in: None,
                };
                dossiers::insert(tx, &dossier).await.unwrap();
                dossier
            })
            .await;
        (officer, dossier)
    }

    /// Some papers just received.
    pub async fn with_papers(&self, n_papers: u32) -> Vec<Paper> {
        let (_, dossier) = self.with_dossier().await;
        let received: Vec<Paper> = (0..n_papers).map(|_| paper(&dossier.id)).collect();
        self.write(async |tx| {
            for paper in &received {
                papers::insert(tx, paper).await.unwrap();
            }
        })
        .await;
        received
    }

    /// A paper with its owner and an assigned code, and the document to be made from it.
    pub async fn with_document(&self, paper: &Paper, number: &str, stored_at: Timestamp) -> StoredRecord {
        self.write(async |tx| {
            let code = code(number);
            let owner = owners::find_or_create(tx, &code.owner, stored_at).await.unwrap();
            codes::assign(tx, &code, &owner, &paper.id, stored_at).await.unwrap();
            record(&paper.id, &owner, code, stored_at)
        })
        .await
    }
}

/// Seconds after a fixed moment.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).unwrap()
}

pub fn numbered(number: &str) -> OwnerKey {
    OwnerKey::Numbered { number: OwnerNumber::parse(number).unwrap() }
}

pub fn code(number: &str) -> DocumentCode {
    DocumentCode::assign(
        numbered(CITIZEN),
        DocumentTypeCode::parse("1.001776.01").unwrap(),
        CodeNumber::Printed { number: DocumentNumber::parse(number).unwrap() },
    )
}

pub fn officer(number: &str) -> Officer {
    Officer {
        id: OfficerId::new(),
        full_name: OFFICER_NAME.to_owned(),
        personal_id: PersonalId::parse(number).unwrap(),
        unit: Some("Bộ phận Một cửa".to_owned()),
    }
}

pub fn acting(officer: &Officer) -> ActingOfficer {
    ActingOfficer::alone(officer.clone(), at(-60))
}

pub fn paper(dossier: &DossierId) -> Paper {
    Paper {
        id: PaperId::new(),
        dossier: dossier.clone(),
        role: Some(PaperRole::Component { code: ComponentCode::parse("01").unwrap() }),
        form: HandedInAs::Original,
        expected_pages: Some(ExpectedPages(2)),
        declared_owner: Some(OwnerNumber::parse(CITIZEN).unwrap()),
        received_at: at(2),
        state: PaperState::Received,
        version: 1,
    }
}

pub fn fields(number: &str) -> ConfirmedFields {
    ConfirmedFields {
        document_type_code: DocumentTypeCode::parse("1.001776.01").unwrap(),
        owner: numbered(CITIZEN),
        document_name: "Giấy xác nhận khuyết tật".to_owned(),
        document_number: Some(DocumentNumber::parse(number).unwrap()),
        issued_on: Some(date(2024, 11, 25)),
        issuing_authority: Some("Ủy ban nhân dân xã Bảo Ái".to_owned()),
        abstract_text: None,
        validity_period: Some(
            ValidityPeriod::new(Some(date(2024, 11, 25)), Some(date(2029, 11, 25))).unwrap(),
        ),
        validity_scope: None,
        recorded_at: at(3),
        other: [("holder_name".to_owned(), CITIZEN_NAME.to_owned())].into(),
    }
}

pub fn record(paper: &PaperId, owner: &OwnerId, code: DocumentCode, stored_at: Timestamp) -> StoredRecord {
    StoredRecord {
        id: RecordId::new(),
        paper: paper.clone(),
        owner: owner.clone(),
        fields: fields(&code.number.to_string()),
        printed: None,
        code,
        confirmed_by: OfficerId::parse("somebody").unwrap(),
        confirmed_at: at(4),
        stored_at,
        coded: ContentHash::of(b"coded"),
        originals: vec![ContentHash::of(b"one"), ContentHash::of(b"two")],
        text: Some(ContentHash::of(b"words")),
        signature: SignatureState::Unsigned,
        revoked_at: None,
        keeping: Keeping::default(),
        unit: None,
        is_health: false,
    }
}
