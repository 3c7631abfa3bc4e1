//! The templates that the program carries: one file a kind in `templates/documents/`.

/// Name and text of each; a test holds the list to the folder.
macro_rules! kinds {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../../templates/documents/", $name, ".toml")))),*]
    };
}

/// By name.
pub(super) const BUILT_IN: &[(&str, &str)] = kinds![
    "ban-khai-nguoi-co-cong-tu-tran",
    "bien-ban-giam-dinh-y-khoa",
    "bien-ban-truong-hop-khan-cap",
    "de-nghi-huu-tri-xa-hoi",
    "de-nghi-tro-cap-that-nghiep",
    "don-cap-lai-giay-xac-nhan-khuyet-tat",
    "don-di-chuyen-ho-so",
    "don-giay-xac-nhan-than-nhan",
    "don-nhan-cham-soc-thay-the",
    "don-tho-cung-liet-si",
    "don-xac-dinh-muc-do-khuyet-tat",
    "giay-chung-nhan-ho-can-ngheo",
    "giay-chung-nhan-ho-ngheo",
    "giay-chung-nhan-ky-quy",
    "giay-chung-tu",
    "giay-khai-sinh",
    "giay-kham-suc-khoe",
    "giay-phep-cho-thue-lai-lao-dong",
    "giay-phep-dich-vu-viec-lam",
    "giay-phep-lao-dong",
    "giay-xac-nhan-di-hoc",
    "giay-xac-nhan-khuyet-tat",
    "giay-xac-nhan-than-nhan",
    "ly-lich-tu-thuat",
    "phieu-bao-di-chuyen-ho-so",
    "phieu-ly-lich-tu-phap",
    "quyet-dinh-giao-cham-soc-thay-the",
    "quyet-dinh-ho-tro-can-thiep-tre-em",
    "quyet-dinh-ho-tro-mai-tang",
    "quyet-dinh-ho-tro-nha-o",
    "quyet-dinh-huu-tri-xa-hoi",
    "quyet-dinh-tho-cung-liet-si",
    "quyet-dinh-thoi-huong-tro-cap-xa-hoi",
    "quyet-dinh-tiep-nhan-vao-co-so",
    "quyet-dinh-tro-cap-that-nghiep",
    "quyet-dinh-tro-cap-xa-hoi",
    "to-khai-ho-co-nguoi-khuyet-tat",
    "to-khai-ho-tro-mai-tang",
    "to-khai-ho-tro-nha-o",
    "to-khai-tro-giup-xa-hoi",
    "to-khai-vao-co-so-tro-giup-xa-hoi",
    "van-ban-de-nghi-tiep-nhan",
];
