//! The audit trail: a chain of entries, appended in the transaction of what they tell of.

use std::collections::HashSet;

use domain::{
    audit::{About, Checkpoint, Details, Entry, Link, Outcome, Page, Row},
    reach::Visible,
};
use protocol::TeamId;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait as _, Statement,
    sea_query::{Expr, ExprTrait, Func, LikeExpr},
};

use crate::{
    StoreError, Tx,
    tables::{audit, audit_checkpoints, audit_entries, audit_entries::Column, audit_head, gone_projects, projects},
    visible,
};

/// The audit trail.
#[derive(Debug)]
pub struct Audit<'a>(pub(crate) &'a Tx);

/// Which entries are asked for. What is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter<'a> {
    /// Only what is about these projects and teams, those that are gone included.
    pub seen: Option<Visible<'a>>,
    /// Only what is about this project, and about this team and its projects.
    pub about: About,
    /// Milliseconds since 1970; from here on.
    pub since: Option<i64>,
    /// Up to before here.
    pub until: Option<i64>,
    pub actor: Option<String>,
    pub action: Option<String>,
    pub resource_type: Option<String>,
    pub resource_id: Option<String>,
    pub outcome: Option<String>,
    /// Part of the actor's name, address, agent, error or any other detail.
    pub text: Option<String>,
}

impl Tx {
    /// Writes an entry into the audit trail, as [`Audit::append`] does.
    pub fn record(&self, entry: Entry) {
        self.audit().append([entry]);
    }
}

