//! Lists in an order that somebody asked for. A page begins behind a row's value and id, so that rows that come, change or go
//! meanwhile move no other one.

use domain::sort::{Sort, Values};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, ExprTrait},
};
use uuid::Uuid;

use crate::{StoreError, Tx};

/// The rows of a list in that order, from behind the row of that value and id on. `key` is what they are compared by, as SQL,
/// and never absent.
pub(crate) fn sorted<E: EntityTrait>(
    rows: Select<E>,
    (key, id): (&'static str, E::Column),
    sort: Sort,
    after: Option<(&str, Uuid)>,
) -> Result<Select<E>, StoreError> {
    let order = if sort.descending { Order::Desc } else { Order::Asc };
    let rows = rows.order_by(Expr::cust(key), order.clone()).order_by(id, order);
    let Some((last, last_id)) = after else { return Ok(rows) };
    let last = compared(sort.by.values, last)?;
    let (further, alike) = if sort.descending {
        (Expr::cust(key).lt(last.clone()), ColumnTrait::lt(&id, last_id))
    } else {
        (Expr::cust(key).gt(last.clone()), ColumnTrait::gt(&id, last_id))
    };
    let alike = Condition::all().add(Expr::cust(key).eq(last)).add(alike);
    Ok(rows.filter(Condition::any().add(further).add(alike)))
}

/// The value of the one row that is found, as a cursor has it.
pub(crate) async fn value<E: EntityTrait>(tx: &Tx, row: Select<E>, key: &'static str) -> Result<Option<String>, StoreError> {
    let value = Expr::cust(format!("CAST({key} AS TEXT)"));
    Ok(row.select_only().expr_as(value, "value").into_tuple::<String>().one(&tx.inner).await?)
}

/// A value that a cursor brought; `domain::sort` refuses those that are none of its column.
fn compared(values: Values, text: &str) -> Result<Expr, StoreError> {
    Ok(match values {
        Values::Numbers => Expr::val(text.parse::<i64>().map_err(|error| StoreError::corrupt("a cursor", error))?),
        Values::Texts | Values::Times | Values::Roles => Expr::val(text.to_owned()),
    })
}
