// Package layout names what an archive holds: the closed grammar of entry
// paths, the kind and ids that each path states, the canonical order of
// entries, and the digest that identifies an entry's content.
//
// A path is a slash-separated list of segments over a-z, 0-9, '.', '_' and '-'.
// These are all the paths there are:
//
//	workspaces/<uuid>/metadata.json
//	workspaces/<uuid>/datasets/<uuid>/model.yaml
//	workspaces/<uuid>/datasets/<uuid>/rows.parquet
//	workspaces/<uuid>/reports/<uuid>.json
//	workspaces/<uuid>/alerts/<uuid>.json
//	workspaces/<uuid>/files/<uuid>
//	audit/events.ndjson
//	extensions/<vendor>/<segment>[/<segment>]…
//	manifest.json
//	signatures/<path of one of the above>.sig
//
// A <uuid> is 36 characters in lower case (RFC 9562, section 4). Everything
// else is refused, so a path can be used as a file name below a private root
// without further checks.
package layout
