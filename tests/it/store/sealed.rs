//! No number and no name of a person stands anywhere in the database in clear.

use sohoa::{
    domain::{
        code::OwnerKey,
        dossier::{Confirmation, PaperState},
        event::{Action, AuditEvent, Change},
        ids::{ContentHash, OwnerId, OwnerNumber},
        job::{Job, Urgency},
        page::CheckedPages,
        record::ChangeKind,
        rescan::{PageLooks, Traits},
    },
    store::{
        audit, changes, codes,
        idempotency::{self, KeptAnswer, RequestKey},
        jobs, owners, papers, prints, records,
    },
};
use sqlx::Row;

use super::world::{
    CITIZEN, CITIZEN_NAME, OFFICER_NAME, OFFICER_NUMBER, World, acting, at, code, each_engine, fields,
};

/// A paper goes all the way, a second person is known by name alone, and everything is traced.
async fn fill(w: &World) {
    let (officer, dossier) = w.with_dossier().await;
    let received = super::world::paper(&dossier.id);
    let confirmed = Confirmation {
        printed: None,
        fields: fields("25/2019"),
        code: code("25/2019"),
        owner: OwnerId::new(),
        by: officer.id.clone(),
        at: at(4),
        checked: CheckedPages { pages: Vec::new(), findings: Vec::new() },
    };
    let mut to_code = received.clone();
    to_code.state = PaperState::ToCode { confirmed: Box::new(confirmed) };
    w.write(async |tx| papers::insert(tx, &to_code).await.unwrap()).await;
    let document = w.with_document(&to_code, CITIZEN, at(5)).await; // a paper numbered like its owner
    w.write(async |tx| {
        let named = OwnerKey::parse(&format!("{CITIZEN_NAME} 05.06.1985")).unwrap();
        let provisional = owners::find_or_create(tx, &named, at(1)).await.unwrap();
        let mut second = code("26/2019");
        second.owner = named;
        codes::assign(tx, &second, &provisional, &to_code.id, at(4)).await.unwrap();
        records::insert(tx, &document).await.unwrap();
        jobs::enqueue(tx, &Job::WriteCode { paper: to_code.id.clone() }, at(5), Urgency::Pile).await.unwrap();
        let request = RequestKey { route: "POST /owners/lookup", key: CITIZEN };
        let patience = std::time::Duration::from_secs(1);
        idempotency::remember(tx, request, &ContentHash::of(b"q"), at(5), patience).await.unwrap();
        let answer = KeptAnswer {
            status: 200,
            content_type: "application/json".to_owned(),
            headers: Vec::new(),
            body: format!("{CITIZEN} {CITIZEN_NAME}"),
        };
        idempotency::answer(tx, request, &answer).await.unwrap();
        let traits = Traits {
            figures: vec![CITIZEN.to_owned()],
            names: vec![CITIZEN_NAME.to_owned()],
            phrases: vec![CITIZEN_NAME.to_owned()],
        };
        let looks = [PageLooks { position: 1, ink: CITIZEN_NAME.as_bytes().to_vec() }];
        prints::keep(tx, &to_code.id, &traits, &looks).await.unwrap();
        changes::append(tx, &document.id, ChangeKind::Stored, at(6)).await.unwrap();
        let event = AuditEvent {
            at: at(6),
            actor: Some(acting(&officer).into()),
            action: Action::LookUpOwner,
            object: ("owner", document.owner.to_string()),
            purpose: Some(format!("tra cứu {CITIZEN} {CITIZEN_NAME}")),
            detail: None,
        };
        let change = Change::of(&CITIZEN, &CITIZEN_NAME);
        audit::append_change(tx, &event, &change).await.unwrap();
    })
    .await;
}

