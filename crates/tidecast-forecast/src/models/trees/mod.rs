//! Gradient-boosted trees on lags, means and the calendar: one forest for all series of a panel.
//!
//! A row is a series, an origin and a step ahead of it; the trees answer the value there relative to the mean of the
//! newest week, in units of the series' usual seasonal change. Inputs are binned, trees grow leaf by leaf on
//! histograms and minimise absolute errors, as LightGBM does (Ke et al., 2017), so that the forecast is a median.

mod bins;
mod boosting;
mod design;
mod forest;
mod growth;
mod histogram;
mod kinship;
mod layout;
mod loss;
mod random;
mod sample;
mod series;
mod table;
mod tree;

use super::{Control, Fit, FitError, FitResult, FitSettings, Fitted, Model, seasonal_naive};
use crate::artifact::{Artifact, LoadError};
use crate::history::Past;
use crate::season::Cycle;
use crate::tuned::Knob;
use boosting::Boosting;
use design::Design;
use forest::Forest;
use layout::Layout;
use loss::Loss;
use sample::Source;
use serde::{Deserialize, Serialize};
use series::Character;
use std::sync::Arc;
use table::Blocks;
use tidecast_core::series::RegularSeries;

/// The model.
#[derive(Clone, Copy, Debug)]
pub struct Trees;

const NAME: &str = "trees";
const TREES: Knob = Knob { name: "trees.count", values: &[150.0, 75.0, 300.0] };
const LEAVES: Knob = Knob { name: "trees.leaves", values: &[31.0, 12.0, 20.0] };
const RATE: Knob = Knob { name: "trees.rate", values: &[0.08, 0.04, 0.12] };
/// 1 to minimise squared instead of absolute errors.
const SQUARED: Knob = Knob { name: "trees.squared", values: &[0.0, 1.0] };
/// Origins answered at a time, which bounds memory.
const ORIGINS: usize = 32;

impl Model for Trees {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is_iterative(&self) -> bool {
        true
    }

    fn minimum_history(&self, cycle: Cycle) -> usize {
        Layout::minimum_history(cycle)
    }

    fn knobs(&self) -> &'static [Knob] {
        &[TREES, LEAVES, RATE, SQUARED]
    }

    fn fit(&self, panel: &[RegularSeries], settings: &FitSettings, control: &Control<'_>) -> Vec<FitResult> {
        let mut results: Vec<Option<FitResult>> = panel.iter().map(|_| None).collect();
        let mut alike: Vec<(Layout, i64, Vec<usize>)> = Vec::new();
        for (index, series) in panel.iter().enumerate() {
            let cycle = Cycle::of(series, settings.season);
            match Layout::new(cycle, settings.horizon, series.len()) {
                Some(layout) => {
                    let place =
                        alike.iter_mut().find(|(have, step_ms, _)| (*have, *step_ms) == (layout, series.step_ms));
                    match place {
                        Some((_, _, members)) => members.push(index),
                        None => alike.push((layout, series.step_ms, vec![index])),
                    }
                }
                None => {
                    let needed = (NAME, Layout::needed(cycle, settings.horizon));
                    results[index] = Some(Ok(seasonal_naive::fit_one(series, settings, Some(needed))));
                }
            }
        }
        let mut done = 0;
        for (layout, _, members) in &alike {
            let group: Vec<&RegularSeries> = members.iter().map(|index| &panel[*index]).collect();
            let end = done + members.len();
            let part = done as f64 / panel.len() as f64..end as f64 / panel.len() as f64;
            let fitted = control.within(part, |control| fit_alike(*layout, &group, settings, control));
            done = end;
            for (index, fitted) in members.iter().zip(fitted.into_iter().flatten()) {
                results[*index] = Some(Ok(Fit { fitted: Arc::new(fitted), note: None }));
            }
        }
        results.into_iter().map(|result| result.unwrap_or(Err(FitError::Cancelled))).collect()
    }

    fn load(&self, artifact: &Artifact) -> Result<Arc<dyn Fitted>, LoadError> {
        let Parameters { layout, character } = artifact.get(NAME)?;
        if !(layout.is_sound() && character.is_sound()) {
            return Err(LoadError::Damaged("the layout of its trees is impossible".to_owned()));
        }
        let forest = Forest::load(artifact, layout.width())?;
        Ok(Arc::new(FittedTrees { layout, character, forest: Arc::new(forest) }))
    }
}

/// How the trees are boosted.
fn boosting(settings: &FitSettings) -> Boosting {
    let knob = |knob: Knob| settings.knob(knob.name, knob.values[0]);
    Boosting {
        loss: if knob(SQUARED) > 0.5 { Loss::Squared } else { Loss::Quantile(0.5) },
        trees: knob(TREES).clamp(1.0, 10_000.0) as usize,
        leaves: knob(LEAVES).max(1.0) as usize,
        rate: knob(RATE).clamp(1e-4, 1.0),
        rows: 0.5,
        inputs: 0.5,
        least_rows: 20,
        penalty: 0.0,
        seed: settings.seed,
    }
}

