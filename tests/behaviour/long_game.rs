//! What is left of a long game in the minds of those who lived it.

#[expect(unreachable_pub, reason = "the command `persona bench game` plays the same game")]
#[path = "../../src/bin/persona/bench/life.rs"]
mod life;

use life::play;

fn assert_kept(people: usize, hours: f64) {
    let outcome = play(people, hours);
    println!("{outcome:?}, played in {:.1} s", outcome.seconds);
    assert!(outcome.talks > 20 && outcome.saves > 3 && outcome.loads > 0, "much has gone on: {outcome:?}");
    assert!(outcome.days > 20.0, "and time has passed: {outcome:?}");
    assert!(outcome.most_bytes * 2 > outcome.budget, "there was more than could be kept: {outcome:?}");
    // What is learned between two times of forgetting comes on top.
    assert!(outcome.most_bytes < outcome.budget + outcome.budget / 8, "all stay inside their budget: {outcome:?}");
    assert_eq!(outcome.authored_lost, 0, "what the author wrote stays");
    assert!(outcome.knows, "who was there on the first day knows what happened: {outcome:?}");
    assert!(outcome.remembers, "and remembers it: {outcome:?}");
}

#[test]
fn an_hour_among_twenty_leaves_what_mattered() {
    assert_kept(20, 1.0);
}

#[test]
#[ignore = "takes minutes"]
fn ten_hours_among_a_hundred_leave_what_mattered() {
    assert_kept(100, 10.0);
}
