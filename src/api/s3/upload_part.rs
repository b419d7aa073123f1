//! UploadPart. Source: AWS S3 API Reference, "UploadPart".

use crate::store::uploads::NewPart;
use crate::store::uploads::PartSum;

use super::encryption;
use super::encryption::About;
use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn upload_part(req: &S3Request) -> Result<Reply, S3Error> {
    let number = req.part_number()?;
    let customer = encryption::customer_key(req)?;
    let document = req.document()?;
    let (permit, _) = req.permit_object().await?;
    let new_part = NewPart {
        number,
        upload_id: req.upload_id()?,
        customer,
        sum: PartSum::Named(document.named_checksum()),
    };
    let stored = req
        .store()
        .put_part(&permit, &req.draft(), new_part, document)
        .await?;
    Ok(Reply::committed(stored, |part| {
        let mut builder = reply::builder(200);
        builder.insert_header(("etag", part.etag.to_string()));
        encryption::describe(req, &mut builder, &part.encryption, About::Stored);
        if let Some(checksum) = &part.checksum {
            builder.insert_header((checksum.value.algorithm().header(), checksum.text()));
        }
        builder.finish().map_into_boxed_body()
    }))
}