/// Fits series of one layout together. `None` when stopped.
fn fit_alike(
    layout: Layout,
    panel: &[&RegularSeries],
    settings: &FitSettings,
    control: &Control<'_>,
) -> Option<Vec<FittedTrees>> {
    let (sources, characters): (Vec<Source<'_>>, Vec<Character>) = panel
        .iter()
        .map(|series| {
            let (values, character) = Character::of(series, &layout);
            let first_step = series.start_ms.div_euclid(series.step_ms.max(1));
            let design = Design::new(layout, character, &values, first_step);
            (Source { design, actual: &series.values }, character)
        })
        .unzip();
    let forest = Arc::new(Forest::fit(&sources, &layout, &boosting(settings), control)?);
    let fitted = |character| FittedTrees { layout, character, forest: Arc::clone(&forest) };
    Some(characters.into_iter().map(fitted).collect())
}

/// Small parameters as saved.
#[derive(Serialize, Deserialize)]
struct Parameters {
    layout: Layout,
    character: Character,
}

/// The trees of a panel, and what they need to know of one of its series.
struct FittedTrees {
    layout: Layout,
    character: Character,
    forest: Arc<Forest>,
}

impl FittedTrees {
    /// The newest values, scaled.
    fn design(&self, past: Past<'_>) -> Design {
        let memory = self.layout.memory();
        let recent = &past.values[past.values.len().saturating_sub(memory)..];
        // A history shorter than the memory only arises from a damaged file: what is missing is taken as the first.
        let padding = std::iter::repeat_n(recent.first().copied().unwrap_or(0.0), memory - recent.len());
        let scale = self.character.scale;
        let values: Vec<f64> = padding.chain(recent.iter().copied()).map(|value| value / scale).collect();
        let first_step = past.next_step.saturating_sub(i64::try_from(memory).unwrap_or(0));
        Design::new(self.layout, self.character, &values, first_step)
    }

    /// Forecasts the next steps of every design, in scaled units.
    fn answer(&self, designs: &[Design], steps: usize) -> Vec<Vec<f64>> {
        let (width, shared) = (self.layout.width(), self.layout.shared());
        let bins = &self.forest.bins;
        let mut blocks = Blocks::new(width);
        let mut row = vec![0.0; width];
        let mut codes = vec![0; width];
        for design in designs {
            let origin = design.len();
            design.write_shared(origin, &mut row[..shared]);
            let mut coded = 0;
            for ahead in 0..steps {
                design.write_ahead(origin, ahead, &mut row[shared..]);
                // Those of the origin stay as they are from the first step on.
                for input in coded..width {
                    codes[input] = bins.code(input, row[input]);
                }
                coded = shared;
                blocks.push(&codes);
            }
        }
        let answers = self.forest.answer(&blocks);
        let rows = designs.iter().zip(answers.chunks(steps.max(1)));
        rows.map(|(design, row)| {
            let level = design.level(design.len());
            row.iter().map(|answer| level + f64::from(*answer)).collect()
        })
        .collect()
    }
}

impl Fitted for FittedTrees {
    fn model(&self) -> &'static str {
        NAME
    }

    fn cycle(&self) -> Cycle {
        self.layout.cycle
    }

    fn memory(&self) -> usize {
        self.layout.memory()
    }

    fn point(&self, past: Past<'_>, horizon: usize) -> Vec<f64> {
        self.points(&[past], horizon).pop().unwrap_or_default()
    }

    fn points(&self, pasts: &[Past<'_>], horizon: usize) -> Vec<Vec<f64>> {
        let mut forecasts = Vec::with_capacity(pasts.len());
        for pasts in pasts.chunks(ORIGINS) {
            let mut designs: Vec<Design> = pasts.iter().map(|past| self.design(*past)).collect();
            let mut rows = vec![Vec::with_capacity(horizon); pasts.len()];
            let mut done = 0;
            while done < horizon {
                let steps = self.layout.horizon.min(horizon - done);
                done += steps;
                let chunks = self.answer(&designs, steps);
                for ((row, design), chunk) in rows.iter_mut().zip(&mut designs).zip(chunks) {
                    row.extend(chunk.iter().map(|value| value * self.character.scale));
                    if done < horizon {
                        design.extend(&chunk);
                    }
                }
            }
            forecasts.append(&mut rows);
        }
        forecasts
    }

    fn save(&self, artifact: &mut Artifact) {
        artifact.put(NAME, &Parameters { layout: self.layout, character: self.character });
        self.forest.save(artifact);
    }
}
