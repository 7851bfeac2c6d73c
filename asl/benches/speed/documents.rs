//! The documents that expressions are applied to.

use serde_json::{Value, json};

/// An order with this many items, about 110 bytes each: 10 are a usual payload, 2,000 nearly the largest.
pub(crate) fn order(items: usize) -> Value {
    let items: Value = (0..items)
        .map(|number| {
            json!({
                "sku": format!("SKU-{number:05}"),
                "price": (number % 97) as f64 + 0.95,
                "quantity": number % 7 + 1,
                "category": if number % 3 == 0 { "books" } else { "tools" },
                "tags": ["new", "sale"],
            })
        })
        .collect();
    json!({
        "orderId": "7f1c3a52-0b7e-4d0c-9d5c-1f2e3d4c5b6a",
        "customer": {"name": "Ana", "address": {"city": "Lima", "zip": "15001"}, "tier": "gold"},
        "total": 1234.5,
        "createdAt": "2026-11-20T08:30:00Z",
        "items": items,
    })
}

/// A context object as a state sees it.
pub(crate) fn context() -> Value {
    json!({
        "Execution": {
            "Id": "arn:aws:states:us-east-1:123456789012:execution:orders:run",
            "Name": "run",
            "StartTime": "2026-11-20T08:30:01.123Z",
        },
        "State": {"Name": "Charge", "EnteredTime": "2026-11-20T08:30:02.456Z", "RetryCount": 0},
        "StateMachine": {"Id": "arn:aws:states:us-east-1:123456789012:stateMachine:orders", "Name": "orders"},
    })
}
