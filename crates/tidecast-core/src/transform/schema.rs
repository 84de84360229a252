//! Which fields a list of transforms needs, given those that are needed after it.

use super::error::TransformError;
use super::transforms::{Fill, Transform};
use crate::record::{Field, FieldKind, Schema};

/// Fields that are needed at one place of the list.
#[derive(Clone, Debug, Default)]
pub(super) struct Needs(Vec<Field>);

impl Needs {
    pub(super) fn new(fields: &[Field]) -> Result<Self, TransformError> {
        let mut needs = Self::default();
        fields.iter().try_for_each(|field| needs.add(&field.name, field.kind, field.required))?;
        Ok(needs)
    }

    pub(super) fn fields(&self) -> &[Field] {
        &self.0
    }

    pub(super) fn schema(self) -> Result<Schema, TransformError> {
        Ok(Schema::new(self.0)?)
    }

    /// What is needed before a transform, of what is needed after it.
    pub(super) fn before(mut self, transform: &Transform) -> Result<Self, TransformError> {
        match transform {
            Transform::Rename { from, to } => self.rename(from, to)?,
            Transform::Scale { field, .. } => self.check_number(field)?,
            Transform::Derive { field, formula } => {
                self.check_number(field)?;
                if self.remove(field).is_some() {
                    self.add_numbers(formula.fields())?;
                }
            }
            Transform::Filter(condition) | Transform::Require(condition) => self.add_numbers(condition.fields())?,
            Transform::Fill { field, with } => {
                self.check_number(field)?;
                if let Some(filled) = self.find(field) {
                    filled.required = false;
                    if let Fill::Last { by } = with {
                        self.add_texts(by)?;
                    }
                }
            }
            Transform::Resample(resample) => {
                let dropped = |field: &&Field| field.kind == FieldKind::Text && !resample.by.contains(&field.name);
                if let Some(field) = self.0.iter().find(dropped) {
                    return Err(TransformError::Dropped(field.name.clone()));
                }
                self.add_texts(&resample.by)?;
            }
        }
        Ok(self)
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), TransformError> {
        if from == to {
            return Ok(());
        }
        if self.find(from).is_some() {
            return Err(TransformError::Renamed { from: from.to_owned(), to: to.to_owned() });
        }
        if let Some(Field { kind, required, .. }) = self.remove(to) {
            self.add(from, kind, required)?;
        }
        Ok(())
    }

    fn find(&mut self, name: &str) -> Option<&mut Field> {
        self.0.iter_mut().find(|field| field.name == name)
    }

    fn remove(&mut self, name: &str) -> Option<Field> {
        let place = self.0.iter().position(|field| field.name == name)?;
        Some(self.0.remove(place))
    }

    fn check_number(&mut self, name: &str) -> Result<(), TransformError> {
        let text = self.find(name).is_some_and(|field| field.kind == FieldKind::Text);
        if text { Err(TransformError::Kind(name.to_owned())) } else { Ok(()) }
    }

    fn add_numbers<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) -> Result<(), TransformError> {
        names.into_iter().try_for_each(|name| self.add(name, FieldKind::Number, true))
    }

    fn add_texts(&mut self, names: &[String]) -> Result<(), TransformError> {
        names.iter().try_for_each(|name| self.add(name, FieldKind::Text, true))
    }

    fn add(&mut self, name: &str, kind: FieldKind, required: bool) -> Result<(), TransformError> {
        match self.find(name) {
            Some(field) if field.kind != kind => Err(TransformError::Kind(name.to_owned())),
            Some(field) => {
                field.required |= required;
                Ok(())
            }
            None => {
                self.0.push(Field { name: name.to_owned(), kind, required });
                Ok(())
            }
        }
    }
}
