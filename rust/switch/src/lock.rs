//! The mutex of the packet path. With the feature `testkit` every lock that is taken counts, for the benchmark that
//! tells how many a frame costs; without it this is `parking_lot`'s and nothing else.

#[cfg(not(feature = "testkit"))]
pub use parking_lot::Mutex;
pub use parking_lot::MutexGuard;

#[cfg(feature = "testkit")]
pub use counted::{Mutex, taken};

#[cfg(feature = "testkit")]
mod counted {
    use super::MutexGuard;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    static TAKEN: AtomicU64 = AtomicU64::new(0);

    /// A mutex that counts.
    #[derive(Debug, Default)]
    pub struct Mutex<T>(parking_lot::Mutex<T>);

    impl<T> Mutex<T> {
        /// Around a value.
        pub const fn new(value: T) -> Self {
            Self(parking_lot::Mutex::new(value))
        }

        /// Take it.
        pub fn lock(&self) -> MutexGuard<'_, T> {
            TAKEN.fetch_add(1, Relaxed);
            self.0.lock()
        }
    }

    /// How many locks were taken so far, in the whole process.
    pub fn taken() -> u64 {
        TAKEN.load(Relaxed)
    }
}