impl Audit<'_> {
    /// Appends entries to the chain, when the transaction commits: until then they cannot be read.
    pub fn append(&self, entries: impl IntoIterator<Item = Entry>) {
        self.0.closing().entries.extend(entries);
    }

    /// Where the chain ends.
    pub async fn head(&self) -> Result<Link, StoreError> {
        let row = audit_head::Entity::find_by_id(1).one(&self.0.inner).await?;
        let row = row.ok_or_else(|| StoreError::corrupt("audit_head", "its row is missing"))?;
        Ok(Link { seq: row.seq, hash: row.hash })
    }

    /// The lowest position that an entry has.
    pub async fn first_seq(&self) -> Result<Option<i64>, StoreError> {
        let found = audit_entries::Entity::find().select_only().column(Column::Seq).order_by_asc(Column::Seq).limit(1);
        Ok(found.into_tuple().one(&self.0.inner).await?)
    }

    /// Entries after a position, oldest first.
    pub async fn after(&self, seq: i64, limit: u64) -> Result<Vec<Row>, StoreError> {
        let found = audit_entries::Entity::find().filter(Column::Seq.gt(seq)).order_by_asc(Column::Seq).limit(limit);
        Ok(found.all(&self.0.inner).await?.into_iter().map(read).collect())
    }

    /// Entries after a position, oldest first, as one text: a walk over all of them reads many, and each value by itself would
    /// cost more than to hash it.
    pub async fn page_after(&self, seq: i64, limit: i64) -> Result<Page, StoreError> {
        let backend = self.0.inner.get_database_backend();
        let (character, join, parameters) = match backend {
            DbBackend::Sqlite => ("char", "group_concat", ("?", "?")),
            _ => ("chr", "string_agg", ("$1", "$2")),
        };
        let fields = Page::FIELDS.join(&format!(" || {character}({}) || ", Page::BETWEEN_FIELDS as u32));
        let sql = format!(
            "select count(*) as rows_there, {join}(line, {character}({}) order by seq) as page from \
             (select seq, {fields} as line from audit_entries where seq > {} order by seq limit {}) as lines",
            Page::BETWEEN_ROWS as u32,
            parameters.0,
            parameters.1
        );
        let statement = Statement::from_sql_and_values(backend, sql, [seq.into(), limit.into()]);
        let row = self.0.inner.query_one_raw(statement).await?;
        let row = row.ok_or_else(|| StoreError::corrupt("audit_entries", "they cannot be counted"))?;
        let text: Option<String> = row.try_get("", "page")?;
        Ok(Page { rows: row.try_get("", "rows_there")?, text: text.unwrap_or_default() })
    }

    /// Entries that fit, without the first `skip`.
    pub async fn find(
        &self,
        filter: &AuditFilter<'_>,
        order: AuditOrder,
        (skip, limit): (u64, u64),
    ) -> Result<Vec<Row>, StoreError> {
        let found = audit_entries::Entity::find().filter(condition(filter));
        let found = match order {
            AuditOrder::Newest { before: None } => found.order_by_desc(Column::Seq),
            AuditOrder::Newest { before: Some(seq) } => found.order_by_desc(Column::Seq).filter(Column::Seq.lt(seq)),
            AuditOrder::Oldest { after: None } => found.order_by_asc(Column::Seq),
            AuditOrder::Oldest { after: Some(seq) } => found.order_by_asc(Column::Seq).filter(Column::Seq.gt(seq)),
        };
        let found = found.offset((skip > 0).then_some(skip)).limit(limit);
        Ok(found.all(&self.0.inner).await?.into_iter().map(read).collect())
    }

    /// How many entries fit, by the value of one of their fields, the most frequent first.
    pub async fn count_by(&self, filter: &AuditFilter<'_>, field: AuditField) -> Result<Vec<(String, i64)>, StoreError> {
        let column = match field {
            AuditField::Actor => Column::Actor,
            AuditField::Action => Column::Action,
            AuditField::ResourceType => Column::ResourceType,
            AuditField::Outcome => Column::Outcome,
        };
        let count = Column::Seq.count();
        let found = audit_entries::Entity::find().select_only().column(column).column_as(count, "entries");
        let found = found.filter(condition(filter)).group_by(column).order_by_desc(Expr::col("entries")).limit(100);
        Ok(found.into_tuple().all(&self.0.inner).await?)
    }

    /// The newest entry before a time.
    pub async fn last_before(&self, at: i64) -> Result<Option<Link>, StoreError> {
        let found = audit_entries::Entity::find().filter(Column::At.lt(at)).order_by_desc(Column::Seq).limit(1);
        Ok(found.one(&self.0.inner).await?.map(|row| Link { seq: row.seq, hash: row.hash }))
    }

    /// Removes entries up to a position; returns how many.
    pub async fn remove_through(&self, seq: i64) -> Result<u64, StoreError> {
        Ok(audit_entries::Entity::delete_many().filter(Column::Seq.lte(seq)).exec(&self.0.inner).await?.rows_affected)
    }

    /// Keeps a checkpoint; one of the same position that is there already stays as it is.
    pub async fn save_checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        let row = audit_checkpoints::ActiveModel {
            seq: Set(checkpoint.seq),
            hash: Set(checkpoint.hash.clone()),
            at: Set(checkpoint.at),
            key: Set(checkpoint.key.clone()),
            signature: Set(checkpoint.signature.clone()),
        };
        let taken = sea_orm::sea_query::OnConflict::column(audit_checkpoints::Column::Seq).do_nothing().to_owned();
        audit_checkpoints::Entity::insert(row).on_conflict(taken).exec_without_returning(&self.0.inner).await?;
        Ok(())
    }

    /// All checkpoints, oldest first.
    pub async fn checkpoints(&self) -> Result<Vec<Checkpoint>, StoreError> {
        let found = audit_checkpoints::Entity::find().order_by_asc(audit_checkpoints::Column::Seq);
        Ok(found.all(&self.0.inner).await?.into_iter().map(read_checkpoint).collect())
    }

    /// The checkpoint of the highest position; absent before the first one.
    pub async fn last_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        let found = audit_checkpoints::Entity::find().order_by_desc(audit_checkpoints::Column::Seq).limit(1);
        Ok(found.one(&self.0.inner).await?.map(read_checkpoint))
    }

    /// Removes the checkpoints before a position: those of entries that are gone, but for the last one.
    pub async fn remove_checkpoints_before(&self, seq: i64) -> Result<(), StoreError> {
        audit_checkpoints::Entity::delete_many().filter(audit_checkpoints::Column::Seq.lt(seq)).exec(&self.0.inner).await?;
        Ok(())
    }

    /// The resources of those ids that the trail names: they were here, whether or not they still are.
    pub async fn named(&self, resources: &[String]) -> Result<HashSet<String>, StoreError> {
        let found: Vec<String> = audit_entries::Entity::find()
            .select_only()
            .column(Column::ResourceId)
            .filter(Column::ResourceId.is_in(resources))
            .into_tuple()
            .all(&self.0.inner)
            .await?;
        Ok(found.into_iter().collect())
    }

    /// How many entries the chain holds now, without those that were removed for their age.
    pub async fn count(&self) -> Result<u64, StoreError> {
        Ok(audit_entries::Entity::find().count(&self.0.inner).await?)
    }

    /// Whether there are entries from before the trail was a chain.
    pub(crate) async fn is_older_than_the_chain(&self) -> Result<bool, StoreError> {
        Ok(audit::Entity::find().count(&self.0.inner).await? > 0)
    }

    /// Takes over what was written before the trail was a chain, in its order.
    pub(crate) async fn adopt(&self) -> Result<(), StoreError> {
        let old = audit::Entity::find().order_by_asc(audit::Column::At).order_by_asc(audit::Column::Id);
        self.append(old.all(&self.0.inner).await?.into_iter().map(adopted));
        audit::Entity::delete_many().exec(&self.0.inner).await?;
        Ok(())
    }
}

