//! The schema on both databases: its changes go up and back, and bring along what is there.

use migration::{Migrator, MigratorTrait as _};
use sea_orm_migration::{
    SchemaManager,
    sea_orm::{ConnectionTrait as _, Database, DatabaseConnection, DbBackend, Statement},
};
use tests::postgres;

async fn sqlite() -> DatabaseConnection {
    Database::connect("sqlite::memory:").await.unwrap()
}

async fn postgres() -> DatabaseConnection {
    Database::connect(postgres::new_database()).await.unwrap()
}

#[tokio::test]
async fn the_schema_goes_up_down_and_up() {
    goes_up_down_and_up(&sqlite().await).await;
}

#[tokio::test]
async fn the_schema_goes_up_down_and_up_on_postgres() {
    goes_up_down_and_up(&postgres().await).await;
}

async fn goes_up_down_and_up(database: &DatabaseConnection) {
    Migrator::up(database, None).await.unwrap();
    let first = schema(database).await;
    assert!(first.iter().any(|part| part.contains("run_journal")), "{first:#?}");

    Migrator::down(database, None).await.unwrap();
    assert!(!SchemaManager::new(database).has_table("runs").await.unwrap());
    let left = schema(database).await;
    assert!(left.iter().all(|part| part.contains("seaql_migrations")), "{left:#?}");

    Migrator::up(database, None).await.unwrap();
    assert_eq!(schema(database).await, first);
}

#[tokio::test]
async fn names_from_before_are_sorted_as_new_ones_are() {
    are_sorted_as_new_ones_are(&sqlite().await).await;
}

#[tokio::test]
async fn names_from_before_are_sorted_as_new_ones_are_on_postgres() {
    are_sorted_as_new_ones_are(&postgres().await).await;
}

async fn are_sorted_as_new_ones_are(database: &DatabaseConnection) {
    let before = Migrator::migrations().iter().position(|change| change.name() == "m0043_sort_names").unwrap();
    Migrator::up(database, Some(u32::try_from(before).unwrap())).await.unwrap();
    let names = ["Édith", "ZOË", "ёлка", "日本", ""];
    // SQLite keeps ids as bytes.
    let mark = if database.get_database_backend() == DbBackend::Sqlite { "x" } else { "" };
    for (at, name) in names.iter().enumerate() {
        let row = format!("insert into teams (id, name, folded, created_at) values ({mark}'{at:032x}', '{name}', '{at}', 0)");
        database.execute_unprepared(&row).await.unwrap();
    }

    Migrator::up(database, None).await.unwrap();

    assert_eq!(texts(database, "select sort_name from teams order by folded").await, names.map(domain::sort::name_key));
}

#[tokio::test]
async fn invitations_from_before_are_found_as_new_ones_are() {
    let database = sqlite().await;
    let before = Migrator::migrations().iter().position(|change| change.name() == "m0045_inviters").unwrap();
    Migrator::up(&database, Some(u32::try_from(before).unwrap())).await.unwrap();
    let row = "insert into invitations (id, email, role, team_role, invited_by, created_at, expires_at) \
               values ('1', '', 'viewer', '', 'Édith ZOË', 0, 0)";
    database.execute_unprepared(row).await.unwrap();

    Migrator::up(&database, None).await.unwrap();

    assert_eq!(texts(&database, "select sort_invited_by from invitations").await, ["edith zoe"]);
}

#[tokio::test]
async fn runs_from_before_are_sorted_as_new_ones_are() {
    let database = sqlite().await;
    let before = Migrator::migrations().iter().position(|change| change.name() == "m0046_run_keys").unwrap();
    Migrator::up(&database, Some(u32::try_from(before).unwrap())).await.unwrap();
    let state = r#"{"worked_ms":5000,"verdict":"verified","spent":{"cost_micros":250000}}"#;
    let cases =
        [("finished", state), ("failed", r#"{"worked_ms":7,"verdict":null,"spent":{"cost_micros":null}}"#), ("stopped", "{")];
    for (at, (status, state)) in cases.iter().enumerate() {
        let row = format!(
            "insert into runs (id, project_id, number, title, provider, limits, started_by, sandboxed, state, status, over, \
             lease_until, journal_seq, queued_at, spec) values (x'{at:032x}', x'{at:032x}', {at}, 'É {at}', 'demo', '', 'Ada', \
             true, '{state}', '{status}', true, 0, 0, 0, 'spec {at}')"
        );
        database.execute_unprepared(&row).await.unwrap();
    }

    Migrator::up(&database, None).await.unwrap();

    let question = "select sort_title || '|' || sort_state || '|' || worked_ms || '|' || cost_micros || '|' || spec \
                    from runs order by number";
    let expected = ["e 0|verified|5000|250000|spec 0", "e 1|failed|7|-1|spec 1", "e 2|stopped|0|-1|spec 2"];
    assert_eq!(texts(&database, question).await, expected);
}

/// Every table, index and constraint, as the database describes them.
async fn schema(database: &DatabaseConnection) -> Vec<String> {
    let question = if database.get_database_backend() == DbBackend::Sqlite {
        "select sql from sqlite_master where sql is not null and name not like 'sqlite_%' order by sql"
    } else {
        "select concat_ws(' ', table_name, column_name, data_type, collation_name, is_nullable, column_default) as part \
         from information_schema.columns where table_schema = 'public' \
         union all select indexdef from pg_indexes where schemaname = 'public' \
         union all select concat_ws(' ', conrelid::regclass, pg_get_constraintdef(oid)) from pg_constraint \
         where connamespace = 'public'::regnamespace order by part"
    };
    texts(database, question).await
}

/// The first column of what the database answers.
async fn texts(database: &DatabaseConnection, question: &str) -> Vec<String> {
    let rows = database.query_all_raw(Statement::from_string(database.get_database_backend(), question)).await.unwrap();
    rows.into_iter().map(|row| row.try_get_by_index::<String>(0).unwrap()).collect()
}
