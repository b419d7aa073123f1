//! Rows of the index, changed and exchanged with its key.

use crate::rig::{OBJECTS, Rig};

/// Exchanges columns of two rows, found by their objects' keys.
pub(crate) fn exchange(table: &str, columns: &[&str], id: &str, one: &str, two: &str) -> String {
    let of = |key: &str| match table {
        "objects" => format!("CAST('{key}' AS BLOB)"),
        "details" => {
            format!("(SELECT sequence FROM objects WHERE object_key = CAST('{key}' AS BLOB))")
        }
        _ => format!(
            "(SELECT upload_number FROM details JOIN objects USING (sequence)
              WHERE object_key = CAST('{key}' AS BLOB))"
        ),
    };
    let (one, two) = (of(one), of(two));
    let mut sql = format!(
        "CREATE TEMP TABLE held AS SELECT {id} AS row, * FROM {table} WHERE {id} IN ({one}, {two});"
    );
    // Unique columns pass through no value on their way.
    if columns.contains(&"blob_id") {
        sql += &format!("UPDATE {table} SET blob_id = NULL WHERE {id} IN ({one}, {two});");
    }
    let sets: Vec<String> = columns
        .iter()
        .map(|column| {
            format!("{column} = (SELECT held.{column} FROM held WHERE held.row <> {table}.{id})")
        })
        .collect();
    sql + &format!(
        "UPDATE {table} SET {} WHERE {id} IN ({one}, {two});",
        sets.join(", ")
    )
}

#[test]
fn exchanged_rows_do_not_open() {
    let rig = Rig::new();
    let small = ["chico-1", "chico-2"];
    let large = ["grande-1", "grande-2"];
    let parts = ["partes-1", "partes-2"];
    for (columns, pair) in [
        (&["inline_body"][..], small),
        (&["wrapped_key"][..], small),
        (&["inline_body", "wrapped_key"][..], small),
        (&["blob_id"][..], large),
        (&["wrapped_key"][..], large),
        (&["blob_id", "wrapped_key"][..], large),
        (&["upload_number"][..], parts),
    ] {
        rig.with_index(
            &exchange("details", columns, "sequence", pair[0], pair[1]),
            &pair,
        );
    }
    for columns in [
        &["blob_id"][..],
        &["wrapped_key"][..],
        &["blob_id", "wrapped_key"][..],
    ] {
        let sql = exchange("pieces", columns, "upload_number", parts[0], parts[1]);
        rig.with_index(&sql, &parts);
    }
    for pair in [small, large, parts] {
        rig.with_index(
            &exchange("objects", &["sequence"], "object_key", pair[0], pair[1]),
            &pair,
        );
    }
}

#[test]
fn changed_rows_do_not_open() {
    let rig = Rig::new();
    let of = |key: &str| {
        format!("(SELECT sequence FROM objects WHERE object_key = CAST('{key}' AS BLOB))")
    };
    let set =
        |what: &str, key: &str| format!("UPDATE details SET {what} WHERE sequence = {}", of(key));
    let object = |what: &str, key: &str| {
        format!("UPDATE objects SET {what} WHERE object_key = CAST('{key}' AS BLOB)")
    };
    rig.with_index(&set("wrapped_key = zeroblob(68)", "chico-1"), &["chico-1"]);
    rig.with_index(&set("wrapped_key = x''", "grande-1"), &["grande-1"]);
    rig.with_index(
        &set("inline_body = substr(inline_body, 2)", "chico-1"),
        &["chico-1"],
    );
    rig.with_index(&set("inline_body = x''", "chico-1"), &["chico-1"]);
    rig.with_index(&set("blob_id = zeroblob(16)", "grande-1"), &["grande-1"]);
    rig.with_index(&set("blob_id = NULL", "grande-1"), &["grande-1"]);
    // A size or a version that is not the sealed one; sizes are shown before anything is opened.
    for key in ["chico-1", "grande-1", "partes-1"] {
        rig.with_index(&object("size_bytes = size_bytes - 1", key), &[key]);
        rig.with_index(&object("size_bytes = size_bytes + 1", key), &[key]);
        rig.with_index(&object("size_bytes = 0", key), &[key]);
    }
    for key in ["chico-1", "grande-1"] {
        rig.with_index(&object("version_id = zeroblob(16)", key), &[key]);
    }
    // Under another name, and in another bucket's place.
    rig.with_index(
        "UPDATE objects SET object_key = CAST('chico-3' AS BLOB)
             WHERE object_key = CAST('chico-2' AS BLOB);
         UPDATE objects SET object_key = CAST('chico-2' AS BLOB)
             WHERE object_key = CAST('chico-1' AS BLOB);
         UPDATE objects SET object_key = CAST('chico-1' AS BLOB)
             WHERE object_key = CAST('chico-3' AS BLOB);",
        &["chico-1", "chico-2"],
    );
    rig.with_index(
        "UPDATE buckets SET bucket_id = bucket_id + 100000;
         UPDATE objects SET bucket_id = bucket_id + 100000;",
        &OBJECTS.map(|(name, _, _)| name),
    );
}
