//! Who signs, and the folders of what is known about them: every case that needs other news has a CA of its own, so
//! that one set of folders does for all.

use std::{path::Path, sync::OnceLock};

use crate::pki::{Identity, Subject};

/// Who there is in every case.
pub struct People {
    pub root: Identity,
    pub ca: Identity,
    pub signer: Identity,
    pub stamp_root: Identity,
    pub tsa: Identity,
    /// A root that took over from the other one.
    pub new_root: Identity,
}

pub fn people() -> &'static People {
    static PEOPLE: OnceLock<People> = OnceLock::new();
    PEOPLE.get_or_init(|| {
        let root = Identity::root("CA gốc thử nghiệm");
        let ca = root.ca("CA cấp dưới thử nghiệm");
        let stamp_root = Identity::root("CA dấu thời gian thử nghiệm");
        People {
            signer: ca.issue(&Subject::person("Nguyễn Văn Mẫu")),
            tsa: stamp_root.issue(&Subject::tsa("TSA thử nghiệm")),
            root,
            ca,
            stamp_root,
            new_root: Identity::root("CA gốc mới thử nghiệm"),
        }
    })
}

/// What the folders hold.
#[derive(Default)]
pub struct Known {
    pub intermediates: Vec<Identity>,
    pub lists: Vec<Vec<u8>>,
    pub answers: Vec<Vec<u8>>,
}

/// One root until the end of March, another from May on.
const PERIODS: &str = "[[anchor]]\nfile = \"goc.pem\"\npurpose = \"public\"\nfrom = \"2020-01-01\"\nuntil = \"2026-03-31\"\n\
                       [[anchor]]\nfile = \"goc-moi.pem\"\npurpose = \"public\"\nfrom = \"2026-05-01\"\n\
                       [[anchor]]\nfile = \"dau-thoi-gian.pem\"\npurpose = \"timestamp\"\n";

impl Known {
    pub fn new() -> Self {
        let p = people();
        Self {
            intermediates: vec![p.ca.clone()],
            lists: vec![p.root.crl(), p.ca.crl(), p.stamp_root.crl(), p.new_root.crl()],
            answers: vec![],
        }
    }

    /// A CA below the root, known.
    pub fn ca(&mut self, subject: &Subject) -> Identity {
        let ca = people().root.issue(subject);
        self.intermediates.push(ca.clone());
        ca
    }

    /// The same with an empty list.
    pub fn listed_ca(&mut self, subject: &Subject) -> Identity {
        let ca = self.ca(subject);
        self.lists.push(ca.crl());
        ca
    }

    /// Writes the folders `tin`, `trung-gian` and `thu-hoi`.
    pub fn write(&self, folder: &Path) {
        let write = |folder: &Path, name: String, bytes: &[u8]| {
            std::fs::create_dir_all(folder).unwrap();
            std::fs::write(folder.join(name), bytes).unwrap();
        };
        let p = people();
        write(&folder.join("tin"), "goc.pem".into(), &p.root.pem());
        write(&folder.join("tin"), "dau-thoi-gian.pem".into(), &p.stamp_root.pem());
        let with_periods = folder.join("tin-ky");
        write(&with_periods, "goc.pem".into(), &p.root.pem());
        write(&with_periods, "goc-moi.pem".into(), &p.new_root.pem());
        write(&with_periods, "dau-thoi-gian.pem".into(), &p.stamp_root.pem());
        write(&with_periods, "trust.toml".into(), PERIODS.as_bytes());
        write(&folder.join("khac"), "goc.pem".into(), &Identity::root("CA gốc khác").pem());
        for (n, one) in self.intermediates.iter().enumerate() {
            write(&folder.join("trung-gian"), format!("{n}.pem"), &one.pem());
        }
        for (n, list) in self.lists.iter().enumerate() {
            write(&folder.join("thu-hoi"), format!("{n}.crl"), list);
        }
        for (n, answer) in self.answers.iter().enumerate() {
            write(&folder.join("thu-hoi"), format!("{n}.ocsp"), answer);
        }
    }
}
