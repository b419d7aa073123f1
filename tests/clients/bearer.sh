#!/usr/bin/env bash
# curl with the Bearer token that an application already holds: no signature, no SDK.
set -euxo pipefail
cd "$WORK_DIR"
bucket="$S3_ENDPOINT/bearer-curl"

# bearer ARGUMENTS…: a request with the token; its status on standard output, its body in `answer`.
bearer() {
    curl --silent --show-error --max-time 60 --output answer --write-out '%{http_code}' \
        --header "Authorization: Bearer $ACERVO_BEARER_TOKEN" "$@"
}
# with TOKEN ARGUMENTS…: the same with another token.
with() { ACERVO_BEARER_TOKEN=$1 bearer "${@:2}"; }

head --bytes=300000 /dev/urandom >document
[ "$(bearer --request PUT "$bucket")" = 200 ]
[ "$(bearer --upload-file document "$bucket/actas/uno.pdf")" = 200 ]
[ "$(bearer "$bucket/actas/uno.pdf")" = 200 ]
cmp document answer
[ "$(bearer --range 100-299 "$bucket/actas/uno.pdf")" = 206 ]
cmp answer <(head --bytes=300 document | tail --bytes=200)
[ "$(bearer --head "$bucket/actas/uno.pdf")" = 200 ]
grep --ignore-case 'content-type: application/pdf' answer

# A body whose length nobody announced: chunked, as a pipe gives it.
status=$(bearer --upload-file - "$bucket/actas/dos.pdf" <document)
[ "$status" = 200 ] || [ "$status" = 411 ]
if [ "$status" = 200 ]; then
    bearer "$bucket/actas/dos.pdf"
    cmp document answer
    bearer --request DELETE "$bucket/actas/dos.pdf"
fi

[ "$(bearer "$bucket?list-type=2&prefix=actas/")" = 200 ]
grep '<Key>actas/uno.pdf</Key>' answer
grep '<KeyCount>1</KeyCount>' answer
[ "$(bearer "$S3_ENDPOINT/")" = 200 ]
grep '<Name>bearer-curl</Name>' answer

# A token that was changed, in each of its three pieces, opens nothing and is told so.
IFS=. read -r header claims signature <<<"$ACERVO_BEARER_TOKEN"
none=$(printf '{"alg":"none","typ":"JWT"}' | base64 --wrap=0 | tr '+/' '-_' | tr -d =)
flipped() { printf %s "$1" | sed -E 's/^(.{9})(.)/\1\n\2/' | sed '2s/^A/B/;t;2s/^./A/' | tr -d '\n'; }
for token in \
    "$header.$claims.$(flipped "$signature")" \
    "$header.$(flipped "$claims").$signature" \
    "$none.$claims." "$none.$claims.$signature" \
    "$header.$claims" "$header.$claims.$signature.x" not-a-token; do
    [ "$token" != "$ACERVO_BEARER_TOKEN" ]
    status=$(with "$token" "$bucket/actas/uno.pdf")
    [ "$status" = 400 ] || [ "$status" = 401 ] || [ "$status" = 403 ]
    grep '<Message>..*</Message>' answer
    grep '<RequestId>..*</RequestId>' answer
    # What was refused is said without repeating the token.
    if grep --fixed-strings "$claims" answer; then exit 1; fi
    with "$token" --upload-file /dev/null "$bucket/actas/uno.pdf" | grep '^40'
done
[ "$(bearer "$bucket/actas/uno.pdf")" = 200 ]
cmp document answer

# Nobody at all, and two identities at once.
[ "$(curl --silent --output answer --write-out '%{http_code}' "$bucket/actas/uno.pdf")" = 403 ]
grep '<Code>AccessDenied</Code>' answer
[ "$(bearer --header 'Authorization: Bearer x' "$bucket/actas/uno.pdf")" = 400 ]

[ "$(bearer --request DELETE "$bucket")" = 409 ]
[ "$(bearer --request DELETE "$bucket/actas/uno.pdf")" = 204 ]
[ "$(bearer "$bucket/actas/uno.pdf")" = 404 ]
[ "$(bearer --request DELETE "$bucket")" = 204 ]
