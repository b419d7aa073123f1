//! Rules read and written again, and those that S3 refuses.

use super::{parse, render};

/// Rules as XML come back as they went in, or are refused with a code.
#[track_caller]
fn check(rules: &str, expected: &str) {
    let xml = format!("<LifecycleConfiguration>{rules}</LifecycleConfiguration>");
    let parsed = parse(xml.as_bytes(), String::new(), || "made".to_owned());
    let found = match parsed {
        Ok(parsed) => render(&parsed),
        Err(error) => error.code.name().to_owned(),
    };
    assert!(found.contains(expected), "{rules}\nis {found}");
}

#[track_caller]
fn kept(rule: &str) {
    let rule = format!("<Rule>{rule}</Rule>");
    check(&rule, &rule);
}

const ALL: &str = "<Filter></Filter><Status>Enabled</Status>";
const ONE_DAY: &str = "<Expiration><Days>1</Days></Expiration>";

#[test]
fn rules_come_back_as_they_went_in() {
    let of = |filter: &str| format!("{ONE_DAY}<ID>r</ID>{filter}<Status>Disabled</Status>");
    let tag = "<Tag><Key>k</Key><Value>v&amp;</Value></Tag>";
    kept(&of("<Prefix>log/</Prefix>"));
    kept(&of("<Filter></Filter>"));
    kept(&of("<Filter><Prefix></Prefix></Filter>"));
    kept(&of(&format!("<Filter>{tag}</Filter>")));
    kept(&of(
        "<Filter><ObjectSizeGreaterThan>0</ObjectSizeGreaterThan></Filter>",
    ));
    kept(&of(&format!(
        "<Filter><And><Prefix>a</Prefix>{tag}<ObjectSizeGreaterThan>1</ObjectSizeGreaterThan>\
         <ObjectSizeLessThan>5</ObjectSizeLessThan></And></Filter>"
    )));
    kept(
        "<Expiration><Date>2030-01-01T00:00:00.000Z</Date></Expiration><ID>d</ID><Filter>\
         </Filter><Status>Enabled</Status>",
    );
    kept(
        "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>\
         <ID>m</ID><Filter></Filter><Status>Enabled</Status><NoncurrentVersionExpiration>\
         <NoncurrentDays>3</NoncurrentDays><NewerNoncurrentVersions>2\
         </NewerNoncurrentVersions></NoncurrentVersionExpiration>\
         <AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation>\
         </AbortIncompleteMultipartUpload>",
    );
    check(&format!("<Rule>{ALL}{ONE_DAY}</Rule>"), "<ID>made</ID>");
    let date = "<Expiration><Date>2030-01-01</Date></Expiration>";
    check(&format!("<Rule>{ALL}{date}</Rule>"), "2030-01-01T00:00");
}

#[test]
fn what_s3_refuses_is_refused() {
    let refused = |rule: &str, code: &str| check(&format!("<Rule>{rule}</Rule>"), code);
    let with = |rest: &str| format!("{ALL}{rest}");
    let expiration = |what: &str| with(&format!("<Expiration>{what}</Expiration>"));
    check("", "MalformedXML");
    check(
        &format!("<Rule>{ALL}{ONE_DAY}</Rule>").repeat(1_001),
        "MalformedXML",
    );
    let named = format!("<Rule><ID>a</ID>{ALL}{ONE_DAY}</Rule>");
    check(&named.repeat(2), "InvalidArgument");
    let long = format!("<ID>{}</ID>", "a".repeat(256));
    refused(&format!("{long}{ALL}{ONE_DAY}"), "InvalidArgument");
    refused(&with(""), "InvalidRequest");
    refused(
        &format!("{ONE_DAY}<Status>Enabled</Status>"),
        "MalformedXML",
    );
    refused(
        &with(&format!("<Prefix></Prefix>{ONE_DAY}")),
        "MalformedXML",
    );
    let status = "<Filter></Filter><Status>enabled</Status>";
    refused(&format!("{status}{ONE_DAY}"), "MalformedXML");
    for days in ["0", "-1", "2147483648"] {
        refused(
            &expiration(&format!("<Days>{days}</Days>")),
            "InvalidArgument",
        );
    }
    refused(&expiration("<Days>1.5</Days>"), "MalformedXML");
    refused(&expiration(""), "MalformedXML");
    refused(
        &expiration("<Days>1</Days><Date>2030-01-01T00:00:00Z</Date>"),
        "MalformedXML",
    );
    for date in ["2030-01-01T00:00:01Z", "2030-01-01T00:00:00-06:00", "soon"] {
        refused(
            &expiration(&format!("<Date>{date}</Date>")),
            "InvalidArgument",
        );
    }
}

#[test]
fn actions_and_filters_that_do_not_go_together_are_refused() {
    let refused = |rule: &str, code: &str| check(&format!("<Rule>{rule}</Rule>"), code);
    let with = |rest: &str| format!("{ALL}{rest}");
    let noncurrent = |what: &str| {
        let element = "NoncurrentVersionExpiration";
        with(&format!("<{element}>{what}</{element}>"))
    };
    refused(
        &noncurrent("<NoncurrentDays>0</NoncurrentDays>"),
        "InvalidArgument",
    );
    let keep = "<NewerNoncurrentVersions>1</NewerNoncurrentVersions>";
    refused(&noncurrent(keep), "MalformedXML");
    for keep in ["0", "101"] {
        let keep = format!(
            "<NoncurrentDays>1</NoncurrentDays><NewerNoncurrentVersions>{keep}\
             </NewerNoncurrentVersions>"
        );
        refused(&noncurrent(&keep), "InvalidArgument");
    }
    refused(
        &with("<Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition>"),
        "NotImplemented",
    );
    refused(&with("<Unknown>1</Unknown>"), "MalformedXML");
    let tag = "<Tag><Key>k</Key><Value>v</Value></Tag>";
    let filtered = |filter: &str, action: &str| {
        format!("<Filter>{filter}</Filter><Status>Enabled</Status>{action}")
    };
    refused(
        &filtered(&format!("<Prefix>a</Prefix>{tag}"), ONE_DAY),
        "MalformedXML",
    );
    refused(
        &filtered("<And><Prefix>a</Prefix></And>", ONE_DAY),
        "MalformedXML",
    );
    refused(
        &filtered(&format!("<And>{tag}{tag}</And>"), ONE_DAY),
        "InvalidRequest",
    );
    let marker = "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>\
                  </Expiration>";
    refused(&filtered(tag, marker), "InvalidRequest");
    let abort = "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1\
                 </DaysAfterInitiation></AbortIncompleteMultipartUpload>";
    refused(&filtered(tag, abort), "InvalidRequest");
    refused(
        &filtered(
            "<And><ObjectSizeGreaterThan>5</ObjectSizeGreaterThan><ObjectSizeLessThan>5\
             </ObjectSizeLessThan></And>",
            ONE_DAY,
        ),
        "InvalidRequest",
    );
}
