//! How many entries to ask for at once, so that a reply stays within so many bytes.
//!
//! Redis bounds replies by their entries only. The largest entry of the last reply stands for those of the next; the number
//! grows step by step, so that a stream of large messages shows itself before many are asked for.

/// Bytes of a reply, about.
const BYTES: usize = 8 << 20;
const FIRST: usize = 256;
const GROWTH: usize = 4;

/// The number of entries to ask for.
#[derive(Debug)]
pub(super) struct BatchSize {
    count: usize,
    most: usize,
}

impl BatchSize {
    pub(super) fn up_to(most: usize) -> Self {
        Self { count: FIRST.min(most), most }
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Learns how large the largest entry of a reply was.
    pub(super) fn learn(&mut self, largest: usize) {
        let fitting = BYTES / largest.max(1);
        self.count = fitting.min(self.count * GROWTH).clamp(1, self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_stay_within_their_bytes() {
        let mut size = BatchSize::up_to(10_000);
        for (largest, expected) in [(100, 1024), (100, 4096), (100, 10_000), (8 << 10, 1024), (64 << 20, 1), (0, 4)] {
            size.learn(largest);
            assert_eq!(size.count(), expected, "{largest}");
        }
        assert_eq!(BatchSize::up_to(10).count(), 10);
    }
}