/// From which end entries are read, and from which position on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditOrder {
    Newest { before: Option<i64> },
    Oldest { after: Option<i64> },
}

/// A field that entries are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditField {
    Actor,
    Action,
    ResourceType,
    Outcome,
}

fn condition(filter: &AuditFilter<'_>) -> Condition {
    let is = |column: Column, value: &Option<String>| value.as_ref().map(|value| column.eq(value.as_str()));
    Condition::all()
        .add_option(filter.seen.and_then(seen))
        .add_option(filter.about.project.map(|id| Column::ProjectId.eq(id.0)))
        .add_option(filter.about.team.map(of_team))
        .add_option(filter.since.map(|since| Column::At.gte(since)))
        .add_option(filter.until.map(|until| Column::At.lt(until)))
        .add_option(is(Column::Actor, &filter.actor))
        .add_option(is(Column::Action, &filter.action))
        .add_option(is(Column::ResourceType, &filter.resource_type))
        .add_option(is(Column::ResourceId, &filter.resource_id))
        .add_option(is(Column::Outcome, &filter.outcome))
        .add_option(filter.text.as_ref().map(|text| in_details(text)))
}

/// What is about projects and teams with the scope; nothing when that is all of them.
fn seen(visible: Visible<'_>) -> Option<Condition> {
    if visible == Visible::All {
        return None;
    }
    let seen = Condition::any()
        .add(Column::TeamId.is_in(visible.teams().into_iter().map(|team| team.0)))
        .add(Column::ProjectId.in_subquery(visible::ids(visible)))
        .add(Column::ProjectId.in_subquery(visible::gone_ids(visible)));
    Some(seen)
}

/// What is about a team, or about its projects, those that are gone included.
fn of_team(team: TeamId) -> Condition {
    let there = projects::Entity::find().select_only().column(projects::Column::Id);
    let there = there.filter(projects::Column::OwnerTeam.eq(team.0)).into_query();
    let gone = gone_projects::Entity::find().select_only().column(gone_projects::Column::Id);
    let gone = gone.filter(gone_projects::Column::OwnerTeam.eq(team.0)).into_query();
    Condition::any()
        .add(Column::TeamId.eq(team.0))
        .add(Column::ProjectId.in_subquery(there))
        .add(Column::ProjectId.in_subquery(gone))
}

/// Whatever the case of letters, with both databases.
fn in_details(text: &str) -> sea_orm::sea_query::SimpleExpr {
    let plain = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let details = Expr::expr(Func::lower(Expr::col(Column::Details)));
    details.like(LikeExpr::new(format!("%{plain}%")).escape('\\'))
}

