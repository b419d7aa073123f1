//! UploadPartCopy. Source: AWS S3 API Reference, "UploadPartCopy".

use crate::store::uploads::NewPart;
use crate::store::uploads::PartSum;

use super::code::Code;
use super::copy_object;
use super::copy_object::Source;
use super::encryption;
use super::encryption::About;
use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn upload_part_copy(req: &S3Request) -> Result<Reply, S3Error> {
    let number = req.part_number()?;
    let customer = encryption::customer_key(req)?;
    let (permit, _) = req.permit_object().await?;
    let source = Source::find(req).await?;
    let new_part = NewPart {
        number,
        upload_id: req.upload_id()?,
        customer,
        sum: PartSum::Copied,
    };
    let range = source.range(req)?;
    if range.end - range.start > req.house.put_bytes_max {
        return Err(Code::EntityTooLarge.into());
    }
    let copied = source.version.clone();
    let body = source.body(req, range, None).await?;
    let stored = req
        .store()
        .put_part(&permit, &req.draft(), new_part, body)
        .await?;
    Ok(Reply::committed(stored, |part| {
        let mut response = reply::xml(copy_object::render("CopyPartResult", &part));
        if let Some((name, value)) = &copied {
            reply::set(&mut response, (name, value));
        }
        encryption::set(req, &mut response, &part.encryption, About::Stored);
        response
    }))
}
