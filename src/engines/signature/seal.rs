//! Making signatures of our own: PAdES baseline, in steps that can be taken on different machines.
//!
//! [`prepare`] writes the update with room for a signature and says what is to be signed; a
//! [`key::Signer`], or a token elsewhere, signs the attributes; [`embed`] checks that the answer verifies
//! under the expected certificate and puts it in. Time stamps, certificates and revocation data are asked
//! for and checked here, and fetched elsewhere: no network, no file but a token's module, no clock.
//!
//! Source: QĐ 1917/QĐ-BLĐTBXH, Điều 15; ETSI EN 319 142-1 (PAdES baseline), EN 319 122-1 (CAdES), ISO
//! 32000-2 section 12.8.

pub mod appearance;
pub mod attributes;
pub mod dss;
pub mod embed;
pub mod key;
mod place;
pub mod prepare;
pub mod revocation;
pub mod stamp_time;
pub mod statement;
pub mod task;
#[cfg(test)]
mod tests;
mod tlv;

use serde::{Deserialize, Serialize};

/// How long a signature can be proven (EN 319 142-1, section 6); ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum Level {
    /// Signature and certificate.
    #[default]
    #[serde(rename = "b-b")]
    Basic,
    /// And a time stamp of the signature.
    #[serde(rename = "b-t")]
    Timestamp,
    /// And what is needed to check certificates later.
    #[serde(rename = "b-lt")]
    LongTerm,
    /// And a time stamp over all that.
    #[serde(rename = "b-lta")]
    Archival,
}

impl Level {
    /// How high it is, from 0.
    pub fn rank(self) -> u8 {
        self as u8
    }

    /// The level so high; the highest where there is none.
    pub fn of_rank(rank: u8) -> Self {
        match rank {
            0 => Self::Basic,
            1 => Self::Timestamp,
            2 => Self::LongTerm,
            _ => Self::Archival,
        }
    }
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Basic => "b-b",
            Self::Timestamp => "b-t",
            Self::LongTerm => "b-lt",
            Self::Archival => "b-lta",
        })
    }
}

/// Why nothing was signed; the file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The key.
    #[error(transparent)]
    Key(#[from] key::KeyError),
    /// The file cannot be used.
    #[error(transparent)]
    Unreadable(#[from] crate::engines::pdf::read::ReadError),
    /// The file cannot be appended to.
    #[error(transparent)]
    Append(#[from] crate::engines::pdf::append::AppendError),
    /// The field holds a signature already.
    #[error("ô chữ ký {0} đã có chữ ký")]
    AlreadySigned(String),
    /// There is no such field for signatures.
    #[error("tệp PDF không có ô chữ ký {0}")]
    NoField(String),
    /// An earlier signature forbids it.
    #[error("chữ ký có trước trong tệp PDF không cho phép thêm chữ ký này")]
    Forbidden,
    /// Only the first signature may certify.
    #[error("tệp PDF đã có chữ ký; chỉ chữ ký đầu tiên mới được chứng nhận tài liệu")]
    NotFirst,
    /// The owner of the file forbids changes.
    #[error("tệp PDF được mã hóa và không cho phép ký")]
    Protected,
    /// The signature needs more room than was reserved.
    #[error("chữ ký dài {needed} byte, chỗ dành sẵn chỉ có {room} byte")]
    NoRoom {
        /// Bytes of the signature.
        needed: usize,
        /// Bytes reserved.
        room: usize,
    },
    /// It is no signature that could be read.
    #[error("dữ liệu chữ ký nhận về không đúng dạng")]
    Malformed,
    /// It signs something else.
    #[error("chữ ký nhận về không ký đúng tài liệu này")]
    OtherDocument,
    /// It was made with another certificate.
    #[error("chữ ký nhận về không thuộc chứng thư số đã chọn")]
    OtherCertificate,
    /// Its value does not verify.
    #[error("chữ ký nhận về không khớp với khóa công khai của chứng thư số")]
    NotVerified,
    /// The prepared file is not the one that was prepared.
    #[error("tệp đã chuẩn bị không còn nguyên vẹn")]
    Altered,
    /// The time for signing has run out.
    #[error("bản chuẩn bị ký đã hết hạn, cần chuẩn bị lại")]
    Expired,
    /// The time stamp is not one of this signature.
    #[error("dấu thời gian nhận về không dùng được: {0}")]
    Timestamp(#[from] stamp_time::TimestampError),
    /// The look of the signature cannot be drawn.
    #[error(transparent)]
    Appearance(#[from] appearance::AppearanceError),
    /// OpenSSL gave up.
    #[error("không thực hiện được phép mật mã")]
    Crypto(#[from] openssl::error::ErrorStack),
}
