//! What the next child gets: an item, what `ItemSelector` makes of it, or a batch of those.

use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use indexmap::IndexMap;
use keepstep_asl::definition::Payload;
use keepstep_asl::jsonata::{Bindings, Limits};
use keepstep_asl::{EvaluationError, Scope};
use serde_json::{Value, json};

use super::map_state;
use super::work::Work;
use crate::record::{MapItem, MapRunSetup};
use crate::view::ViewError;

/// What `ItemSelector` is evaluated in, beside the item.
pub(super) struct Selecting {
    input: Value,
    input_text: Bytes,
    context: Value,
    variables: Arc<IndexMap<String, Value>>,
}

impl Selecting {
    fn read(setup: &MapRunSetup) -> Result<Self, ViewError> {
        let parsed = |text: &Bytes| {
            serde_json::from_slice::<Value>(text)
                .map_err(|error| ViewError::Store(format!("a map run's setup holds no JSON: {error}")))
        };
        let variables = match parsed(&setup.variables)? {
            Value::Object(variables) => variables.into_iter().collect(),
            _ => IndexMap::new(),
        };
        Ok(Self {
            input: parsed(&setup.input)?,
            input_text: setup.input.clone(),
            context: parsed(&setup.context)?,
            variables: Arc::new(variables),
        })
    }
}

/// Why there is no input for a child.
pub(super) enum NoInput {
    /// The state could not be read.
    View(ViewError),
    /// It can't be made: the map run fails.
    Failed(EvaluationError),
}

impl From<ViewError> for NoInput {
    fn from(error: ViewError) -> Self {
        Self::View(error)
    }
}

/// What the next child gets. Its items have been taken.
pub(super) struct Input {
    /// JSON.
    pub text: Bytes,
    /// How many items went into it.
    pub items: u64,
}

impl Work<'_> {
    /// The input of the next child; `None` if there are no items for it yet, or no more, or if the step ends here.
    pub(super) fn next_input(&mut self) -> Result<Option<Input>, NoInput> {
        let setup = self.setup()?;
        if setup.batch_items_max > 0 {
            return self.next_batch(&setup);
        }
        let position = self.record.items_started;
        let Some((item, source)) = self.item(position)? else {
            self.is_starved = true;
            return Ok(None);
        };
        let bytes = item.value.len() as u64;
        let text = self.selected(position, item, &source)?;
        if text.len() as u64 > setup.batch_bytes_max {
            return Err(NoInput::Failed(self.too_large()));
        }
        self.take_items(position + 1, bytes);
        Ok(Some(Input { text, items: 1 }))
    }

    /// As many items as fit (developer guide, "ItemBatcher (Map)"). A batch that lacks items is kept, so that each item is selected once.
    fn next_batch(&mut self, setup: &MapRunSetup) -> Result<Option<Input>, NoInput> {
        let start = batch_start(setup);
        let mut batch = self.take_batch()?;
        let mut items = self.record.open_batch_items;
        while items < setup.batch_items_max {
            if self.is_at_bound() {
                self.put_batch(batch, items);
                self.put_off();
                return Ok(None);
            }
            let position = self.record.items_started;
            let Some((item, source)) = self.item(position)? else {
                if self.record.all_read {
                    break;
                }
                self.is_starved = true;
                self.put_batch(batch, items);
                return Ok(None);
            };
            let bytes = item.value.len() as u64;
            let selected = self.selected(position, item, &source)?;
            let len =
                start.len() + batch.items.len() + usize::from(items > 0) + selected.len() + BATCH_END.len();
            if len as u64 > setup.batch_bytes_max {
                if items == 0 {
                    return Err(NoInput::Failed(self.too_large()));
                }
                break;
            }
            if items > 0 {
                batch.items.push(b',');
            }
            batch.items.extend_from_slice(&selected);
            items += 1;
            self.take_items(position + 1, bytes);
        }
        if items == 0 {
            return Ok(None);
        }
        self.close_batch();
        let text = [start.as_ref(), &batch.items, BATCH_END].concat();
        Ok(Some(Input { text: text.into(), items }))
    }

    /// What a child gets of an item.
    fn selected(&mut self, position: u64, item: MapItem, source: &str) -> Result<Bytes, NoInput> {
        let definition = self.definition()?;
        let selector =
            map_state(&definition, &self.record.way).and_then(|(_, map)| map.item_selector.as_ref());
        let Some(selector) = selector else { return Ok(item.into_text()) };
        self.selections += 1;
        let mut selecting = match self.selecting.take() {
            Some(selecting) => selecting,
            None => Selecting::read(&*self.setup()?)?,
        };
        let value: Value = serde_json::from_slice(&item.value)
            .map_err(|error| ViewError::Store(format!("a waiting item is no JSON: {error}")))?;
        let mut member = json!({ "Index": position, "Value": value, "Source": source });
        if let (Some(key), Some(member)) = (item.key, member.as_object_mut()) {
            member.insert("Key".to_owned(), key.into());
        }
        if let Some(members) = selecting.context.as_object_mut() {
            members.insert("Map".to_owned(), json!({ "Item": member }));
        }
        let context = &selecting.context;
        let selected = match selector {
            Payload::JsonPath(selector) => {
                let scope = Scope::new(&selecting.input, context, self.desk.entropy)
                    .with_variables(&selecting.variables)
                    .with_input_text(Some(&selecting.input_text));
                selector.evaluate(&scope).map_err(NoInput::Failed)?
            }
            Payload::Jsonata(selector) => {
                let bindings = Bindings {
                    input: &selecting.input,
                    result: None,
                    error_output: None,
                    context,
                    variables: &selecting.variables,
                    entropy: self.desk.entropy,
                    now_ms: self.desk.now.0,
                };
                selector
                    .evaluate("ItemSelector", &bindings, &Limits::default())
                    .map_err(|failure| NoInput::Failed(failure.error))?
            }
        };
        self.selecting = Some(selecting);
        Ok(selected.to_string().into())
    }

    fn too_large(&self) -> EvaluationError {
        let name = self.record.way.last().map_or("", |step| step.state.as_str());
        EvaluationError {
            error: "States.DataLimitExceeded".to_owned(),
            cause: format!(
                "The state/task '{name}' returned a result with a size exceeding the maximum number of bytes service limit."
            ),
        }
    }
}

/// What stands before the items of a batch.
fn batch_start(setup: &MapRunSetup) -> Bytes {
    let mut text = BytesMut::from(&b"{"[..]);
    if !setup.batch_input.is_empty() {
        text.extend_from_slice(b"\"BatchInput\":");
        text.extend_from_slice(&setup.batch_input);
        text.put_u8(b',');
    }
    text.extend_from_slice(b"\"Items\":[");
    text.freeze()
}

/// What stands behind them.
const BATCH_END: &[u8] = b"]}";
