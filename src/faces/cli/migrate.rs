//! `sohoa migrate`: brings a database up to date as its owner, and gives the service's role what it needs.

use clap::Args;

use super::{Exit, Place, Stop};
use crate::workflows::administer::{self, GrantError};

#[derive(Args)]
pub(super) struct MigrateArgs {
    #[command(flatten)]
    place: Place,
    /// Vai trò PostgreSQL mà dịch vụ dùng: được cấp đúng các quyền cần thiết, không sửa hay xóa được nhật ký
    #[arg(long, value_name = "ROLE")]
    service_role: Option<String>,
}

pub(super) async fn migrate(args: MigrateArgs) -> Result<Exit, Stop> {
    let ctx = super::open(&args.place.config()?, None, None).await?;
    println!("Cơ sở dữ liệu đã đúng phiên bản của chương trình.");
    if let Some(role) = &args.service_role {
        administer::grant(&ctx, role).await.map_err(|error| match error {
            GrantError::NotPostgres => Stop::usage(error.to_string()),
            GrantError::Store(error) => error.into(),
        })?;
        println!("Đã cấp quyền cho vai trò “{role}”: không sửa, không xóa được nhật ký.");
    }
    Ok(Exit::Done)
}