/// All texts of all tables, as `table.column: text`.
async fn dump(w: &World) -> Vec<String> {
    let mut raw = w.raw().await;
    let tables = if w.is_sqlite {
        "SELECT name FROM sqlite_master WHERE type = 'table'"
    } else {
        "SELECT CAST(table_name AS TEXT) AS name FROM information_schema.tables WHERE table_schema = 'public'"
    };
    let tables = sqlx::query(tables).fetch_all(&mut raw).await.unwrap();
    let mut texts = Vec::new();
    for table in tables.iter().map(|row| row.get::<String, _>("name")).filter(|t| !t.starts_with("_sqlx")) {
        let select = sqlx::AssertSqlSafe(format!("SELECT * FROM {table}"));
        for row in sqlx::query(select).fetch_all(&mut raw).await.unwrap() {
            use sqlx::Column;
            for column in row.columns() {
                if let Ok(Some(text)) = row.try_get::<Option<String>, _>(column.ordinal()) {
                    texts.push(format!("{table}.{}: {text}", column.name()));
                }
            }
        }
    }
    texts
}

#[tokio::test]
async fn no_number_and_no_name_stands_in_any_column() {
    each_engine(async |w| {
        fill(&w).await;
        let texts = dump(&w).await;
        for table in [
            "officer",
            "owner",
            "owner_identifier",
            "dossier",
            "paper",
            "record",
            "document_code",
            "audit_event",
            "change_event",
            "job",
            "idempotency",
            "audit_head",
            "catalogue_import",
            "paper_print",
        ] {
            assert!(texts.iter().any(|t| t.starts_with(&format!("{table}."))), "{table} is in the dump");
        }
        let unkeyed = blake3::hash(CITIZEN.as_bytes()).to_hex().to_string();
        let encoded = base64_of(CITIZEN);
        for secret in [
            CITIZEN,
            CITIZEN_NAME,
            OFFICER_NUMBER,
            OFFICER_NAME,
            "Ưỡng",
            "05.06.1985",
            "1985-06-05",
            &unkeyed,
            &encoded[..14],
        ] {
            let shown: Vec<_> = texts.iter().filter(|text| text.contains(secret)).collect();
            assert!(shown.is_empty(), "{secret}: {shown:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn nor_does_it_stand_in_the_files_of_the_database() {
    each_engine(async |w| {
        if !w.is_sqlite {
            return; // its files belong to another user; its columns are looked at above
        }
        fill(&w).await;
        let folder = w.key_file.parent().unwrap();
        let mut n_files = 0;
        for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let bytes = std::fs::read(&file).unwrap();
            n_files += 1;
            for secret in [CITIZEN, CITIZEN_NAME, OFFICER_NUMBER, OFFICER_NAME] {
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{}", file.display());
            }
        }
        assert!(n_files >= 2);
    })
    .await;
}

#[tokio::test]
async fn a_sealed_value_copied_into_another_row_does_not_open() {
    each_engine(async |w| {
        let papers = w.with_papers(2).await;
        let first = w.with_document(&papers[0], "1/2019", at(1)).await;
        let second = w.with_document(&papers[1], "2/2019", at(2)).await;
        w.write(async |tx| {
            records::insert(tx, &first).await.unwrap();
            records::insert(tx, &second).await.unwrap();
        })
        .await;
        let mut raw = w.raw().await;
        sqlx::query("UPDATE record SET content_sealed = (SELECT content_sealed FROM record WHERE id = $1) WHERE id = $2")
            .bind(first.id.as_str())
            .bind(second.id.as_str())
            .execute(&mut raw)
            .await
            .unwrap();
        let opened = w.read(async |tx| records::get(tx, &second.id).await).await;
        assert!(matches!(opened, Err(sohoa::store::StoreError::Sealed { .. })), "{opened:?}");
    })
    .await;
}

#[tokio::test]
async fn only_the_table_of_identifiers_leads_from_a_number_to_an_owner() {
    each_engine(async |w| {
        fill(&w).await;
        let number = OwnerNumber::parse(CITIZEN).unwrap();
        assert!(w.read(async |tx| owners::find(tx, &number).await.unwrap()).await.is_some());
        let mut raw = w.raw().await;
        sqlx::query("DELETE FROM owner_identifier").execute(&mut raw).await.unwrap();
        assert_eq!(w.read(async |tx| owners::find(tx, &number).await.unwrap()).await, None);
    })
    .await;
}

fn base64_of(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD_NO_PAD.encode(text)
}
