//! Shares with their intervals.

use std::fmt;

/// Right answers of so many.
#[derive(Default, Clone, Copy, Debug)]
pub(super) struct Score {
    pub right: usize,
    pub of: usize,
}

impl Score {
    pub fn add(&mut self, right: bool) {
        self.of += 1;
        self.right += usize::from(right);
    }

    /// The share and its 95 % interval (Wilson 1927), each 0..=1.
    fn interval(self) -> [f64; 3] {
        let (n, p, z) = (self.of.max(1) as f64, self.right as f64 / self.of.max(1) as f64, 1.96f64);
        let middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
        let reach = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        [p, middle - reach, middle + reach]
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [share, low, high] = self.interval().map(|x| 100.0 * x);
        write!(f, "{:>5} {share:>6.1}%   {low:.1}-{high:.1}", self.of)
    }
}
