//! UploadPartCopy. Source: AWS S3 API Reference, "UploadPartCopy".

use super::code::Code;
use super::copy_object;
use super::copy_object::Source;
use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn upload_part_copy(req: &S3Request) -> Result<Reply, S3Error> {
    let part_number = req.part_number()?;
    let upload_id = req.upload_id()?;
    let (permit, _) = req.permit_object().await?;
    let source = Source::find(req).await?;
    let range = source.range(req)?;
    if range.end - range.start > req.house.put_bytes_max {
        return Err(Code::EntityTooLarge.into());
    }
    let copied = source.version.clone();
    let body = source.body(req, range, None).await?;
    let stored = req
        .store()
        .put_part(&permit, &req.draft(), upload_id, part_number, body)
        .await?;
    Ok(Reply::committed(stored, |part| {
        let mut response = reply::xml(copy_object::render("CopyPartResult", &part));
        reply::set(&mut response, reply::ENCRYPTION);
        if let Some((name, value)) = &copied {
            reply::set(&mut response, (name, value));
        }
        response
    }))
}
