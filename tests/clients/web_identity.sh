#!/usr/bin/env bash
# The AWS command line, version 1 ($CLIENT), that has no key but the token of an identity
# provider in a file, which it exchanges by itself.
set -euxo pipefail
cd "$WORK_DIR"
export AWS_MAX_ATTEMPTS=1 AWS_PAGER=
export AWS_ENDPOINT_URL="$S3_ENDPOINT"

# First with the lasting key: what a caller is, and a session made by hand.
[ "$("$CLIENT" sts get-caller-identity --query Account --output text)" = agencia ]
role=arn:aws:iam::agencia:role/agency-admin
"$CLIENT" sts assume-role --role-arn "$role" --role-session-name mano \
    --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output text >session
read -r id secret token <session
(
    export AWS_ACCESS_KEY_ID=$id AWS_SECRET_ACCESS_KEY=$secret AWS_SESSION_TOKEN=$token
    "$CLIENT" s3 mb s3://sesiones
)
if "$CLIENT" sts assume-role --role-arn "${role%agency-admin}reader" \
    --role-session-name mano 2>refusal; then exit 1; fi
grep '(AccessDenied)' refusal

"$CLIENT" configure set default.s3.signature_version s3v4
# Then without any key.
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
printf %s "$ACERVO_BEARER_TOKEN" >token
export AWS_WEB_IDENTITY_TOKEN_FILE="$PWD/token" AWS_ROLE_ARN="$role" AWS_ROLE_SESSION_NAME=turno
[ "$("$CLIENT" sts get-caller-identity --query Arn --output text)" \
    = arn:aws:sts::agencia:assumed-role/agency-admin/turno ]
head --bytes=9000000 /dev/urandom >document
"$CLIENT" s3 cp document s3://sesiones/acta --only-show-errors
"$CLIENT" s3 cp s3://sesiones/acta back --only-show-errors
cmp document back
curl --fail --silent "$("$CLIENT" s3 presign s3://sesiones/acta)" | cmp document -
"$CLIENT" s3 rb s3://sesiones --force
