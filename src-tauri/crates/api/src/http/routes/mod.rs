//! The routes, one noun a file. Adding one is one file and one line in [`all`].

// utoipa writes whole paths where it expands a route's parameters.
#![allow(unused_qualifications)]

mod drafts;
mod events;
mod examples;
mod find;
mod flow_files;
mod flow_texts;
mod flows;
mod health;
mod layouts;
pub(crate) mod list_query;
mod log_window;
mod logs;
mod metrics;
mod overview;
mod run_views;
mod runs;
mod schedules;
mod start;
mod steer;
mod tables;
mod trying;
mod workspaces;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use utoipa::{
    OpenApi,
    openapi::{
        ContentBuilder, Object, OpenApi as Document, Ref, RefOr, ResponseBuilder, Schema,
        schema::{SchemaType, Type},
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;

use super::{
    TEXT_BODY,
    problem::{MEDIA_TYPE, Problem},
};
use crate::Host;

/// Routes over a host, with their description.
pub(crate) type Routes = OpenApiRouter<Arc<Host>>;

/// Every route below `/api/v1`.
pub(crate) fn all() -> Routes {
    Routes::new()
        .merge(health::routes())
        .merge(runs::routes())
        .merge(start::routes())
        .merge(steer::routes())
        .merge(logs::routes())
        .merge(events::routes())
        .merge(flow_files::routes())
        .merge(schedules::routes())
        .merge(tables::routes())
        .merge(workspaces::routes())
        .merge(metrics::routes())
        .merge(overview::routes())
        .merge(flows::routes())
        .merge(flow_texts::routes())
        .merge(drafts::routes())
        .merge(layouts::routes())
        .merge(run_views::routes())
        .merge(log_window::routes())
        .merge(examples::routes())
        .merge(find::routes())
        .merge(trying::routes())
}

/// These routes take a flow's text: their bodies may be as large as one.
pub(crate) fn with_texts(routes: Routes) -> Routes {
    routes.layer(DefaultBodyLimit::max(TEXT_BODY))
}

/// What the description says first.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tidemill",
        description = "Everything that the studio and the command line do, over HTTP.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(Problem)),
    security(("token" = []))
)]
struct About;

pub(crate) fn about() -> Document {
    About::openapi()
}

/// Says in every operation what all have: the token, and problems.
pub(crate) fn complete(document: &mut Document) {
    let problem = ResponseBuilder::new()
        .description("A problem: what is wrong, and what to do about it")
        .content(
            MEDIA_TYPE,
            ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("Problem")))
                .build(),
        )
        .build();
    let operations = document.paths.paths.values_mut().flat_map(|item| {
        [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
        ]
    });
    for operation in operations.flatten() {
        let responses = &mut operation.responses.responses;
        responses.insert("default".to_owned(), problem.clone().into());
        if let Some(RefOr::T(body)) = &mut operation.request_body {
            for content in body.content.values_mut() {
                if let RefOr::T(content) = content
                    && let Some(schema) = &mut content.schema
                {
                    left_out(schema);
                }
            }
        }
    }
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("What stands in the file `token` of the home"))
        .build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("token", SecurityScheme::Http(token));
    for (name, schema) in &mut components.schemas {
        if let (false, RefOr::T(Schema::Object(object))) = (name.ends_with("Request"), schema) {
            say_what_is_always_there(object);
        }
    }
}

/// A body that may be left out may not be null.
fn left_out(schema: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::OneOf(choices)) = schema {
        choices.items.retain(|choice| !may_be_null(choice));
        if let [only] = choices.items.as_slice() {
            *schema = only.clone();
        }
    }
}

/// In an answer, what may be null is there all the same; only what is never null may be
/// left out.
fn say_what_is_always_there(object: &mut Object) {
    for (name, property) in &object.properties {
        if may_be_null(property) && !object.required.contains(name) {
            object.required.push(name.clone());
        }
    }
}

fn may_be_null(schema: &RefOr<Schema>) -> bool {
    let is_null = |kind: &SchemaType| match kind {
        SchemaType::Type(kind) => *kind == Type::Null,
        SchemaType::Array(kinds) => kinds.contains(&Type::Null),
        SchemaType::AnyValue => false,
    };
    match schema {
        RefOr::T(Schema::Object(object)) => is_null(&object.schema_type),
        RefOr::T(Schema::Array(array)) => is_null(&array.schema_type),
        RefOr::T(Schema::OneOf(choices)) => choices.items.iter().any(may_be_null),
        RefOr::T(_) | RefOr::Ref(_) => false,
    }
}
