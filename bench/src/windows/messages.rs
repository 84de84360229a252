//! Made-up antenna messages: packets and loss uniform, latency gamma distributed, one every 5 ms.

use anyhow::Result;
use std::fmt::Write as _;
use std::path::Path;

pub(super) const START_S: f64 = 1_700_000_000.0;
const FILES: usize = 20;
const STEP_S: f64 = 0.005;

/// Writes files of messages of antennas in random order.
pub(super) fn write(directory: &Path, messages: usize, antennas: usize) -> Result<()> {
    let mut random = Random(1);
    for file in 0..FILES {
        let mut text = String::new();
        for message in file * messages / FILES..(file + 1) * messages / FILES {
            let antenna = random.below(antennas);
            line(&mut text, antenna, START_S + message as f64 * STEP_S, &mut random)?;
        }
        std::fs::write(directory.join(format!("{file:03}.json")), text)?;
    }
    Ok(())
}

/// Appends a message.
pub(super) fn line(text: &mut String, antenna: usize, timestamp_s: f64, random: &mut Random) -> Result<()> {
    let (packets, loss) = (100 + random.below(401), random.below(51));
    // Gamma of shape 2 and scale 20 is the sum of two exponentials.
    let latency = -20.0 * (random.uniform().ln() + random.uniform().ln());
    writeln!(
        text,
        "{{\"antenna_id\":\"ant-{antenna:04}\",\"timestamp\":{timestamp_s:.3},\"packets\":{packets},\"loss\":{loss},\
         \"latency\":{latency:.2}}}"
    )?;
    Ok(())
}

/// `SplitMix64`.
pub(super) struct Random(pub(super) u64);

impl Random {
    /// In (0, 1).
    pub(super) fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (((bits ^ (bits >> 31)) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        (self.uniform() * limit as f64) as usize
    }
}
