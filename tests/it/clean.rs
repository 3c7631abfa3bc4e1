//! Lists for confirmation as CSV, and the numbers that come back, from the command line on both databases.

use std::{fs, path::Path};

use serde_json::json;

use crate::{
    reuse::stored,
    support::{
        app::{TestApp, on_both_databases},
        cli::{Ran, sohoa},
    },
};

fn clean(app: &TestApp, args: &[&str]) -> Ran {
    let place = ["--data", app.folder.path().to_str().unwrap(), "--database", &app.database];
    sohoa(["clean", args[0]].into_iter().chain(place).chain(args[1..].iter().copied()))
}

/// The list with a number filled in on the line of that owner.
fn filled(list: &str, numbers: &[(&str, &str)], path: &Path) {
    let mut rows = csv::Reader::from_reader(list.trim_start_matches('\u{feff}').as_bytes());
    let mut written = csv::Writer::from_path(path).unwrap();
    written.write_record(rows.headers().unwrap()).unwrap();
    for row in rows.records() {
        let mut row: Vec<String> = row.unwrap().iter().map(str::to_owned).collect();
        if let Some((_, number)) = numbers.iter().find(|(name, _)| row[3].contains(name)) {
            (*number).clone_into(&mut row[8]);
        }
        written.write_record(&row).unwrap();
    }
    written.flush().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn people_without_a_number_are_listed_and_receive_theirs() {
    on_both_databases(async |app| {
        let other = json!({ "holder_name": "Lò Thị Hai", "holder_birth_date": "2019-03-02" });
        let (document, fields) = stored(&app, 35, json!({ "owner_id": "=Nguyễn Thị Bé 05.06.2019" })).await;
        stored(&app, 36, json!({ "owner_id": "001319000888", "other": other })).await;
        let number = fields["document_number"].as_str().unwrap();
        let (before, after) = (
            format!("=Nguyễn Thị Bé 05.06.2019.1.001699-KQ1.{number}"),
            format!("001319000777.1.001699-KQ1.{number}"),
        );
        let found = async |code: &str| {
            let lookup = json!({ "code": code, "purpose": "kiểm tra mã" });
            let found = app.json(app.post("/api/v1/documents/lookup").json(&lookup)).await;
            found["documents"][0]["id"].as_str().map(str::to_owned)
        };

        assert_eq!(clean(&app, &["report", "--purpose", " "]).code, 2);
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("danh-sach.csv");
        let report = ["report", "--purpose", "rà soát theo công văn 2513", "--out", out.to_str().unwrap()];
        let ran = clean(&app, &report);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stderr.contains("2 người: nhóm 1 (không có số) 1"), "{}", ran.stderr);
        assert_eq!(clean(&app, &report).code, 2, "no file is written over");
        let list = fs::read_to_string(&out).unwrap();
        assert!(
            list.starts_with("\u{feff}ma_dong,nhom,") && list.contains(",'=Nguyễn Thị Bé,05/06/2019,"),
            "{list}"
        );

        // One error refuses all.
        let back = dir.path().join("tra-ve.csv");
        let file = back.to_str().unwrap();
        for (numbers, expected) in [
            (&[("Bé", "001185000777")][..], "Năm sinh"),
            (&[("Bé", "00131900077")], "12 chữ số"),
            (&[("Bé", "001319000888")], "của người khác"),
            (&[("Bé", "001319000777"), ("Hai", "001319000777")], "mỗi người một số"),
        ] {
            filled(&list, numbers, &back);
            let refused = clean(&app, &["import", file]);
            assert_eq!(refused.code, 3, "{}", refused.stderr);
            assert!(refused.stderr.contains(expected), "{expected}: {}", refused.stderr);
            assert!(!refused.stderr.contains("001319"), "no number is repeated: {}", refused.stderr);
        }
        fs::write(&back, list.replacen("so_dinh_danh_moi", "so_moi", 1)).unwrap();
        assert_eq!(clean(&app, &["import", file]).code, 3);
        assert_eq!(found(&after).await, None);

        // Tried, taken, and taken again.
        filled(&list, &[("Bé", "001319000777")], &back);
        let tried = clean(&app, &["import", "--dry-run", file]);
        assert!(
            tried.stdout.contains("sẽ cấp mã mới") && tried.stdout.contains("chưa nhập gì: 1 người"),
            "{}",
            tried.stdout
        );
        assert_eq!(found(&after).await, None);
        let taken = clean(&app, &["import", file]);
        assert_eq!(taken.code, 0, "{}", taken.stderr);
        assert!(taken.stdout.contains("→ ********0777.1.001699-KQ1."), "{}", taken.stdout);
        assert!(
            taken.stdout.contains("Đã nhập: 1 người, 1 giấy tờ; 0 người đã làm từ trước; 1 dòng"),
            "{}",
            taken.stdout
        );
        for code in [&before, &after] {
            assert_eq!(found(code).await.as_ref(), Some(&document), "{code}");
        }
        let again = clean(&app, &["import", file]);
        assert!(
            again.stdout.contains("Đã nhập: 0 người, 0 giấy tờ; 1 người đã làm từ trước"),
            "{}",
            again.stdout
        );
        let verified = sohoa::workflows::administer::verify_audit(&app.ctx).await.unwrap();
        assert_eq!(verified.first_fault, None);
    })
    .await;
}
