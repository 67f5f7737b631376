//! Which numbers pass.

use std::collections::HashSet;

use etherloom_wire::acceleration::Window;
use proptest::prelude::*;

#[test]
fn a_number_passes_once_in_any_order() {
    let mut window = Window::default();
    for number in [5, 1, 9, 3_000] {
        assert!(window.take(number));
        assert!(!window.take(number));
    }
    assert!(window.take(2), "it is late and was never seen");
}

#[test]
fn what_fell_out_of_the_window_never_passes() {
    let mut window = Window::default();
    assert!(window.take(10_000));
    assert!(!window.take(10_000 - 4_096));
    assert!(window.take(10_000 - 4_095));
    assert!(window.take(u64::MAX));
    assert!(!window.take(10_001));
    assert!(!window.take(0));
}

proptest! {
    #[test]
    fn nothing_passes_twice(numbers in prop::collection::vec(prop_oneof![1..20_000_u64, 1..300_u64, any::<u64>()], 1..400)) {
        let mut window = Window::default();
        let mut passed = HashSet::new();
        for number in numbers {
            if window.take(number) {
                prop_assert!(passed.insert(number));
            }
        }
    }

    #[test]
    fn the_highest_always_passes_and_the_near_ones_too(steps in prop::collection::vec(1..5_000_u64, 1..50)) {
        let mut window = Window::default();
        let mut highest = 0;
        for step in steps {
            highest += step;
            prop_assert!(window.take(highest));
            for late in highest.saturating_sub(step.min(4_096) - 1)..highest {
                prop_assert!(window.take(late));
            }
        }
    }
}