/// A row as it is written.
pub(crate) fn row_of(row: Row, about: About) -> audit_entries::ActiveModel {
    audit_entries::ActiveModel {
        seq: Set(row.seq),
        at: Set(row.at),
        actor: Set(row.actor),
        action: Set(row.action),
        resource_type: Set(row.resource_type),
        resource_id: Set(row.resource_id),
        outcome: Set(row.outcome),
        details: Set(row.details),
        hash: Set(row.hash),
        project_id: Set(about.project.map(|id| id.0)),
        team_id: Set(about.team.map(|id| id.0)),
    }
}

fn read(row: audit_entries::Model) -> Row {
    Row {
        seq: row.seq,
        at: row.at,
        actor: row.actor,
        action: row.action,
        resource_type: row.resource_type,
        resource_id: row.resource_id,
        outcome: row.outcome,
        details: row.details,
        hash: row.hash,
    }
}

fn read_checkpoint(row: audit_checkpoints::Model) -> Checkpoint {
    Checkpoint { seq: row.seq, hash: row.hash, at: row.at, key: row.key, signature: row.signature }
}

/// `user ada@example.org ID` and `token ci ID` became a key and a name; all of it had been done.
fn adopted(row: audit::Model) -> Entry {
    let (action, kind) = row.action.split_once(' ').unwrap_or((&row.action, ""));
    let mut words = row.actor.splitn(2, ' ');
    let (who, rest) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (name, id) = rest.rsplit_once(' ').unwrap_or((rest, ""));
    Entry {
        at: row.at,
        actor: if id.is_empty() { who.to_owned() } else { format!("{who}:{id}") },
        action: action.to_owned(),
        resource_type: kind.to_owned(),
        resource_id: row.resource,
        outcome: Outcome::Done,
        details: Details { name: name.to_owned(), ..Details::default() },
        about: About::default(),
    }
}

#[cfg(test)]
mod tests {
    use domain::{actor::Actor, audit::Chain};

    use sea_orm::ActiveModelTrait as _;

    use super::*;
    use crate::Store;

    #[tokio::test]
    async fn what_was_written_before_the_chain_is_taken_over_in_its_order() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("loki.db").display());
        let store = Store::open(&url).await.unwrap();
        let tx = store.begin().await.unwrap();
        for (at, actor) in [(20, "loki"), (10, "user ada@example.org 0198c000-0000-7000-8000-000000000000")] {
            let row = audit::ActiveModel {
                id: Set(uuid::Uuid::from_u128(at)),
                at: Set(i64::try_from(at).unwrap()),
                actor: Set(actor.to_owned()),
                action: Set("create project".to_owned()),
                resource: Set("p".to_owned()),
                outcome: Set("done".to_owned()),
            };
            row.insert(&tx.inner).await.unwrap();
        }
        tx.commit().await.unwrap();
        store.close().await.unwrap();

        let store = Store::open(&url).await.unwrap();
        let tx = store.begin().await.unwrap();
        tx.audit().append([Entry::done(30, &Actor::Automation, "delete project", &"p")]);
        tx.commit().await.unwrap();
        let tx = store.read().await.unwrap();
        let rows = tx.audit().after(0, 10).await.unwrap();

        let told: Vec<(i64, &str, &str)> = rows.iter().map(|row| (row.seq, row.actor.as_str(), row.action.as_str())).collect();
        assert_eq!(
            told,
            [(1, "user:0198c000-0000-7000-8000-000000000000", "create"), (2, "loki", "create"), (3, "loki", "delete")]
        );
        assert!(rows[0].details.contains("ada@example.org"), "{}", rows[0].details);
        let mut chain = Chain::after(Link::genesis());
        for row in rows {
            chain.check(row).unwrap();
        }
        assert_eq!(*chain.last(), tx.audit().head().await.unwrap());
        assert_eq!(tx.audit().named(&["p".to_owned(), "q".to_owned()]).await.unwrap(), HashSet::from(["p".to_owned()]));
    }
}
