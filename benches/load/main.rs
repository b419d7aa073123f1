//! The load generator: measures a server of this build, and what it is compared with in the same
//! run, and prints both as Markdown. `docs/PERFORMANCE.md` says how to read it.
//!
//! ```text
//! cargo bench --bench load -- [MEASURE…] [--quick] [--dir DIR]
//!     [--garage URL,KEY_ID,SECRET[,REGION]]
//! ```
//!
//! The server runs as a process of its own, and so does each comparison that serves HTTP, so that
//! the processor time of each can be told from the load generator's. Rounds alternate: what slows
//! the machine down slows all of them down. Every answer is compared with what it must be; a wrong
//! one ends the run.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    reason = "a measure that cannot go on should stop, and prints what it found"
)]
#![expect(
    unreachable_pub,
    reason = "in a program, `pub` says what a module has for the others"
)]

mod arguments;
mod baseline;
mod client;
mod content;
mod measures;
mod process;
mod report;
mod rounds;
mod signer;
mod stocked;
mod target;

fn main() {
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() == Some(baseline::bare::WORD) {
        baseline::bare::serve(words);
        return;
    }
    let arguments = match arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(usage) => {
            eprintln!("{usage}");
            std::process::exit(2);
        }
    };
    let mut report = report::Report::default();
    for measure in &arguments.measures {
        eprintln!("{} …", measure.name());
        measure.run(&arguments, &mut report);
    }
    println!("{report}");
}
