//! UploadPart. Source: AWS S3 API Reference, "UploadPart".

use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn upload_part(req: &S3Request) -> Result<Reply, S3Error> {
    let part_number = req.part_number()?;
    let upload_id = req.upload_id()?;
    let document = req.document()?;
    let (permit, _) = req.permit_object().await?;
    let stored = req
        .store()
        .put_part(&permit, &req.draft(), upload_id, part_number, document)
        .await?;
    Ok(Reply::committed(stored, |part| {
        let mut builder = reply::builder(200);
        builder
            .insert_header(("etag", part.etag.to_string()))
            .insert_header(reply::ENCRYPTION);
        if let Some(checksum) = &part.checksum {
            builder.insert_header((checksum.value.algorithm().header(), checksum.text()));
        }
        builder.finish().map_into_boxed_body()
    }))
}
