//! Pages of 1,000 entries, from buckets of 10,000 and of 1,000,000 keys.

use crate::arguments::Arguments;
use crate::content::Numbers;
use crate::report::{Reach, Report};
use crate::rounds::{Series, turn};
use crate::stocked::{Stock, fill};
use crate::target::{Place, Target};

const PAGE: u64 = 1_000;

const SMALL: Stock = Stock {
    bucket: "lista-diez-mil",
    keys: 10_000,
    in_folder: 5,
};
const LARGE: Stock = Stock {
    bucket: "lista-un-millon",
    keys: 1_000_000,
    in_folder: 5,
};
/// As many folders as the small one has, each with a hundred times as many keys.
const DEEP: Stock = Stock {
    bucket: "lista-honda",
    keys: 1_000_000,
    in_folder: 500,
};

pub fn run(arguments: &Arguments, report: &mut Report) {
    let place = Place::new(arguments);
    let target = place.serve();
    for stock in [SMALL, LARGE, DEEP] {
        target.make_bucket(stock.bucket);
    }
    let Target { process, .. } = target;
    process.unwrap().stop();
    fill(&place, &[SMALL, LARGE, DEEP]);
    let target = place.serve();

    let mut plain = [SMALL, LARGE].map(|stock| Contest::new(stock, false));
    let mut folded = [SMALL, LARGE, DEEP].map(|stock| Contest::new(stock, true));
    for round in 0..arguments.rounds() {
        for contest in plain.iter_mut().chain(&mut folded) {
            contest.take_turn(&target, arguments, round);
        }
    }
    tell(report, &target, "LIST page of 1,000", &plain);
    tell(report, &target, "LIST page of 1,000, delimiter /", &folded);
    report.note(
        "LIST: pages begin at places without pattern, one after the other over one connection.",
    );
}

fn tell(report: &mut Report, target: &Target, measure: &str, contests: &[Contest]) {
    let cost = |contest: &Contest| contest.series.percentile(0.5).as_secs_f64();
    let Some((small, larger)) = contests.split_first() else {
        return;
    };
    for large in larger {
        let ratio = cost(large) / cost(small);
        let measure = format!("{measure}: {}", large.series.name);
        report.ratio(&measure, &small.series.name, ratio, &Reach::AtMost(1.5));
    }
    for contest in contests {
        report.series(measure, &contest.series, target, (1.0, "pages/s"));
    }
}

/// Pages of one kind from one bucket.
struct Contest {
    stock: Stock,
    is_folded: bool,
    series: Series,
}

impl Contest {
    fn new(stock: Stock, is_folded: bool) -> Self {
        let Stock {
            keys, in_folder, ..
        } = stock;
        let series = match is_folded {
            false => Series::new(format!("{keys} keys")),
            true => Series::new(format!("{keys} keys, {in_folder} in a folder")),
        };
        Self {
            stock,
            is_folded,
            series,
        }
    }

    fn take_turn(&mut self, target: &Target, arguments: &Arguments, round: usize) {
        let Self {
            stock, is_folded, ..
        } = self;
        let (entry, keys_a_page, delimiter) = match is_folded {
            false => ("<Contents>", PAGE, ""),
            true => ("<CommonPrefixes>", PAGE * stock.in_folder, "delimiter=%2F&"),
        };
        // Pages are full: none begins in the last one.
        let starts = stock.keys - keys_a_page;
        let numbers = std::cell::RefCell::new(Numbers(round as u64));
        let path = format!("/{}", stock.bucket);
        let length = arguments.turn() / 2;
        let taken = turn(target, 1, length, async |connection, _, _| {
            let after = stock
                .key(numbers.borrow_mut().below(starts))
                .replace('/', "%2F");
            let query = format!("{delimiter}list-type=2&max-keys={PAGE}&start-after={after}");
            let (status, body) = connection.ask("GET", &path, &query).await;
            assert_eq!(status, 200, "LIST {path}?{query}");
            let text = String::from_utf8_lossy(&body);
            let found = text.matches(entry).count() as u64;
            assert_eq!(found, PAGE, "LIST {path}?{query}");
        });
        self.series.add(taken);
    }
}
