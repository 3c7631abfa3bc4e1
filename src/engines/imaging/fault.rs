//! Why a paper, or a page of it, could not be looked at: one typed answer with a sentence for clerks.
//!
//! The sentences say what, where and what to do; they never repeat names, numbers or paths.

use serde::{Deserialize, Serialize};

/// Bounds for foreign bytes, checked before anything is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of all files of one paper together.
    pub max_bytes: u64,
    /// Pages of one paper.
    pub max_pages: u32,
    /// Pixels of one page.
    pub max_pixels: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 512 << 20, max_pages: 2_000, max_pixels: 120_000_000 }
    }
}

/// What stopped us from looking at a paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ReadError {
    /// No byte, or no file.
    #[error("Tệp rỗng, không có dữ liệu. Hãy quét lại hoặc chọn đúng tệp.")]
    Empty,
    /// The bytes are no PDF, TIFF, JPEG or PNG, whatever the name says.
    #[error(
        "Nội dung tệp không phải PDF, TIFF, JPEG hoặc PNG (phần đuôi tên tệp có thể sai). Hãy chọn đúng tệp quét."
    )]
    NotADocument,
    /// A PDF together with other files.
    #[error("Một giấy tờ chỉ gồm một tệp PDF, hoặc các tệp ảnh xếp theo thứ tự trang; không trộn hai loại.")]
    MixedParts,
    /// The end of the file is missing.
    #[error("Tệp bị cụt, thiếu phần cuối nên có thể thiếu trang. Hãy tải lại hoặc quét lại toàn bộ giấy tờ.")]
    Truncated,
    /// A password is needed to open the file.
    #[error("Tệp PDF có mật khẩu nên không mở được. Hãy nộp bản không đặt mật khẩu.")]
    PasswordNeeded,
    /// Encrypted in a way that is not known.
    #[error("Tệp PDF được mã hóa theo cách chưa hỗ trợ. Hãy nộp bản không mã hóa.")]
    UnknownEncryption,
    /// There is no page in it.
    #[error("Tệp không có trang nào. Hãy quét lại giấy tờ.")]
    NoPages,
    /// The page tree names more (or fewer) pages than can be found.
    #[error("Tệp PDF khai {declared} trang nhưng chỉ tìm thấy {found} trang. Hãy quét lại toàn bộ giấy tờ.")]
    MissingPages {
        /// Pages by the page tree.
        declared: i64,
        /// Pages found.
        found: u32,
    },
    /// More pages than allowed.
    #[error("Giấy tờ có {found} trang, nhiều hơn giới hạn {limit} trang. Hãy chia thành nhiều giấy tờ.")]
    TooManyPages {
        /// Pages found, at least.
        found: u32,
        /// Pages allowed.
        limit: u32,
    },
    /// A page larger than allowed.
    #[error(
        "Trang {page} rộng {width_px} × {height_px} điểm ảnh, vượt giới hạn {limit} điểm ảnh. Hãy quét lại với độ phân giải 200–300 dpi."
    )]
    TooManyPixels {
        /// Position of the page, from 1.
        page: u32,
        /// Pixels across, as claimed.
        width_px: u64,
        /// Pixels down, as claimed.
        height_px: u64,
        /// Pixels allowed.
        limit: u64,
    },
    /// More bytes than allowed.
    #[error("Các tệp có tổng cộng {found} byte, vượt giới hạn {limit} byte. Hãy chia thành nhiều giấy tờ.")]
    TooManyBytes {
        /// Bytes of all files.
        found: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// The structure of the file is broken.
    #[error("Tệp bị hỏng, không đọc được cấu trúc bên trong. Hãy quét lại hoặc tải lại tệp.")]
    Damaged,
    /// One page cannot be decoded.
    #[error("Trang {page} bị hỏng, không giải mã được ảnh. Hãy quét lại trang này.")]
    DamagedPage {
        /// Position of the page, from 1.
        page: u32,
    },
    /// A form of picture that is not supported.
    #[error("Trang {page} dùng kiểu ảnh chưa hỗ trợ. Hãy quét lại thành PDF hoặc JPEG.")]
    UnsupportedPage {
        /// Position of the page, from 1.
        page: u32,
    },
    /// The page does not exist.
    #[error("Giấy tờ không có trang {page}.")]
    NoSuchPage {
        /// Position asked for, from 1.
        page: u32,
    },
    /// The time limit passed.
    #[error("Xử lý tệp quá {seconds} giây nên đã dừng. Hãy quét lại với độ phân giải 200–300 dpi.")]
    OutOfTime {
        /// The limit.
        seconds: u64,
    },
    /// The memory limit was reached.
    #[error("Tệp cần quá nhiều bộ nhớ nên đã dừng; có thể tệp bị hỏng. Hãy quét lại giấy tờ.")]
    OutOfMemory,
    /// The reading process ended on this file.
    #[error("Tiến trình đọc dừng đột ngột khi xử lý tệp; có thể tệp bị hỏng. Hãy quét lại giấy tờ.")]
    Crashed,
    /// The file could not be read from the disk: our own failure.
    #[error("Không đọc được tệp từ đĩa của máy chủ. Hãy báo quản trị viên.")]
    Unreachable,
    /// The reading process could not be started: our own failure.
    #[error("Không khởi động được tiến trình đọc. Hãy báo quản trị viên.")]
    NoReader,
    /// Tesseract or its Vietnamese model is missing: our own failure.
    #[error("Không tìm thấy bộ nhận dạng chữ Tesseract với dữ liệu tiếng Việt (vie). Hãy báo quản trị viên.")]
    NoLanguageModel,
    /// The PDF could not be composed: our own failure, or a page that cannot be carried over.
    #[error("Không lập được tệp PDF từ các trang đã quét. Hãy quét lại hoặc báo quản trị viên.")]
    NotComposed,
}

impl ReadError {
    /// Whether the installation, not the paper, is at fault.
    pub fn is_ours(&self) -> bool {
        matches!(self, Self::Unreachable | Self::NoReader | Self::NoLanguageModel)
    }

    /// The same, said of another page: `page_of` gives it for the one named.
    #[must_use]
    pub fn on_page(self, page_of: impl Fn(u32) -> u32) -> Self {
        match self {
            Self::DamagedPage { page } => Self::DamagedPage { page: page_of(page) },
            Self::UnsupportedPage { page } => Self::UnsupportedPage { page: page_of(page) },
            Self::NoSuchPage { page } => Self::NoSuchPage { page: page_of(page) },
            Self::TooManyPixels { page, width_px, height_px, limit } => {
                Self::TooManyPixels { page: page_of(page), width_px, height_px, limit }
            }
            other => other,
        }
    }

    /// The page it is about, where it is about one.
    pub fn page(&self) -> Option<u32> {
        match self {
            Self::DamagedPage { page }
            | Self::UnsupportedPage { page }
            | Self::NoSuchPage { page }
            | Self::TooManyPixels { page, .. } => Some(*page),
            _ => None,
        }
    }

    /// Whether only one page is concerned, so that the others can still be looked at.
    pub fn is_of_page(&self) -> bool {
        matches!(
            self,
            Self::DamagedPage { .. }
                | Self::UnsupportedPage { .. }
                | Self::TooManyPixels { .. }
                | Self::OutOfTime { .. }
                | Self::OutOfMemory
                | Self::Crashed
        )
    }
}
