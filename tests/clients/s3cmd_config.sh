# To be sourced where s3cmd is to work: writes its configuration there.
host=${S3_ENDPOINT#http://}
cat >s3cfg <<END
[default]
access_key = $AWS_ACCESS_KEY_ID
secret_key = $AWS_SECRET_ACCESS_KEY
bucket_location = $AWS_DEFAULT_REGION
host_base = $host
host_bucket = $host
use_https = False
multipart_chunk_size_mb = 5
END
