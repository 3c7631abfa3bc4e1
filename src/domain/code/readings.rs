//! The three readings of the type code of a result, all kept, and which of them is printed.
//!
//! QĐ 1917/QĐ-BLĐTBXH, Điều 7 says `<mã số TTHC>-KQ(n)` and leads to NĐ 45/2020/NĐ-CP, Điều 14 khoản 3 điểm d, where n
//! counts the results of one dossier; TT 01/2023/TT-VPCP, Điều 10 khoản 2 takes the code of the national database instead.

use serde::{Deserialize, Serialize};

use super::{DocumentCode, DocumentTypeCode};
use crate::domain::ids::NationalResultCode;

/// Which reading is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResultReading {
    /// n of the catalogue: the kind of result (QĐ 1917).
    #[default]
    Catalogue,
    /// n of the dossier: the order in which its results were coded (NĐ 45).
    Dossier,
    /// The code of the national database (TT 01/2023).
    National,
}

/// What is known of a paper beside the n of the catalogue, which stands in its type code.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ResultReadings {
    /// Its place among the results of its dossier, from 1; `None` for a paper that is no result of it.
    pub dossier_ordinal: Option<u16>,
    /// The code of its kind in the national database, where the catalogue knows it.
    pub national: Option<NationalResultCode>,
}

impl DocumentCode {
    /// The code as `reading` has it; `None` where that is the code itself, or what it needs is not known.
    pub fn read_as(&self, reading: ResultReading, readings: &ResultReadings) -> Option<Self> {
        let type_code = match (reading, &self.type_code) {
            (ResultReading::Dossier, DocumentTypeCode::Result { procedure, .. }) => {
                let procedure = procedure.clone();
                DocumentTypeCode::Result { procedure, ordinal: readings.dossier_ordinal? }
            }
            (ResultReading::National, _) => DocumentTypeCode::National { code: readings.national.clone()? },
            _ => return None,
        };
        (type_code != self.type_code).then(|| Self { type_code, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reading_has_its_code_and_each_reads_back() {
        let national = NationalResultCode::parse("KQ.G18.000031").unwrap();
        let all = ResultReadings { dossier_ordinal: Some(3), national: Some(national) };
        let check = |code: &str, reading, readings: &ResultReadings, expected: Option<&str>| {
            let code = DocumentCode::parse(code).unwrap();
            let read = code.read_as(reading, readings);
            assert_eq!(read.as_ref().map(ToString::to_string).as_deref(), expected, "{code} {reading:?}");
            if let Some(read) = read {
                assert_eq!(DocumentCode::parse(&read.to_string()), Ok(read));
            }
        };
        let result = "001085012345.1.001776-KQ1.12/QĐ-UBND";
        let paper = "Nguyễn Ưỡng 05.06.1985.1.001776.05.7/2020";
        use ResultReading::{Catalogue, Dossier, National};
        check(result, Catalogue, &all, None);
        check(result, Dossier, &all, Some("001085012345.1.001776-KQ3.12/QĐ-UBND"));
        check(result, National, &all, Some("001085012345.KQ.G18.000031.12/QĐ-UBND"));
        check(result, Dossier, &ResultReadings { dossier_ordinal: Some(1), ..all.clone() }, None);
        check(paper, Dossier, &all, None);
        check(paper, National, &all, Some("Nguyễn Ưỡng 05.06.1985.KQ.G18.000031.7/2020"));
        for reading in [Dossier, National] {
            check(result, reading, &ResultReadings::default(), None);
        }
    }
}
